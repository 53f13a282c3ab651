/// Identity Preference Optimization: squared distance of the log-ratio difference from a fixed target.
///
/// Azar et al., "A General Theoretical Paradigm to Understand Learning from Human Preferences" (arXiv 2310.12036),
/// eq. 17, with means over tokens:
///
///     l = (s_w / n_w − s_l / n_l − 1 / (2β))²
///
/// β is the paper's τ. The paper writes sums; its authors confirmed to TRL that its results use means, which keep
/// the target comparable between long and short answers.
package struct IPO: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "ipo" }
  package var formula: String {
    "(rho_chosen / n_chosen - rho_rejected / n_rejected - 1 / (2 * \(beta)))^2"
  }
  package var rewardScale: Double { beta }

  package func value(at point: PairPoint) -> PairValue {
    let error =
      point.chosen / point.chosenTokens - point.rejected / point.rejectedTokens - 1 / (2 * beta)
    // dl/ds_w = 2 error / n_w, dl/ds_l = −2 error / n_l
    return PairValue(
      loss: error * error, dChosen: 2 * error / point.chosenTokens,
      dRejected: -2 * error / point.rejectedTokens)
  }
}
