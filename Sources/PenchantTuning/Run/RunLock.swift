package import PenchantCore
import Synchronization

/// Keeps every other process out of a run's folder, for as long as the object lives.
///
/// The lock is on a file of its own: logs are cut, checkpoints come and go beside it, and the folder itself could not be
/// locked for other machines, NFS locks files alone. The file goes with the object; a killed process leaves it, and the
/// system has taken back the lock.
package final class RunLock: Sendable {
  /// What becomes of a run that has neither a checkpoint nor a result when the object goes.
  package enum Ending: Sendable {
    case keeps
    /// It goes; the folder was there before.
    case empties
    /// It goes with its folder.
    case removesAll
  }

  private let directory: RunDirectory
  private let lock: FileLock?
  private let ending = Mutex(Ending.keeps)

  /// Whether others are kept out: not where the file system keeps no locks.
  package var isHeld: Bool { lock != nil }

  /// Takes the lock of a folder, which must be there.
  /// - Throws: ``TuningError`` naming the process that has it; `CoreError` when the disk refuses.
  package init(_ directory: RunDirectory, request: FileLock.Request = FileLock.request) throws {
    switch try FileLock.claim(path: directory.lock, request: request) {
    case .granted(let lock): self.lock = lock
    case .held(let holder): throw TuningError(.runInUse(path: directory.path, holder: holder))
    case .unsupported: lock = nil
    }
    self.directory = directory
  }

  /// Says what becomes of a run that comes to nothing; to be called once the folder is known to be this process's.
  package func end(by ending: Ending) { self.ending.withLock { $0 = ending } }

  deinit {
    let ending = ending.withLock { $0 }
    // A start that failed is no reason to refuse the next one.
    if ending != .keeps { try? directory.removeUnlessOfUse() }
    lock?.remove()
    if ending == .removesAll { FileSystem.removeIfEmpty(directory.path) }
  }
}
