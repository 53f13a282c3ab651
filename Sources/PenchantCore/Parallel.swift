import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Independent pieces of work on a few plain threads.
package enum Parallel {
  /// Processors this process may use, at most 16.
  package static let threads = max(1, min(16, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))

  /// `body` of 0 ..< `count`, in order; the pieces are handed out one by one.
  package static func map<Value: Sendable>(
    count: Int, threads: Int = Self.threads, _ body: @escaping @Sendable (Int) -> Value
  ) -> [Value] {
    let work = Work(count: count, body: body)
    let workers = min(threads, count) - 1
    var handles: [pthread_t] = []
    for _ in 0..<max(0, workers) {
      let reference = Unmanaged.passRetained(work as any Drainable & AnyObject as AnyObject)
      #if canImport(Glibc)
        var handle = pthread_t()
        let status = pthread_create(&handle, nil, { Parallel.run($0) }, reference.toOpaque())
        if status == 0 { handles.append(handle) } else { reference.release() }
      #else
        var handle: pthread_t?
        let status = pthread_create(&handle, nil, { Parallel.run($0) }, reference.toOpaque())
        if status == 0, let handle { handles.append(handle) } else { reference.release() }
      #endif
    }
    work.drain()
    for handle in handles { pthread_join(handle, nil) }
    return work.results
  }

  private static func run(_ reference: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let reference else { return nil }
    let object = Unmanaged<AnyObject>.fromOpaque(reference).takeRetainedValue()
    (object as? any Drainable)?.drain()
    return nil
  }
}

private protocol Drainable { func drain() }

/// Pieces, and the results so far; shared by the threads that work on them.
private final class Work<Value: Sendable>: Drainable, Sendable {
  private let count: Int
  private let body: @Sendable (Int) -> Value
  private let next = Atomic<Int>(0)
  private let done = Mutex<[(index: Int, value: Value)]>([])

  init(count: Int, body: @escaping @Sendable (Int) -> Value) {
    self.count = count
    self.body = body
  }

  func drain() {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      let value = body(index)
      done.withLock { $0.append((index, value)) }
    }
  }

  var results: [Value] {
    done.withLock { $0.sorted { $0.index < $1.index }.map(\.value) }
  }
}

/// A number that several threads count up.
package final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  package init() {}

  /// Adds and returns the sum.
  package func add(_ count: Int) -> Int { value.wrappingAdd(count, ordering: .relaxed).newValue }
}
