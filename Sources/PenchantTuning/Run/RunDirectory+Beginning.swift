package import PenchantCore

extension RunDirectory {
  /// How a run begins.
  package enum Beginning: Sendable, Equatable {
    /// Nothing may be there yet.
    case new
    /// What is there is removed first.
    case overwrite
    /// Goes on with what is there.
    case resume
  }

  /// Refuses a beginning that ``prepare(_:request:)`` would refuse, before anything is read or made.
  /// - Throws: ``TuningError`` when another process trains into the folder, something is there that may not be touched,
  ///   or nothing to go on with; `CoreError` when the disk refuses.
  package func check(_ beginning: Beginning) throws {
    // First, for what a run in progress has written would be taken for an earlier run. Without the file nobody has it.
    if FileSystem.exists(lock) { _ = try RunLock(self) }
    try checkContents(beginning)
  }

  /// Makes the directory ready, and this process's alone.
  /// - Parameter request: stands in for a file system without locks in tests.
  /// - Returns: the lock, to be kept until the last file is written.
  /// - Throws: as ``check(_:)``.
  package func prepare(
    _ beginning: Beginning, request: FileLock.Request = FileLock.request
  ) throws -> RunLock {
    try check(beginning)
    try FileSystem.createDirectories(path)
    let lock = try RunLock(self, request: request)
    // Another may have come first, and ended.
    try checkContents(beginning)
    if beginning == .overwrite { try removeOwnFiles() }
    try FileSystem.createDirectories(checkpoints)
    // What a killed process was still making.
    for folder in [path, checkpoints] { try PartialName.removeLeftovers(in: folder) }
    return lock
  }

  private func checkContents(_ beginning: Beginning) throws {
    switch beginning {
    case .new:
      guard FileSystem.exists(path) else { return }
      let isEmpty =
        FileSystem.isDirectory(path)
        ? try FileSystem.list(path).allSatisfy { $0 == FileSystem.name(of: lock) } : false
      guard isEmpty else {
        throw TuningError(.outputExists(path: path, canResume: try !checkpointSteps().isEmpty))
      }
    case .overwrite: break
    case .resume:
      guard try !checkpointSteps().isEmpty else { throw TuningError(.nothingToResume(path: path)) }
    }
  }

  /// Removes what runs write and nothing else: a mistyped `--output` costs no foreign file.
  private func removeOwnFiles() throws {
    for file in [
      configuration, metrics, pairs, dropped, heldOut, samples, checkpoints, report, facts,
      tensorboard, adapter, model,
    ] {
      try FileSystem.removeTree(file)
    }
  }
}
