package import GRDB
import PenchantCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The file of a labelling round: its lock, its one connection, its schema.
///
/// Write-ahead log, synchronous FULL: what is committed survives the loss of power as well as the end of the
/// process. The connection is exclusive; with a single one, no other can write the log back at the same time (the
/// defect of SQLite 3.7.0–3.51.2 that damages files needs two).
package final class LabelStore: Sendable {
  package let path: String
  let queue: DatabaseQueue
  package let committer: Committer
  /// Held until the store is closed; nil where the file system keeps no such locks, and SQLite's own must do.
  private let lock: Mutex<FileLock?>

  /// Opens the store at `path`, or makes one.
  /// - Parameter steps: the schema; tests give older and newer ones.
  /// - Throws: `inUse`, `notAStore`, `noStore`, `newerSchema`, `damaged`, `unwritable`, `diskFull`.
  package init(
    path: String, mayCreate: Bool, steps: [String] = Schema.steps
  ) throws(StudioError) {
    if FileSystem.isDirectory(path) {
      throw StudioError(.unreadable(CoreError(.isDirectory(path: path))))
    }
    if !FileSystem.exists(path) {
      guard mayCreate else { throw StudioError(.noStore(path: path)) }
    }
    lock = Mutex(try Self.claim(path))
    if !FileSystem.exists(path) { try Self.create(path) }
    self.path = path
    do {
      var configuration = Configuration()
      configuration.label = "penchant.store"
      configuration.busyMode = .timeout(2)
      configuration.prepareDatabase { db in
        try db.execute(
          sql: """
            PRAGMA locking_mode = EXCLUSIVE;
            PRAGMA trusted_schema = OFF;
            PRAGMA cell_size_check = ON;
            """)
      }
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.inDatabase { db in
        try Self.check(db, path: path, supported: steps.count)
        try Self.setUp(db)
        try Self.migrate(db, path: path, steps: steps)
      }
      self.queue = queue
    } catch {
      throw StudioError(error, path: path)
    }
    committer = Committer(queue, path: path)
  }

  /// Keeps every other process out, by a lock on a file beside the store.
  private static func claim(_ path: String) throws(StudioError) -> FileLock? {
    let claim: FileLock.Claim
    do throws(CoreError) {
      claim = try FileLock.claim(path: path + ".lock", isPrivate: true)
    } catch { throw StudioError(.unwritable(error)) }
    switch claim {
    case .granted(let lock): return lock
    case .held(let holder): throw StudioError(.inUse(path: path, process: holder?.process))
    case .unsupported: return nil
    }
  }

  /// Made by hand, because it holds secrets: nobody else may read it, nor the log beside it.
  private static func create(_ path: String) throws(StudioError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      let number = errno
      throw StudioError(
        .unwritable(
          number == ENOENT
            ? CoreError(.fileNotFound(path: FileSystem.parent(of: path)))
            : CoreError(.writeFailed(path: path, errno: number))))
    }
    closeFile(descriptor)
  }

  /// Looks at the file before anything in it is changed.
  private static func check(_ db: Database, path: String, supported: Int) throws {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let mark = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let isEmpty = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") == 0
    guard mark == Schema.applicationID || (isEmpty && mark == 0 && version == 0) else {
      throw StudioError(.notAStore(path: path))
    }
    guard version <= supported else {
      throw StudioError(.newerSchema(path: path, found: version, supported: supported))
    }
    let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "no answer"
    guard verdict == "ok" else { throw StudioError(.damaged(path: path, problem: verdict)) }
  }

  private static func setUp(_ db: Database) throws {
    try db.execute(
      sql: """
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = FULL;
        PRAGMA fullfsync = ON;
        PRAGMA checkpoint_fullfsync = ON;
        """)
  }

  /// Takes the steps that the file has not taken yet, all in one transaction, after a copy beside the file.
  private static func migrate(_ db: Database, path: String, steps: [String]) throws {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    guard version < steps.count else { return }
    if version > 0 { try backUp(db, to: "\(path).schema-\(version).backup") }
    try db.inTransaction(.immediate) {
      for step in steps[version...] { try db.execute(sql: step) }
      try db.execute(
        sql: """
          PRAGMA application_id = \(Schema.applicationID);
          PRAGMA user_version = \(steps.count);
          """)
      return .commit
    }
  }

  private static func backUp(_ db: Database, to path: String) throws {
    do throws(CoreError) { try FileSystem.removeTree(path) } catch {
      throw StudioError(.unwritable(error))
    }
    try create(path)
    let copy = try DatabaseQueue(path: path)
    try copy.inDatabase { try db.backup(to: $0) }
    try copy.close()
  }

  /// Reads on the one connection; also in a task that was cancelled, so that winding up can still look.
  package func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws(StudioError) -> Value {
    let result: Result<Value, StudioError> = await withCheckedContinuation { continuation in
      queue.asyncRead { [path] database in
        do {
          continuation.resume(returning: .success(try body(database.get())))
        } catch {
          continuation.resume(returning: .failure(StudioError(error, path: path)))
        }
      }
    }
    return try result.get()
  }

  /// Waits for what is being written, and closes the file.
  package func close() async {
    await committer.close()
    try? queue.close()
    lock.withLock { $0 = nil }
  }
}

/// `close(2)`, which the store's own `close` hides inside it.
private func closeFile(_ descriptor: Int32) { close(descriptor) }
