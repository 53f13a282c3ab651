/// Length-normalised DPO: the logistic loss on log-ratios a token.
///
/// Lambert et al., "Tulu 3" (arXiv 2411.15124), eq. 6, with a margin:
///
///     l = −log σ(z)      z = β(s_w / n_w − s_l / n_l) − m
///
/// The reference stays, unlike in SimPO. Means are small numbers: β is larger than for `sigmoid` (Tulu 3 uses 5).
package struct SigmoidNorm: PairLoss, Equatable {
  /// β, above 0; default 5 (Tulu 3; TRL's 0.1 hardly moves).
  package let beta: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 5) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "sigmoid_norm" }
  package var formula: String {
    "-log sigmoid(\(beta) (rho_chosen / n_chosen - rho_rejected / n_rejected))"
  }
  package var rewardScale: Double { beta }
  package var takesMargin: Bool { true }

  package func value(at point: PairPoint) -> PairValue {
    let z =
      beta * (point.chosen / point.chosenTokens - point.rejected / point.rejectedTokens)
      - point.margin
    // dl/dz = −σ(−z), dz/ds_w = β / n_w, dz/ds_l = −β / n_l
    let slope = -sigmoid(-z) * beta
    return PairValue(
      loss: -logSigmoid(z), dChosen: slope / point.chosenTokens,
      dRejected: -slope / point.rejectedTokens)
  }
}
