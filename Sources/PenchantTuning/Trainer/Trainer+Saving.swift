import PenchantCore
import PenchantEngine

extension Trainer {
  /// Writes a checkpoint of the last whole step, unless it has one.
  /// - Throws: ``TuningError`` for weights that are no numbers; what the disk refuses.
  func save() throws {
    guard savedStep != step else { return }
    let weights = setup.trainable.parameters.master
    guard setup.decoder.device.sumSquares(weights).isFinite else {
      throw TuningError(.weightsNotFinite(step: step))
    }
    // The lengths it records must not be lost while it survives.
    try logs.sync()
    let path = try Checkpoint.write(
      state, setup.trainable, reference: following, to: setup.directory, baseModel: setup.baseModel,
      on: setup.decoder.device)
    savedStep = step
    emit(.checkpoint(step: step, path: path))
  }

  /// Refuses a run whose checkpoints would not fit the disk: one more than are kept, while a new one is made.
  static func checkDisk(_ setup: TrainingSetup) throws {
    let needed = Checkpoint.byteCount(of: setup.trainable) * (Checkpoint.kept + 1)
    let free = try FileSystem.freeBytes(at: setup.directory.path)
    guard needed <= free else {
      throw TuningError(.notEnoughDisk(path: setup.directory.path, needed: needed, free: free))
    }
  }

  /// Writes what the run was for: the adapter, or the model with its tokenizer.
  /// - Returns: its folder.
  func saveResult() throws -> String {
    let isFull = setup.trainable.isFull
    let folder = try AtomicDirectory(
      path: isFull ? setup.directory.model : setup.directory.adapter, replacing: true)
    try setup.trainable.save(
      folder: folder.workPath, baseModel: setup.baseModel, on: setup.decoder.device)
    if isFull, let source = setup.modelFolder {
      for name in Self.companions where FileSystem.isRegularFile(FileSystem.join(source, name)) {
        try AtomicFile.write(
          path: FileSystem.join(folder.workPath, name),
          contents: try FileSystem.read(FileSystem.join(source, name), limit: 1 << 28))
      }
    }
    try folder.commit()
    return folder.path
  }

  /// Files that make weights a model.
  private static let companions = [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "chat_template.jinja", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "tokenizer.model",
  ]
}
