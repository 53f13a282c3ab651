import PenchantCore

extension Trainer {
  /// Asks the fixed prompts if the plan says so and it has not been done after this step.
  func sampleIfDue() throws {
    guard let probe = setup.probe, sampledStep != step,
      isStopped || probe.samples(after: step, of: setup.plan.steps)
    else { return }
    let measurement = try probe.measure(setup.trainable.policy, step: step)
    try logs.append(samples: measurement)
    sampledStep = step
    emit(.samples(measurement))
    check(measurement.json)
  }

  /// Whether a rule has ended the run.
  var isStopped: Bool { stopReason != nil }

  /// Holds a line of metrics.jsonl against the rules that end a run.
  func check(_ line: JSONObject) {
    guard !isStopped, step > 0 else { return }
    stopReason = setup.stopRules.lazy.compactMap { $0.reason(line) }.first
    if let stopReason { emit(.stopping(step: step, reason: stopReason)) }
  }

  /// Writes heldout.jsonl.
  func writeHeldOut(_ records: [HeldOutRecord]) throws(CoreError) {
    let file = try AtomicFile(path: setup.directory.heldOut)
    for record in records { try file.append(JSON.object(record.json).text() + "\n") }
    try file.commit()
  }
}
