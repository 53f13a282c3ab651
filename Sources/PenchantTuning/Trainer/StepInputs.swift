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
        BranchInput(
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

  /// ρ of a branch, or Σ log π where there is no reference; 0 for a branch the pair does not have.
  func score(_ branch: Int) -> Double {
    guard branch < branches.count, let input = branches[branch] else { return 0 }
    return input.reference.isEmpty ? input.policySum : input.logRatio
  }
}
