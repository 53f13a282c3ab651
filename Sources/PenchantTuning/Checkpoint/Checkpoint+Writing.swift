package import PenchantCore
package import PenchantEngine

extension Checkpoint {
  /// Writes a checkpoint and, when it stands, removes all but the last ``kept`` up to its step.
  ///
  /// A whole checkpoint of the same step is left as it is: training is repeatable, it holds the same.
  /// - Parameters:
  ///   - reference: one that follows the policy, and so is part of where the run stands.
  ///   - baseModel: what the adapter's configuration names as its model.
  ///   - fault: stands in for a full disk or a crash in tests.
  /// - Throws: the failure of the disk; nothing that was there before has been touched then.
  @discardableResult
  package static func write(
    _ state: CheckpointState, _ trainable: Trainable, reference: FollowingReference? = nil,
    to directory: RunDirectory, baseModel: String, on device: any Device, fault: WriteFault? = nil
  ) throws -> String {
    var state = state
    let path = directory.checkpoint(step: state.step)
    if FileSystem.exists(path) {
      if (try? Checkpoint(path: path)) != nil { return path }
      try FileSystem.removeTree(path)
    }
    let folder = try AtomicDirectory(path: path, fault: fault)
    try trainable.save(folder: folder.workPath, baseModel: baseModel, on: device)
    try writeOptimizer(
      trainable.parameters, to: FileSystem.join(folder.workPath, optimizerFile), on: device,
      fault: fault)
    if let reference { try write(reference, to: folder.workPath, state: &state) }
    try AtomicFile.write(
      path: FileSystem.join(folder.workPath, stateFile),
      contents: Array((state.json.text(.pretty) + "\n").utf8), fault: fault)
    let manifest = try CheckpointManifest(describing: folder.workPath)
    try AtomicFile.write(
      path: FileSystem.join(folder.workPath, CheckpointManifest.fileName),
      contents: Array((manifest.json.text(.pretty) + "\n").utf8), fault: fault)
    try folder.commit()
    try prune(directory, upTo: state.step)
    return path
  }

  /// Removes older checkpoints; newer ones (left by a run that was set back) are not counted.
  private static func prune(_ directory: RunDirectory, upTo step: Int) throws {
    for old in try directory.checkpointSteps().filter({ $0 <= step }).dropFirst(kept) {
      try FileSystem.removeTree(directory.checkpoint(step: old))
    }
  }

  /// Bytes a checkpoint takes on the disk, for a look at the free space before a run.
  package static func byteCount(of trainable: Trainable) -> Int {
    // Three float32 copies in optimizer.safetensors, and the adapter or the model once more.
    trainable.parameters.count
      * (12 + (trainable.isFull ? trainable.parameters.working.dtype.size : 4))
      + 1 << 16
  }
}
