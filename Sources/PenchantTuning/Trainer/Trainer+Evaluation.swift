import PenchantModel

extension Trainer {
  /// Pairs scored between two looks at the memory; the figures do not depend on it.
  private static let window = 64

  /// Measures on the held-out pairs if the plan says so and it has not been done after this step.
  func evaluateIfDue() throws {
    guard !setup.heldOut.isEmpty, isStopped || setup.plan.evaluates(after: step),
      evaluatedStep != step
    else { return }
    var (record, pairs) = try evaluate()
    record.step = step
    record.epoch = Double(step) / Double(setup.plan.stepsPerEpoch)
    if isStopped || step == setup.plan.steps { try writeHeldOut(pairs) }
    try logs.append(evaluation: record)
    evaluatedStep = step
    evaluation = record
    emit(.evaluation(record))
    check(record.json(prefix: "eval_"))
  }

  /// The figures of the held-out pairs, each counted once.
  private func evaluate() throws -> (MetricsRecord, [HeldOutRecord]) {
    let objective = setup.objective
    var parts: [MetricsRecord] = []
    var pairs: [HeldOutRecord] = []
    // Scope `step` has a meaning for a batch of the training size only, a mean over tokens for all of them at once.
    let needs = objective.requirements
    let isTokenMean = needs.components.contains { $0.denominator == .tokens }
    let size =
      needs.scope == .step
      ? setup.plan.batchSize : isTokenMean ? setup.heldOut.count : Self.window
    for start in stride(from: 0, to: setup.heldOut.count, by: size) {
      let places = Array(start..<min(setup.heldOut.count, start + size))
      let examples = try setup.examples(at: places, of: setup.heldOut)
      let result = try runner.run(
        examples, reference: heldOutReference, state: objectiveState, training: false, step: step)
      parts.append(result.metrics(of: examples, objective))
      pairs += result.inputs.compactMap { HeldOutRecord($0, objective) }
    }
    return (MetricsRecord.mean(parts) ?? MetricsRecord(), pairs)
  }
}

extension MetricsRecord {
  /// The means of records, each counting by its number of pairs; the last one's step, rate and epoch.
  static func mean(_ records: [MetricsRecord]) -> MetricsRecord? {
    guard var result = records.last else { return nil }
    let pairs = records.reduce(0) { $0 + $1.pairs }
    let fields: [WritableKeyPath<MetricsRecord, Double>] = [
      \.loss, \.rewardsChosen, \.rewardsRejected, \.rewardsMargins, \.rewardsAccuracies,
      \.accuracy, \.logpsChosen, \.logpsRejected, \.entropy, \.driftChosen, \.driftRejected,
      \.lengthsChosen, \.lengthsRejected,
    ]
    for field in fields {
      result[keyPath: field] =
        records.reduce(0) { $0 + $1[keyPath: field] * Double($1.pairs) } / Double(max(1, pairs))
    }
    result.pairs = pairs
    result.numTokens = records.reduce(0) { $0 + $1.numTokens }
    result.seconds = nil
    result.tokensPerSecond = nil
    result.utilization = nil
    return result
  }
}
