package import PenchantModel

extension TokenizedExample {
  /// What the objective may know before any model has run.
  package var facts: PairFacts {
    PairFacts(
      id: id,
      answerTokens: branches.map { branch in branch.scored.count { $0 >= prompt.count } },
      scoredTokens: branches.map(\.scored.count), weight: weight, margin: margin,
      confidence: confidence)
  }

  /// Scored tokens that lie in the prompt.
  fileprivate func promptTokens(_ branch: Int) -> Int {
    branches[branch].scored.count { $0 < prompt.count }
  }

  /// Tokens that truncation took away, from the prompt and from the answers.
  package var cutTokens: Int { branches.reduce(cutPromptTokens) { $0 + $1.cutTokens } }
}

extension PairInput {
  /// Gathers a pair's figures.
  /// - Parameter reference: the reference's log-probabilities branch by branch; nil without a reference.
  init(
    _ example: TokenizedExample, policy: [BranchScore], reference: [[Float]]?,
    statistics: Set<ObjectiveRequirements.Statistic>
  ) {
    self.init(
      facts: example.facts,
      branches: policy.indices.map { branch in
        if example.branches[branch].isAbsent { return nil }
        return BranchInput(
          policy: policy[branch].tokenLogProbabilities.map(Double.init),
          reference: reference.map { $0[branch].map(Double.init) } ?? [],
          entropy: statistics.contains(.entropy) ? policy[branch].entropy.map(Double.init) : [],
          logSquareSum: statistics.contains(.logSquareSum)
            ? policy[branch].logSquareSum.map(Double.init) : [],
          promptTokens: example.promptTokens(branch))
      })
  }

  /// Whether every figure is a number.
  var isFinite: Bool {
    branches.allSatisfy { branch in
      guard let branch else { return true }
      return branch.policySum.isFinite && branch.referenceSum.isFinite
    }
  }

  /// A branch, if the row has it.
  func branch(_ index: Int) -> BranchInput? {
    index < branches.count ? branches[index] : nil
  }

  /// The row's branch of a place, if it has one: what an objective rewards, before its scale.
  ///
  /// ρ, or log π where there is no reference; a mean over tokens where the objective's rewards are.
  func score(_ index: Int, asMean: Bool) -> Double? {
    guard let branch = branch(index) else { return nil }
    let sum = branch.reference.isEmpty ? branch.policySum : branch.logRatio
    return asMean ? sum / Double(max(1, branch.answerTokens)) : sum
  }
}
