package import GRDB
import Synchronization

/// Runs pieces of work on the one connection; those that wait share a transaction.
///
/// A commit costs a sync of the disk, and a sync costs the same for one judgement as for fifty: whoever
/// comes while one is under way joins the next. Nobody gets an answer before the commit that holds it. A piece
/// that fails takes back what it did alone; a full disk takes back, and fails, all that share the transaction.
package final class Committer: Sendable {
  /// A piece of work that waits.
  private struct Job: Sendable {
    /// Does the work, and returns what to do once it is committed.
    let run: @Sendable (Database) throws -> @Sendable () -> Void
    let fail: @Sendable (StudioError) -> Void
  }

  private struct State {
    var waiting: [Job] = []
    var isRunning = false
    var isClosed = false
    var whenIdle: [CheckedContinuation<Void, Never>] = []
  }

  private let queue: DatabaseQueue
  private let path: String
  private let state = Mutex(State())

  /// Enough to be worth a sync; keeps the wait of the first within bounds.
  private static let together = 256

  init(_ queue: DatabaseQueue, path: String) {
    self.queue = queue
    self.path = path
  }

  /// Does a piece of work and returns when it is on the disk.
  /// - Parameters:
  ///   - body: must not begin or end transactions.
  ///   - onCommit: runs after the commit, before anybody else's work, in the order of the commits.
  package func perform<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value,
    onCommit: @escaping @Sendable (Value) -> Void = { _ in }
  ) async throws(StudioError) -> Value {
    let result: Result<Value, StudioError> = await withCheckedContinuation { continuation in
      let job = Job(
        run: { db in
          let value = try body(db)
          return {
            onCommit(value)
            continuation.resume(returning: .success(value))
          }
        }, fail: { continuation.resume(returning: .failure($0)) })
      enqueue(job)
    }
    return try result.get()
  }

  private func enqueue(_ job: Job) {
    let (isAccepted, isFirst) = state.withLock { state in
      guard !state.isClosed else { return (false, false) }
      state.waiting.append(job)
      defer { state.isRunning = true }
      return (true, !state.isRunning)
    }
    guard isAccepted else { return job.fail(StudioError(.closed)) }
    if isFirst { queue.asyncWriteWithoutTransaction { self.drain($0) } }
  }

  /// Commits what waits, and comes again if more has come: whoever reads gets the connection in between.
  private func drain(_ db: Database) {
    let batch = state.withLock { state in
      let batch = Array(state.waiting.prefix(Self.together))
      state.waiting.removeFirst(batch.count)
      return batch
    }
    commit(batch, db)
    let (isOver, idle) = state.withLock { state -> (Bool, [CheckedContinuation<Void, Never>]) in
      guard state.waiting.isEmpty else { return (false, []) }
      state.isRunning = false
      defer { state.whenIdle = [] }
      return (true, state.whenIdle)
    }
    if !isOver { queue.asyncWriteWithoutTransaction { self.drain($0) } }
    for waiting in idle { waiting.resume() }
  }

  private func commit(_ batch: [Job], _ db: Database) {
    var answers: [@Sendable () -> Void] = []
    do {
      try db.beginTransaction(.immediate)
      for job in batch { answers.append(try run(job, db)) }
      try db.commit()
    } catch {
      if db.isInsideTransaction { try? db.rollback() }
      let failure = StudioError(error, path: path)
      for job in batch { job.fail(failure) }
      return
    }
    for answer in answers { answer() }
  }

  /// Runs one job in a savepoint; returns its answer, which may be its failure.
  private func run(_ job: Job, _ db: Database) throws -> @Sendable () -> Void {
    do {
      var answer: (@Sendable () -> Void)?
      try db.inSavepoint {
        answer = try job.run(db)
        return .commit
      }
      if let answer { return answer }
    } catch let error as DatabaseError where error.endsTransaction || !db.isInsideTransaction {
      throw error
    } catch {
      let failure = StudioError(error, path: path)
      return { job.fail(failure) }
    }
    return { job.fail(StudioError(.database(code: -1))) }
  }

  /// Takes nothing more, and waits for what was taken.
  func close() async {
    await withCheckedContinuation { continuation in
      let isIdle = state.withLock { state in
        state.isClosed = true
        if state.isRunning { state.whenIdle.append(continuation) }
        return !state.isRunning
      }
      if isIdle { continuation.resume() }
    }
  }
}
