package import PenchantCore

/// Keeps every other process out of a run's folder, for as long as the object lives.
///
/// The lock is on a file of its own: logs are cut, checkpoints come and go beside it, and the folder itself could not be
/// locked for other machines, NFS locks files alone. The file goes with the object; a killed process leaves it, and the
/// system has taken back the lock.
package final class RunLock: Sendable {
  private let lock: FileLock?

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
  }

  deinit { lock?.remove() }
}
