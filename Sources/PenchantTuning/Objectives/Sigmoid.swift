/// Direct Preference Optimization: logistic loss on the difference of implicit rewards.
///
/// Rafailov et al., "Direct Preference Optimization" (arXiv 2305.18290), eq. 7, with a margin:
///
///     l = −log σ(z)      z = β(ρ_w − ρ_l) − m      ρ = Σ_t log π(y_t) − Σ_t log π_ref(y_t)
///     L = Σ_i w_i l_i / Σ_i w_i                    over the optimizer step, w = 1 unless the row has a weight
///
/// Sums over tokens, not means: for the length-normalised form see `sigmoid_norm`. Labels are taken as certain:
/// for label smoothing and for rows with a confidence see `cdpo`.
package struct Sigmoid: Objective, Equatable {
  /// β, the strength of the pull towards the reference, above 0; default 0.1 (the paper's and TRL's).
  package let beta: Double

  /// - Throws: ``TuningError`` if β is not a positive finite number.
  package init(beta: Double = 0.1) throws(TuningError) {
    guard beta > 0, beta.isFinite else {
      throw TuningError(.valueOutOfRange(option: "beta", value: "\(beta)", range: "above 0"))
    }
    self.beta = beta
  }

  /// - Throws: ``TuningError`` as the other initialiser does.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(beta: container.decode(Double.self, forKey: .beta))
  }

  private enum CodingKeys: CodingKey { case beta }

  package var name: String { "sigmoid" }
  package var formula: String { "-log sigmoid(\(beta) (rho_chosen - rho_rejected))" }
  package var rewardScale: Double { beta }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(components: [.init("sigmoid")])
  }

  package func check(_ facts: PairFacts) throws(TuningError) {
    if facts.confidence != nil {
      throw TuningError(
        .fieldWithoutMeaning(field: "confidence", objective: name, id: facts.id, instead: "cdpo"))
    }
    if let weight = facts.weight, !(weight >= 0 && weight.isFinite) {
      throw TuningError(.fieldOutOfRange(field: "weight", id: facts.id, range: "0 or more"))
    }
    if let margin = facts.margin, !margin.isFinite {
      throw TuningError(.fieldOutOfRange(field: "margin", id: facts.id, range: "a finite number"))
    }
  }

  package func shares(of facts: PairFacts) -> [Double] { [facts.weight ?? 1] }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let denominator = denominators[0]
    let outcomes = pairs.map { pair in
      guard let chosen = pair.branches[0], let rejected = pair.branches[1] else {
        preconditionFailure("Sigmoid.evaluate: pair \(pair.facts.id) has one branch")
      }
      let z = beta * (chosen.logRatio - rejected.logRatio) - (pair.facts.margin ?? 0)
      let weight = pair.facts.weight ?? 1
      let loss = -logSigmoid(z)
      // dl/dz = −σ(−z), and z is β times a plain sum over tokens: one coefficient for all of a branch.
      let share = denominator > 0 ? weight / denominator : 0
      let slope = -sigmoid(-z) * beta * share
      return PairOutcome(
        loss: loss, numerators: [weight * loss],
        gradients: [
          Array(repeating: slope, count: chosen.policy.count),
          Array(repeating: -slope, count: rejected.policy.count),
        ])
    }
    return ObjectiveOutput(pairs: outcomes, state: state)
  }
}
