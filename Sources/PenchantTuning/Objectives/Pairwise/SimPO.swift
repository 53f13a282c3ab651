/// Simple Preference Optimization: mean log-probabilities as rewards, with a target margin.
///
/// Meng et al., "SimPO" (arXiv 2405.14734), eq. 6, with soft labels and a row's margin:
///
///     l = −c log σ(z) − (1 − c) log σ(−z)      z = β(log π(y_w) / n_w − log π(y_l) / n_l) − γ − m
///
/// No reference: nothing but a small learning rate holds the policy back.
package struct SimPO: PairLoss, Equatable {
  /// β, above 0; default 2 (the paper's; means are small numbers).
  package let beta: Double
  /// γ, the reward margin asked for, 0 or more; default 1 (the paper's γ/β = 0.5).
  package let gamma: Double
  /// 1 − c, 0 to below 0.5; default 0.
  package let labelSmoothing: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 2, gamma: Double = 1, labelSmoothing: Double = 0) throws(TuningError)
  {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.gamma = try ParameterRange.nonnegative.checked(gamma, "gamma")
    self.labelSmoothing = try ParameterRange.minority.checked(labelSmoothing, "label-smoothing")
  }

  package var name: String { "simpo" }
  package var formula: String {
    "-log sigmoid(\(beta) (mean log pi(chosen) - mean log pi(rejected)) - \(gamma))"
  }
  package var rewardScale: Double { beta }
  package var rewardsAreMeans: Bool { true }
  package var hasReference: Bool { false }
  package var takesMargin: Bool { true }
  package var confidences: ConfidenceRange? { .all }

  package func value(at point: PairPoint) -> PairValue {
    let d = point.chosen / point.chosenTokens - point.rejected / point.rejectedTokens
    let z = beta * d - gamma - point.margin
    // dl/dz = −c σ(−z) + (1 − c) σ(z), dz/ds_w = β / n_w, dz/ds_l = −β / n_l
    let (loss, slope) = softLogistic(z, confidence: point.confidence ?? 1 - labelSmoothing)
    return PairValue(
      loss: loss, dChosen: slope * beta / point.chosenTokens,
      dRejected: -slope * beta / point.rejectedTokens)
  }
}
