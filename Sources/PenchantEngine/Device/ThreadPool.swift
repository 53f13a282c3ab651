import CPenchantThreads

/// The engine's threads; the only fork point.
final class ThreadPool {
  private let pool: OpaquePointer
  let threads: Int

  /// How many processors this process may use, affinity and quota honoured.
  static var availableProcessors: Int { Int(pen_available_processors()) }

  init(threads: Int) throws(EngineError) {
    guard let pool = pen_pool_create(Int64(threads)) else {
      throw EngineError(.noThreads(threads))
    }
    self.pool = pool
    self.threads = threads
  }

  deinit { pen_pool_destroy(pool) }

  /// Runs `body(index, worker)` once for each index and returns when all are done.
  ///
  /// Indices are claimed in order, so the largest pieces should come first.
  func run(_ count: Int, _ body: (_ index: Int, _ worker: Int) -> Void) {
    guard count > 1, threads > 1 else {
      for index in 0..<count { body(index, 0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      var region = Region(body: body)
      withUnsafeMutablePointer(to: &region) { context in
        pen_pool_run(
          pool, Int64(count),
          { context, index, worker in
            guard let context else { return }
            context.assumingMemoryBound(to: Region.self).pointee.body(Int(index), Int(worker))
          }, context)
      }
    }
  }

  /// What the C pool hands back to each piece of work.
  private struct Region {
    let body: (Int, Int) -> Void
  }
}
