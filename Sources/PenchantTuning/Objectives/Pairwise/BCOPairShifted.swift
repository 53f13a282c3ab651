/// BCO on pairs with a running shift: what TRL up to 0.24 calls `bco_pair` (`--semantics trl-0.24`).
///
///     l = −log σ(r_w − δ) − log σ(−(r_l − δ))      r = βρ
///     δ = the running mean of each batch's mean reward, its own included; no gradient
package struct BCOPairShifted: Objective, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` if β is not a positive finite number.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "bco_pair" }
  package var formula: String {
    "-log sigmoid(r_chosen - delta) - log sigmoid(delta - r_rejected), r = \(beta) rho, delta its running mean"
  }
  package var rewardScale: Double { beta }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(scope: .step, components: [.init(name)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) { try facts.check(for: name) }

  package func shares(of facts: PairFacts) -> [Double] { [facts.weight ?? 1] }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let branches = pairs.map { $0.comparedBranches(for: name) }
    let rewards = branches.flatMap { [beta * $0.chosen.logRatio, beta * $0.rejected.logRatio] }
    let mean = rewards.reduce(0, +) / Double(max(1, rewards.count))
    let running = RunningMean(state, key: name).adding([mean])
    let outcomes = zip(pairs, branches).map { pair, branches in
      let (w, l) = (
        beta * branches.chosen.logRatio - running.mean,
        beta * branches.rejected.logRatio - running.mean
      )
      let loss = -logSigmoid(w) - logSigmoid(-l)
      let weight = pair.facts.weight ?? 1
      let share = denominators[0] > 0 ? weight / denominators[0] : 0
      // dl/dr_w = −σ(−(r_w − δ)), dl/dr_l = σ(r_l − δ), dr/dρ = β
      return PairOutcome(
        loss: loss, numerators: [weight * loss],
        gradients: [
          branches.chosen.spread(-sigmoid(-w) * beta * share),
          branches.rejected.spread(sigmoid(l) * beta * share),
        ])
    }
    return ObjectiveOutput(pairs: outcomes, state: running.stored(in: state, key: name))
  }
}
