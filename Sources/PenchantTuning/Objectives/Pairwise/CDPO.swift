/// Conservative DPO: the logistic loss of labels that may be wrong.
///
/// Mitchell, "A note on DPO with noisy preferences" (2023), eq. 3:
///
///     l = −(1 − e) log σ(z) − e log σ(−z)      z = β(ρ_w − ρ_l) − m
///
/// e is the share of labels thought wrong; a row's confidence c takes the place of 1 − e. The loss is least at
/// z = log((1 − e) / e), so margins stop growing there. TRL up to 0.24 computes this as `sigmoid` with
/// `label_smoothing`; TRL 1.x ignores the smoothing.
package struct CDPO: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// e, 0 to below 0.5; default 0.1 (the note's).
  package let labelSmoothing: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1, labelSmoothing: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.labelSmoothing = try ParameterRange.minority.checked(labelSmoothing, "label-smoothing")
  }

  package var name: String { "cdpo" }
  package var formula: String {
    "soft labels, \(labelSmoothing) wrong: (e - 1) log sigmoid(z) - e log sigmoid(-z), z = \(beta) (rho_chosen - rho_rejected)"
  }
  package var rewardScale: Double { beta }
  package var takesMargin: Bool { true }
  package var confidences: ConfidenceRange? { .all }

  package func value(at point: PairPoint) -> PairValue {
    let z = beta * point.difference - point.margin
    // dl/dz = −(1 − e) σ(−z) + e σ(z), dz/dD = β
    let (loss, slope) = softLogistic(z, confidence: point.confidence ?? 1 - labelSmoothing)
    return PairValue(loss: loss, slope: slope * beta)
  }
}
