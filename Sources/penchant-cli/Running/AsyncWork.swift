import Dispatch
import Synchronization

/// Lets the command line, which is synchronous, wait for what is not.
enum AsyncWork {
  private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
  }

  /// How often a signal is looked for.
  private static let poll = DispatchTimeInterval.milliseconds(50)

  /// Waits for `body` on this thread; the first signal cancels it, which it may answer by returning.
  static func wait<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let outcome = Outcome<Value>()
    let task = Task {
      do {
        let value = try await body()
        outcome.result.withLock { $0 = .success(value) }
      } catch {
        outcome.result.withLock { $0 = .failure(error) }
      }
      outcome.done.signal()
    }
    var isCancelled = false
    while outcome.done.wait(timeout: .now() + poll) == .timedOut {
      if !isCancelled, Interruption.isRequested {
        isCancelled = true
        task.cancel()
      }
    }
    guard let result = outcome.result.withLock({ $0 }) else { throw CommandError(.interrupted) }
    return try result.get()
  }
}
