import PenchantModel

extension StepRunner.Result {
  /// The figures of the step, as plain means over the rows that have them.
  func metrics(of examples: [TokenizedExample], _ objective: any Objective) -> MetricsRecord {
    var record = MetricsRecord()
    let needs = objective.requirements
    // Mismatched answers are measured, not learnt from.
    let learnt = needs.branch(.mismatched) ?? needs.branches.count
    let tokens = inputs.reduce(0) { $0 + $1.facts.scoredTokens.prefix(learnt).reduce(0, +) }
    record.loss = loss
    record.pairs = inputs.count
    record.comparesAnswers = needs.comparesAnswers
    record.judgesAnswers = needs.isUnpaired
    record.isScalar = needs.head == .scalar
    record.numTokens = examples.reduce(0) { $0 + $1.sequenceTokenCount(ofFirst: learnt) }
    record.entropy = entropySum / Double(max(1, tokens))
    let rewards = inputs.map { input in
      (0...1).map { place in
        input.score(place, asMean: objective.rewardsAreMeans).map { objective.rewardScale * $0 }
      }
    }
    record.rewardsChosen = Self.mean(rewards.lazy.compactMap { $0[0] })
    record.rewardsRejected = Self.mean(rewards.lazy.compactMap { $0[1] })
    // Of rows with both answers a mean of differences; of judged rows a difference of means.
    let margins = rewards.compactMap { reward in
      reward[0].flatMap { chosen in reward[1].map { chosen - $0 } }
    }
    record.rewardsMargins =
      needs.isUnpaired ? record.rewardsChosen - record.rewardsRejected : Self.mean(margins)
    record.rewardsAccuracies = Self.mean(margins.lazy.map { $0 > 0 ? 1 : 0 })
    record.accuracy = Self.mean(margins.lazy.map { $0 > 0 ? 1 : $0 == 0 ? 0.5 : 0 })
    record.logpsChosen = Self.mean(inputs.lazy.compactMap { $0.branch(0)?.policySum })
    record.logpsRejected = Self.mean(inputs.lazy.compactMap { $0.branch(1)?.policySum })
    (record.driftChosen, record.lengthsChosen) = drift(0)
    (record.driftRejected, record.lengthsRejected) = drift(1)
    return record
  }

  /// 0 for nothing.
  private static func mean(_ values: some Sequence<Double>) -> Double {
    let (sum, count) = values.reduce((0.0, 0.0)) { ($0.0 + $1, $0.1 + 1) }
    return sum / max(1, count)
  }

  /// Mean log-ratio an answer token, and mean answer tokens a row, of one branch.
  private func drift(_ place: Int) -> (ratio: Double, length: Double) {
    let present = inputs.compactMap { $0.branch(place) }
    let tokens = present.reduce(0) { $0 + $1.answerTokens }
    let ratio = present.reduce(0.0) { $0 + ($1.reference.isEmpty ? 0 : $1.logRatio) }
    return (ratio / Double(max(1, tokens)), Double(tokens) / Double(max(1, present.count)))
  }

  /// The ledger's lines.
  func ledger(
    of examples: [TokenizedExample], step: Int, _ objective: any Objective
  ) -> [PairRecord] {
    zip(examples, zip(inputs, outcomes)).map { example, figures in
      let scores = (0...1).map { figures.0.score($0, asMean: objective.rewardsAreMeans) }
      let margin = scores[0].flatMap { chosen in
        scores[1].map { objective.rewardScale * (chosen - $0) }
      }
      return PairRecord(
        step: step, id: example.id, margin: margin, loss: figures.1.loss,
        cutTokens: example.cutTokens)
    }
  }
}
