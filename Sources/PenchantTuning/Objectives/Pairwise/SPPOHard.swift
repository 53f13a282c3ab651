/// Self-Play Preference Optimization with labels as probabilities 1 and 0.
///
/// Wu et al., "Self-Play Preference Optimization for Language Model Alignment" (arXiv 2405.00675), eq. 4.7, with the
/// win probabilities 1 and 0 in place of a preference model's:
///
///     l = (ρ_w − 1 / (2β))² + (ρ_l + 1 / (2β))²
///
/// β is the paper's 1/η. Meant for pairs sampled from the policy itself.
package struct SPPOHard: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "sppo_hard" }
  package var formula: String {
    "(rho_chosen - 1 / (2 * \(beta)))^2 + (rho_rejected + 1 / (2 * \(beta)))^2"
  }
  package var rewardScale: Double { beta }

  package func value(at point: PairPoint) -> PairValue {
    let (w, l) = (point.chosen - 0.5 / beta, point.rejected + 0.5 / beta)
    // dl/dρ_w = 2 (ρ_w − 1/(2β)), dl/dρ_l = 2 (ρ_l + 1/(2β))
    return PairValue(loss: w * w + l * l, dChosen: 2 * w, dRejected: 2 * l)
  }
}
