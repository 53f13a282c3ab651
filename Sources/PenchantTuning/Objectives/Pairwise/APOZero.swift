/// Anchored Preference Optimization, zero: chosen answers up, rejected ones down, each against the reference.
///
/// D'Oosterlinck et al., "Anchored Preference Optimization and Contrastive Revisions" (arXiv 2408.06266), eq. 7:
///
///     l = −σ(r_w) + σ(r_l)      r = βρ
///
/// given with 1 added, as TRL does, so that it is never negative.
package struct APOZero: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "apo_zero" }
  package var formula: String {
    "1 - sigmoid(r_chosen) + sigmoid(r_rejected), r = \(beta) rho"
  }
  package var rewardScale: Double { beta }

  package func value(at point: PairPoint) -> PairValue {
    let (w, l) = (beta * point.chosen, beta * point.rejected)
    // dl/dr_w = −σ(r_w) σ(−r_w), dl/dr_l = σ(r_l) σ(−r_l), dr/dρ = β
    return PairValue(
      loss: sigmoid(-w) + sigmoid(l), dChosen: -sigmoid(w) * sigmoid(-w) * beta,
      dRejected: sigmoid(l) * sigmoid(-l) * beta)
  }
}
