import CPenchantThreads
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import Testing

/// What one region did: how often each index ran, and on which workers.
private final class Record {
  let counts: UnsafeMutableBufferPointer<Int32>
  let workers: UnsafeMutableBufferPointer<Int64>

  init(count: Int) {
    counts = .allocate(capacity: count)
    counts.initialize(repeating: 0)
    workers = .allocate(capacity: count)
    workers.initialize(repeating: -1)
  }

  deinit {
    counts.deallocate()
    workers.deallocate()
  }

  /// Runs one region; every index writes its own slots only.
  func run(on pool: OpaquePointer) {
    pen_pool_run(
      pool, Int64(counts.count),
      { context, index, worker in
        guard let context else { return }
        let record = Unmanaged<Record>.fromOpaque(context).takeUnretainedValue()
        record.counts[Int(index)] += 1
        record.workers[Int(index)] = worker
      }, Unmanaged.passUnretained(self).toOpaque())
  }
}

@Suite struct PoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func runsEveryIndexExactlyOnce(threads: Int) throws {
    let pool = try #require(pen_pool_create(Int64(threads)))
    defer { pen_pool_destroy(pool) }
    #expect(pen_pool_threads(pool) == Int64(threads))
    for count in [0, 1, 2, 3, 100, 10_000] {
      let record = Record(count: count)
      record.run(on: pool)
      #expect(record.counts.allSatisfy { $0 == 1 })
      #expect(record.workers.allSatisfy { (0..<Int64(threads)).contains($0) })
    }
  }

  @Test func threadsThatRaceForIndicesNeverShareOne() throws {
    // Tasks too short to hide a race for the counter, regions long enough for every thread to join in.
    let pool = try #require(pen_pool_create(2))
    defer { pen_pool_destroy(pool) }
    let record = Record(count: 200_000)
    let regions = 20
    for _ in 0..<regions { record.run(on: pool) }
    #expect(record.counts.allSatisfy { $0 == regions })
  }

  @Test func manySmallRegionsInARow() throws {
    let pool = try #require(pen_pool_create(4))
    defer { pen_pool_destroy(pool) }
    let record = Record(count: 5)
    let regions = 20_000
    for _ in 0..<regions { record.run(on: pool) }
    #expect(record.counts.allSatisfy { $0 == regions })
  }

  @Test func oneThreadRunsInOrderOnTheCaller() throws {
    let pool = try #require(pen_pool_create(1))
    defer { pen_pool_destroy(pool) }
    final class Order { var indices: [Int64] = [] }
    let order = Order()
    pen_pool_run(
      pool, 6,
      { context, index, _ in
        guard let context else { return }
        Unmanaged<Order>.fromOpaque(context).takeUnretainedValue().indices.append(index)
      }, Unmanaged.passUnretained(order).toOpaque())
    #expect(order.indices == [0, 1, 2, 3, 4, 5])
  }

  @Test func regionsAfterThreadsFellAsleepStillRun() throws {
    let pool = try #require(pen_pool_create(3))
    defer { pen_pool_destroy(pool) }
    for _ in 0..<3 {
      var pause = timespec(tv_sec: 0, tv_nsec: 20_000_000)
      nanosleep(&pause, nil)
      let record = Record(count: 64)
      record.run(on: pool)
      #expect(record.counts.allSatisfy { $0 == 1 })
    }
  }

  @Test func createsAndDestroysWithoutWork() {
    for _ in 0..<50 { pen_pool_destroy(pen_pool_create(4)) }
    pen_pool_destroy(nil)
  }

  @Test func refusesThreadCountsThatMakeNoSense() {
    #expect(pen_pool_create(0) == nil)
    #expect(pen_pool_create(-1) == nil)
    #expect(pen_pool_create(1 << 40) == nil)
  }

  @Test func availableProcessorsIsAtLeastOne() {
    let processors = pen_available_processors()
    #expect(processors >= 1)
    #expect(processors <= Int64(sysconf(Int32(_SC_NPROCESSORS_CONF))))
  }
}
