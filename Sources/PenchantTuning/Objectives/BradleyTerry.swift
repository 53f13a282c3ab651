/// A reward model: logistic regression on the difference of two scores.
///
/// Bradley and Terry, "Rank Analysis of Incomplete Block Designs" (1952); with the margin of Llama 2
/// (arXiv 2307.09288, eq. 2) and the centring of Eisenstein et al., "Helping or Herding?" (arXiv 2312.09244):
///
///     l = −log σ(r_w − r_l − m) + c (r_w + r_l)²
///     r = w · h(x, y)      h: the last token's hidden state after the final norm
///
/// Differences alone are learnt, so scores have no zero of their own; centring gives them one.
package struct BradleyTerry: Objective, Equatable {
  /// c, 0 or more; default 0 (TRL's; the paper's is 0.01).
  package let centering: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(centering: Double = 0) throws(TuningError) {
    self.centering = try ParameterRange.nonnegative.checked(centering, "center-rewards")
  }

  package var name: String { "reward" }
  package var formula: String {
    "-log sigmoid(r_chosen - r_rejected - margin)"
      + (centering == 0 ? "" : " + \(centering) (r_chosen + r_rejected)^2")
  }
  package var rewardScale: Double { 1 }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(reference: .none, head: .scalar, components: [.init(name)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) {
    try facts.check(for: name, takesMargin: true)
  }

  package func shares(of facts: PairFacts) -> [Double] { [facts.weight ?? 1] }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let outcomes = pairs.map { pair in
      let (chosen, rejected) = pair.comparedBranches(for: name)
      let (w, l) = (chosen.policySum, rejected.policySum)
      let z = w - l - (pair.facts.margin ?? 0)
      let loss = -logSigmoid(z) + centering * (w + l) * (w + l)
      let weight = pair.facts.weight ?? 1
      let share = denominators[0] > 0 ? weight / denominators[0] : 0
      // dl/dr_w = −σ(−z) + 2c (r_w + r_l), dl/dr_l = σ(−z) + 2c (r_w + r_l)
      let both = 2 * centering * (w + l)
      return PairOutcome(
        loss: loss, numerators: [weight * loss],
        gradients: [[(-sigmoid(-z) + both) * share], [(sigmoid(-z) + both) * share]])
    }
    return ObjectiveOutput(pairs: outcomes, state: state)
  }
}
