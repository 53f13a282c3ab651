#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Discovered Preference Optimization: a blend of logistic and exponential loss found by a language model.
///
/// Lu et al., "Discovering Preference Optimization Algorithms with and for Large Language Models"
/// (arXiv 2406.08414), eq. 5:
///
///     l = (1 − g) (−log σ(z)) + g e^−z      g = σ(z / τ), z = β(s_w − s_l)
///
/// It is not convex: between z = −2τ and z = 0 the loss rises with z.
package struct DiscoPOP: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// τ, the width of the blend, above 0 and below 1 (else e^−z would win far below 0); default 0.05 (the paper's).
  package let tau: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1, tau: Double = 0.05) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.tau = try ParameterRange.inside.checked(tau, "tau")
  }

  package var name: String { "discopop" }
  package var formula: String {
    "-(1 - g) log sigmoid(z) + g exp(-z), g = sigmoid(z / \(tau)), z = \(beta) (rho_chosen - rho_rejected)"
  }
  package var rewardScale: Double { beta }

  package func value(at point: PairPoint) -> PairValue {
    let z = beta * point.difference
    let g = sigmoid(z / tau)
    let logistic = -logSigmoid(z)
    // g e^−z as one exponential: each factor alone may overflow or vanish.
    let blended = exp(logSigmoid(z / tau) - z)
    // dg/dz = g (1 − g) / τ
    // dl/dz = −(1 − g) σ(−z) − g e^−z + dg/dz (e^−z + log σ(z)), dz/dD = β
    let rest = sigmoid(-z / tau)
    let slope =
      -rest * sigmoid(-z) - blended + rest / tau * (blended - g * logistic)
    return PairValue(loss: rest * logistic + blended, slope: slope * beta)
  }
}
