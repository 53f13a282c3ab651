package import PenchantCore

extension RunDirectory {
  /// How a run begins.
  package enum Beginning: Sendable, Equatable {
    /// Nothing may be there yet.
    case new
    /// The run that is there is removed first; nothing but a run is.
    case overwrite
    /// Goes on with what is there.
    case resume
  }

  /// Refuses a beginning that ``prepare(_:request:)`` would refuse, before anything is read or made.
  /// - Throws: ``TuningError`` when another process trains into the folder, something is there that may not be touched,
  ///   or nothing to go on with; `CoreError` for a folder that is no run's, and when the disk refuses.
  package func check(_ beginning: Beginning) throws {
    // First, for what a run in progress has written would be taken for an earlier run. Without the file nobody has it.
    if FileSystem.exists(lock) { _ = try RunLock(self) }
    try checkContents(beginning)
    try FileSystem.checkWritable(path)
  }

  /// Makes the directory ready, and this process's alone.
  /// - Parameter request: stands in for a file system without locks in tests.
  /// - Returns: the lock, to be kept until the last file is written; a new run that comes to nothing goes with it.
  /// - Throws: as ``check(_:)``.
  package func prepare(
    _ beginning: Beginning, request: FileLock.Request = FileLock.request
  ) throws -> RunLock {
    try check(beginning)
    let isMade = !FileSystem.exists(path)
    try FileSystem.createDirectories(path)
    let lock = try RunLock(self, request: request)
    // Another may have come first, and ended.
    try checkContents(beginning)
    if beginning == .new { lock.end(by: isMade ? .removesAll : .empties) }
    if beginning == .overwrite { try removeOwnFiles() }
    try FileSystem.createDirectories(checkpoints)
    // What a killed process was still making.
    for folder in [path, checkpoints] { try PartialName.removeLeftovers(in: folder) }
    return lock
  }

  private func checkContents(_ beginning: Beginning) throws {
    // A checkpoint vouches for itself.
    if beginning == .resume, try !checkpointSteps().isEmpty { return }
    switch (try contents, beginning) {
    case (.nothing, .new), (.nothing, .overwrite), (.run, .overwrite): break
    case (.run(let canResume), .new):
      throw TuningError(.outputExists(path: path, canResume: canResume))
    case (.nothing, .resume): throw TuningError(.nothingToResume(path: path, isBegun: false))
    case (.run, .resume): throw TuningError(.nothingToResume(path: path, isBegun: true))
    case (.sweep, _), (.foreign, _): throw CoreError(.foreignFolder(path: path, kind: .run))
    }
  }

  /// Removes what runs write and nothing else.
  ///
  /// What tells that the folder is a run's stays, to be replaced: killed at any moment, the folder is still one that
  /// may be overwritten.
  private func removeOwnFiles() throws {
    for file in replaced where file != configuration && file != checkpoints {
      try FileSystem.removeTree(file)
    }
    guard FileSystem.isDirectory(checkpoints) else { return }
    for name in try FileSystem.list(checkpoints) {
      try FileSystem.removeTree(FileSystem.join(checkpoints, name))
    }
  }

  /// Removes a run that came to nothing: without a whole step, whose figures may say why it ended, without a checkpoint
  /// to go on from and without a result; of several, without a run.
  func removeUnlessOfUse() throws {
    let hasStep = try FileSystem.isRegularFile(pairs) && FileSystem.size(of: pairs) > 0
    guard try !hasStep && checkpointSteps().isEmpty, !FileSystem.exists(adapter),
      !FileSystem.exists(model)
    else { return }
    if try contents == .sweep {
      guard
        try !FileSystem.list(path).contains(where: {
          FileSystem.isDirectory(FileSystem.join(path, $0))
        })
      else { return }
    }
    for file in replaced { try FileSystem.removeTree(file) }
  }
}

// MARK: - Whose folder it is

extension RunDirectory {
  /// What stands where a run is to go.
  package enum Contents: Sendable, Equatable {
    /// Nothing, or nothing that anybody would miss.
    case nothing
    /// A run, with a checkpoint to go on from or without.
    case run(canResume: Bool)
    /// Several runs in folders of their own.
    case sweep
    /// Anything else.
    case foreign
  }

  /// What a run removes when it overwrites, and what it writes in its place: nothing of this may be read by it.
  package var replaced: [String] {
    [
      configuration, metrics, pairs, dropped, heldOut, samples, checkpoints, report, facts,
      tensorboard, adapter, model,
    ]
  }

  /// How a saved configuration begins, by which a run's folder is known from others that hold a `model` or a
  /// `pairs.jsonl`.
  private static let mark = "# penchant run: "

  package var contents: Contents {
    get throws {
      guard FileSystem.exists(path) else { return .nothing }
      guard FileSystem.isDirectory(path) else { throw CoreError(.notDirectory(path: path)) }
      if try isBare { return .nothing }
      guard let saved = savedText else { return .foreign }
      if saved.contains("\nsweep: ") { return .sweep }
      // A configuration is copied to other places, and does not make them a run's.
      let steps = try checkpointSteps()
      guard !steps.isEmpty || FileSystem.isDirectory(checkpoints) || FileSystem.exists(metrics)
      else { return .foreign }
      return .run(canResume: !steps.isEmpty)
    }
  }

  /// Whether there is nothing but what a process leaves that is killed before it has saved its configuration.
  private var isBare: Bool {
    get throws {
      try FileSystem.list(path).allSatisfy { name in
        let file = FileSystem.join(path, name)
        if file == checkpoints, FileSystem.isDirectory(file) {
          return try FileSystem.list(file).allSatisfy(PartialName.matches)
        }
        return file == lock || PartialName.matches(name)
      }
    }
  }

  private var savedText: String? {
    guard let bytes = try? FileSystem.read(configuration, limit: 1 << 20) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.hasPrefix(Self.mark) ? text : nil
  }

  /// Writes config.yaml.
  /// - Parameter sweep: what the runs of a sweep differ in.
  package func write(_ configuration: TuneConfiguration, sweep: String? = nil) throws(CoreError) {
    var text = Self.mark + "what it was begun with\n" + configuration.yaml
    if let sweep { text += "sweep: \(JSON.string(sweep).text())\n" }
    try AtomicFile.write(path: self.configuration, text: text)
  }
}
