/// Noise Contrastive Alignment for pairs: each answer is told from noise on its own.
///
/// Chen et al., "Noise Contrastive Alignment of Language Models with Explicit Rewards" (arXiv 2402.05369), eq. 11,
/// K = 2 with certain labels:
///
///     l = −log σ(r_w) − ½ log σ(−r_w) − ½ log σ(−r_l)      r = βρ
///
/// The absolute level of each reward matters, not their difference alone.
package struct NCAPair: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "nca_pair" }
  package var formula: String {
    "-log sigmoid(r_chosen) - (log sigmoid(-r_chosen) + log sigmoid(-r_rejected)) / 2, r = \(beta) rho"
  }
  package var rewardScale: Double { beta }

  package func value(at point: PairPoint) -> PairValue {
    let (w, l) = (beta * point.chosen, beta * point.rejected)
    // dl/dr_w = −σ(−r_w) + ½ σ(r_w), dl/dr_l = ½ σ(r_l), dr/dρ = β
    return PairValue(
      loss: -logSigmoid(w) - 0.5 * logSigmoid(-w) - 0.5 * logSigmoid(-l),
      dChosen: (-sigmoid(-w) + 0.5 * sigmoid(w)) * beta, dRejected: 0.5 * sigmoid(l) * beta)
  }
}
