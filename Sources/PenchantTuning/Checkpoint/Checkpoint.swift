import PenchantCore

/// A checkpoint on the disk that was found whole.
///
///     step-000200/adapter_config.json  adapter_model.safetensors   (or model.safetensors)
///                 optimizer.safetensors   float32 weights, first and second moments
///                 state.json              step, devices, objective state, lengths of the logs, digests, configuration
///                 manifest.json           sizes and SHA-256 of the others, written last
///
/// The folder appears by one rename after everything is synced; older ones are removed only after that.
package struct Checkpoint: Sendable, Equatable {
  static let optimizerFile = "optimizer.safetensors"
  static let stateFile = "state.json"
  /// How many are kept.
  package static let kept = 2

  package let path: String
  package let state: CheckpointState

  /// Opens a checkpoint and verifies every byte of it.
  /// - Throws: ``TuningError`` naming the defect.
  package init(path: String) throws(TuningError) {
    do throws(CheckpointFailure) {
      try CheckpointManifest.verify(path)
      let json = try CheckpointFailure.reading(Self.stateFile) { () throws(CoreError) in
        try FileSystem.readJSON(FileSystem.join(path, Self.stateFile))
      }
      guard let state = CheckpointState(json) else {
        throw CheckpointFailure(
          .unreadable(file: Self.stateFile, reason: "a field is missing or of another version"))
      }
      self.path = path
      self.state = state
    } catch { throw TuningError(.checkpointDamaged(path: path, error.defect)) }
  }

  /// The newest whole checkpoint of a run, and those newer ones that had to be passed over.
  /// - Throws: ``TuningError`` if there is none.
  package static func newest(
    in directory: RunDirectory
  ) throws -> (checkpoint: Checkpoint, skipped: [SkippedCheckpoint]) {
    var skipped: [SkippedCheckpoint] = []
    for step in try directory.checkpointSteps() {
      let path = directory.checkpoint(step: step)
      do throws(TuningError) {
        return (try Checkpoint(path: path), skipped)
      } catch {
        guard case .checkpointDamaged(_, let defect) = error.code else { throw error }
        skipped.append(SkippedCheckpoint(name: FileSystem.name(of: path), defect: defect))
      }
    }
    guard skipped.isEmpty else {
      throw TuningError(.noIntactCheckpoint(path: directory.checkpoints, skipped: skipped))
    }
    throw TuningError(.nothingToResume(path: directory.path, isBegun: true))
  }

  /// Refuses to go on with other options or other inputs than the run was begun with.
  /// - Parameter family: of the device it goes on with.
  package func check(
    _ configuration: TuneConfiguration, _ inputs: CheckpointState.Inputs, family: String
  ) throws(TuningError) {
    // The packing decides the order of sums; on another family they are others anyway, and its memory may be less.
    let packsFreely = state.devices.departs(from: family)
    let differences = configuration.differences(from: .object(state.configuration))
      .filter { !(packsFreely && $0.option == "micro-tokens") }
    guard differences.isEmpty else { throw TuningError(.configurationDiffers(differences)) }
    if inputs.model != state.inputs.model { throw TuningError(.inputDiffers(what: "the model")) }
    if inputs.data != state.inputs.data { throw TuningError(.inputDiffers(what: "the data")) }
  }
}
