#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Efficient Exact Optimization for pairs: the reverse KL between the policy's preference and the label's.
///
/// Ji et al., "Towards Efficient Exact Optimization of Language Model Alignment" (arXiv 2402.00856), eq. 16, K = 2:
///
///     l = q (log q − log(1 − e)) + (1 − q) (log(1 − q) − log e)      q = σ(z), z = β(s_w − s_l)
///
/// e is the label's probability to be wrong, above 0 since its logarithm is taken; a row's confidence c takes the
/// place of 1 − e.
package struct EXOPair: PairLoss, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// e, above 0 and below 0.5; default 0.001 (the paper's).
  package let labelSmoothing: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(beta: Double = 0.1, labelSmoothing: Double = 1e-3) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    guard labelSmoothing > 0, labelSmoothing < 0.5 else {
      throw TuningError(
        .valueOutOfRange(
          option: "label-smoothing", value: "\(labelSmoothing)", range: "above 0 and below 0.5"))
    }
    self.labelSmoothing = labelSmoothing
  }

  package var name: String { "exo_pair" }
  package var formula: String {
    "KL(q || label), q = sigmoid(\(beta) (rho_chosen - rho_rejected)), label 1 - \(labelSmoothing)"
  }
  package var rewardScale: Double { beta }
  package var confidences: ConfidenceRange? { .inner }

  package func value(at point: PairPoint) -> PairValue {
    let z = beta * point.difference
    let (q, p) = (sigmoid(z), sigmoid(-z))
    let (logRight, logWrong) =
      if let c = point.confidence { (log(c), log1p(-c)) } else {
        (log1p(-labelSmoothing), log(labelSmoothing))
      }
    // log q − log(1 − q) = z, so with a = log(1 − e) − log e the loss has
    // dl/dz = q (1 − q) (z − a), dz/dD = β
    let loss = q * (logSigmoid(z) - logRight) + p * (logSigmoid(-z) - logWrong)
    return PairValue(loss: loss, slope: q * p * (z - logRight + logWrong) * beta)
  }
}
