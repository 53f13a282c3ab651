/// Binary Classifier Optimization on pairs, without its shift.
///
/// Jung et al., "Binary Classifier Optimization for Large Language Model Alignment" (arXiv 2404.04656), eq. 12 with
/// δ = 0, as TRL 1.x computes it:
///
///     l = −log σ(r_w) − log σ(−r_l)      r = βρ
///
/// With the running shift, and for rows with one answer, see ``BCO``.
package struct BCOPair: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "bco_pair" }
  package var formula: String {
    "-log sigmoid(r_chosen) - log sigmoid(-r_rejected), r = \(beta) rho"
  }
  package var rewardScale: Double { beta }

  package func value(at point: PairPoint) -> PairValue {
    let (w, l) = (beta * point.chosen, beta * point.rejected)
    // dl/dr_w = −σ(−r_w), dl/dr_l = σ(r_l), dr/dρ = β
    return PairValue(
      loss: -logSigmoid(w) - logSigmoid(-l), dChosen: -sigmoid(-w) * beta,
      dRejected: sigmoid(l) * beta)
  }
}
