/// Supervised tuning: cross-entropy of the chosen answers, a mean over tokens.
///
///     L = −Σ_i w_i Σ_t log π(y_it | x_i, y_i,<t) / Σ_i w_i |y_i|      over the optimizer step
///
/// A long answer counts more than a short one, as in every language-modelling loss (TRL's `sft` term and its
/// SFTTrainer alike); the mean is taken over the whole step, not over micro-batches. There is no reference and no
/// rejected answer.
package struct SFT: Objective, Equatable {
  package init() {}

  package var name: String { "sft" }
  package var formula: String { "-mean over tokens of log pi(y_t | x, y_<t)" }
  package var rewardScale: Double { 1 }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(
      branches: [.init(.chosen)], reference: .none, components: [.init("sft", per: .tokens)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) {
    if facts.margin != nil {
      throw TuningError(
        .fieldWithoutMeaning(field: "margin", objective: name, id: facts.id, instead: "sigmoid"))
    }
    if facts.confidence != nil {
      throw TuningError(
        .fieldWithoutMeaning(field: "confidence", objective: name, id: facts.id, instead: "cdpo"))
    }
    if let weight = facts.weight, !(weight >= 0 && weight.isFinite) {
      throw TuningError(.fieldOutOfRange(field: "weight", id: facts.id, range: "0 or more"))
    }
  }

  package func shares(of facts: PairFacts) -> [Double] {
    [(facts.weight ?? 1) * Double(facts.scoredTokens[0])]
  }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let outcomes = pairs.map { pair in
      guard let chosen = pair.branches[0] else {
        preconditionFailure("SFT.evaluate: pair \(pair.facts.id) has no answer")
      }
      let weight = pair.facts.weight ?? 1
      let total = -chosen.policySum
      // Each token's log p has the same share in the mean.
      let slope = denominators[0] > 0 ? -weight / denominators[0] : 0
      return PairOutcome(
        loss: total / Double(max(1, chosen.policy.count)), numerators: [weight * total],
        gradients: [Array(repeating: slope, count: chosen.policy.count)])
    }
    return ObjectiveOutput(pairs: outcomes, state: state)
  }
}
