/// Robust DPO: an unbiased estimate of the clean loss from labels of which a known share is flipped.
///
/// Chowdhury et al., "Provably Robust DPO" (arXiv 2403.00409), eq. 12:
///
///     l = (−(1 − e) log σ(z) + e log σ(−z)) / (1 − 2e)      z = β(s_w − s_l) − m
///
/// e is the share of flipped labels; a row's confidence c, above ½, takes the place of 1 − e. The loss of a pair
/// can be negative and has no lower bound; its mean is that of clean labels.
package struct Robust: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// e, 0 to below 0.5; default 0.1 (the paper's experiments).
  package let labelSmoothing: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1, labelSmoothing: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.labelSmoothing = try ParameterRange.minority.checked(labelSmoothing, "label-smoothing")
  }

  package var name: String { "robust" }
  package var formula: String {
    "(-(1 - e) log sigmoid(z) + e log sigmoid(-z)) / (1 - 2e), e = \(labelSmoothing), z = \(beta) (rho_chosen - rho_rejected)"
  }
  package var rewardScale: Double { beta }
  package var takesMargin: Bool { true }
  package var confidences: ConfidenceRange? { .upper }

  package func value(at point: PairPoint) -> PairValue {
    let z = beta * point.difference - point.margin
    let e = point.confidence.map { 1 - $0 } ?? labelSmoothing
    // dl/dz = (−(1 − e) σ(−z) − e σ(z)) / (1 − 2e), dz/dD = β
    return PairValue(
      loss: (-(1 - e) * logSigmoid(z) + e * logSigmoid(-z)) / (1 - 2 * e),
      slope: (-(1 - e) * sigmoid(-z) - e * sigmoid(z)) / (1 - 2 * e) * beta)
  }
}
