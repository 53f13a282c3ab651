/// The preference term of CPO: DPO with a uniform reference, which cancels.
///
/// Xu et al., "Contrastive Preference Optimization" (arXiv 2401.08417), eq. 3, with soft labels and a margin:
///
///     l = −c log σ(z) − (1 − c) log σ(−z)      z = β(log π(y_w) − log π(y_l)) − m
///
/// `cpo` adds the likelihood of the chosen answers (eq. 5); `tpo` that of gold answers.
package struct CPOLoss: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// 1 − c, 0 to below 0.5; default 0.
  package let labelSmoothing: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1, labelSmoothing: Double = 0) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.labelSmoothing = try ParameterRange.minority.checked(labelSmoothing, "label-smoothing")
  }

  package var name: String { "cpo" }
  package var formula: String {
    "-log sigmoid(\(beta) (log pi(chosen) - log pi(rejected)))"
  }
  package var rewardScale: Double { beta }
  package var hasReference: Bool { false }
  package var takesMargin: Bool { true }
  package var confidences: ConfidenceRange? { .all }

  package func value(at point: PairPoint) -> PairValue {
    let z = beta * point.difference - point.margin
    // dl/dz = −c σ(−z) + (1 − c) σ(z), dz/dD = β
    let (loss, slope) = softLogistic(z, confidence: point.confidence ?? 1 - labelSmoothing)
    return PairValue(loss: loss, slope: slope * beta)
  }
}
