/// What a run has to say while it goes on; the command line prints it.
package enum TrainingEvent: Sendable {
  /// The device refused the memory for passes of as many tokens as were planned; the run takes fewer.
  case smallerBudget(microTokens: Int, asked: Int)
  /// A run goes on from a checkpoint; damaged newer ones were passed over.
  case resumed(step: Int, skipped: [SkippedCheckpoint])
  /// The file system keeps no locks: nothing keeps a second process out of the run.
  case notLocked(path: String)
  /// A run goes on on another family of devices than its last step was computed on; the history begins with the next step.
  case otherDevice(DeviceHistory)
  /// The first step's mean margin against a reference that is not the policy itself. Above 0 the policy
  /// already prefers the chosen answers more than the reference does; far below 0 the data or the reference
  /// may be the wrong one.
  case initialMargin(Double)
  /// What the reference cache has, before what it lacks is computed.
  case referenceCache(ReferenceCacheReport)
  /// The reference's log-probabilities are being computed ahead.
  case reference(completed: Int, of: Int)
  /// The fixed prompts were asked.
  case samples(SampleMeasurement)
  /// A rule ends the run; it is measured and saved like at its planned end.
  case stopping(step: Int, reason: String)
  /// A step is done.
  case step(MetricsRecord, of: Int, secondsLeft: Double)
  /// Held-out pairs were measured.
  case evaluation(MetricsRecord)
  case checkpoint(step: Int, path: String)
}

/// Receives events on the thread of the run; it must return quickly.
package typealias TrainingEventHandler = (TrainingEvent) -> Void

/// What a run came to.
package struct TrainingSummary: Sendable, Equatable {
  /// Optimizer steps done in all.
  package var steps: Int
  /// What they were computed on.
  package var devices: DeviceHistory
  /// Whether the run was asked to stop before its end; a checkpoint then holds its last whole step.
  package var wasInterrupted: Bool
  /// The last measurement on held-out pairs; nil where none were held out.
  package var evaluation: MetricsRecord?
  /// The means of the last steps on training pairs, up to a fifth of an epoch; nil without a step.
  package var training: MetricsRecord?
  /// Why a rule ended the run early; nil where none did.
  package var stopReason: String?
  /// The folder of the adapter or model; nil where the run was interrupted.
  package var result: String?
  /// Wall time of this process's part of the run.
  package var seconds: Double
}
