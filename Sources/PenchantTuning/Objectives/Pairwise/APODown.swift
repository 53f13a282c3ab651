/// Anchored Preference Optimization, down: both answers down, the rejected one more.
///
/// D'Oosterlinck et al., "Anchored Preference Optimization and Contrastive Revisions" (arXiv 2408.06266), eq. 8:
///
///     l = σ(r_w) − σ(r_w − r_l)      r = βρ
///
/// given with 1 added, as TRL does. For models that answer better than the chosen answers.
package struct APODown: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "apo_down" }
  package var formula: String {
    "sigmoid(r_chosen) + 1 - sigmoid(r_chosen - r_rejected), r = \(beta) rho"
  }
  package var rewardScale: Double { beta }

  package func value(at point: PairPoint) -> PairValue {
    let (w, z) = (beta * point.chosen, beta * point.difference)
    // dl/dr_w = σ(r_w) σ(−r_w) − σ(z) σ(−z), dl/dr_l = σ(z) σ(−z), z = r_w − r_l, dr/dρ = β
    let slope = sigmoid(z) * sigmoid(-z)
    return PairValue(
      loss: sigmoid(w) + sigmoid(-z), dChosen: (sigmoid(w) * sigmoid(-w) - slope) * beta,
      dRejected: slope * beta)
  }
}
