/// Supervised tuning: cross-entropy of the chosen answers, a mean over tokens.
///
///     L = −Σ_i w_i Σ_t log π(y_it | x_i, y_i,<t) / Σ_i w_i |y_i|      over the optimizer step
///
/// A long answer counts more than a short one, as in every language-modelling loss (TRL's `sft` term and its
/// SFTTrainer alike); the mean is taken over the whole step, not over micro-batches. There is no reference and no
/// rejected answer. As a term of a list it keeps the chosen answers likely (RPO); `tpo` takes it on gold answers.
package struct SFT: Objective, Equatable {
  /// Which answers are learnt: the chosen, or the gold ones.
  package let role: ObjectiveRequirements.Role

  package init(on role: ObjectiveRequirements.Role = .chosen) { self.role = role }

  package var name: String { "sft" }
  package var formula: String {
    role == .gold
      ? "-mean over tokens of log pi(gold)" : "-mean over tokens of log pi(y_t | x, y_<t)"
  }
  package var rewardScale: Double { 1 }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(
      branches: [.init(role)], reference: .none, components: [.init("sft", per: .tokens)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) { try facts.check(for: name) }

  package func shares(of facts: PairFacts) -> [Double] {
    [(facts.weight ?? 1) * Double(facts.scoredTokens[0])]
  }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let outcomes = pairs.map { pair in
      guard let answer = pair.branches[0] else {
        preconditionFailure("SFT.evaluate: pair \(pair.facts.id) has no answer")
      }
      let weight = pair.facts.weight ?? 1
      let total = -answer.policy.reduce(0, +)
      // Each token's log p has the same share in the mean.
      let slope = denominators[0] > 0 ? -weight / denominators[0] : 0
      return PairOutcome(
        loss: total / Double(max(1, answer.policy.count)), numerators: [weight * total],
        gradients: [Array(repeating: slope, count: answer.policy.count)])
    }
    return ObjectiveOutput(pairs: outcomes, state: state)
  }
}
