/// Hinge loss on the difference of implicit rewards.
///
/// Zhao et al., "SLiC-HF" (arXiv 2305.10425), eq. 1, on DPO's rewards as in Liu et al., "RSO" (arXiv 2309.06657),
/// eq. 8:
///
///     l = max(0, 1 − z)      z = β(ρ_w − ρ_l) − m
///
/// A pair told apart by more than 1 has no gradient.
package struct Hinge: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "hinge" }
  package var formula: String {
    "max(0, 1 - \(beta) (rho_chosen - rho_rejected))"
  }
  package var rewardScale: Double { beta }
  package var takesMargin: Bool { true }

  package func value(at point: PairPoint) -> PairValue {
    let z = beta * point.difference - point.margin
    // dl/dz = −1 below 1, else 0; dz/dD = β
    return PairValue(loss: max(0, 1 - z), slope: z < 1 ? -beta : 0)
  }
}
