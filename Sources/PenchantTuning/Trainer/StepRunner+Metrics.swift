import PenchantModel

extension StepRunner.Result {
  /// The figures of the step, as plain means over its pairs.
  /// - Parameter scale: β, which turns ρ into a reward.
  func metrics(of examples: [TokenizedExample], rewardScale scale: Double) -> MetricsRecord {
    var record = MetricsRecord()
    let count = Double(max(1, inputs.count))
    let tokens = inputs.reduce(0) { $0 + $1.facts.scoredTokens.reduce(0, +) }
    record.loss = loss
    record.pairs = inputs.count
    record.comparesAnswers = inputs.allSatisfy { $0.branches.count > 1 }
    record.numTokens = examples.reduce(0) { $0 + $1.sequenceTokenCount }
    record.entropy = entropySum / Double(max(1, tokens))
    for input in inputs {
      let (chosen, rejected) = (scale * input.score(0), scale * input.score(1))
      record.rewardsChosen += chosen / count
      record.rewardsRejected += rejected / count
      record.rewardsMargins += (chosen - rejected) / count
      record.rewardsAccuracies += (chosen > rejected ? 1 : 0) / count
      record.accuracy += (chosen > rejected ? 1 : chosen == rejected ? 0.5 : 0) / count
      record.logpsChosen += (input.branches[0]?.policySum ?? 0) / count
      record.logpsRejected +=
        (input.branches.count > 1 ? input.branches[1]?.policySum ?? 0 : 0) / count
    }
    (record.driftChosen, record.lengthsChosen) = drift(0)
    (record.driftRejected, record.lengthsRejected) = drift(1)
    return record
  }

  /// Mean log-ratio a scored token, and mean scored tokens a pair, of one branch.
  private func drift(_ branch: Int) -> (ratio: Double, length: Double) {
    let present = inputs.filter { branch < $0.branches.count && $0.branches[branch] != nil }
    let tokens = present.reduce(0) { $0 + $1.facts.scoredTokens[branch] }
    let ratio = present.reduce(0.0) { sum, input in
      let figures = input.branches[branch]
      return sum + (figures.map { $0.reference.isEmpty ? 0 : $0.logRatio } ?? 0)
    }
    return (ratio / Double(max(1, tokens)), Double(tokens) / Double(max(1, present.count)))
  }

  /// The ledger's lines.
  func ledger(of examples: [TokenizedExample], step: Int, rewardScale scale: Double) -> [PairRecord]
  {
    zip(examples, zip(inputs, outcomes)).map { example, figures in
      PairRecord(
        step: step, id: example.id,
        margin: figures.0.branches.count > 1
          ? scale * (figures.0.score(0) - figures.0.score(1)) : nil,
        loss: figures.1.loss, cutTokens: example.cutTokens)
    }
  }
}
