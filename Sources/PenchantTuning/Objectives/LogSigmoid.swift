#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// log σ(x), without overflow for any finite x: −log(1 + e^(−x)).
func logSigmoid(_ x: Double) -> Double {
  x >= 0 ? -log1p(exp(-x)) : x - log1p(exp(x))
}

/// σ(x) = 1 / (1 + e^(−x)), without overflow for any finite x.
func sigmoid(_ x: Double) -> Double {
  if x >= 0 { return 1 / (1 + exp(-x)) }
  let e = exp(x)
  return e / (1 + e)
}

/// −c log σ(z) − (1 − c) log σ(−z): the logistic loss of a label that is right with probability c.
///
/// Its slope is −c σ(−z) + (1 − c) σ(z).
func softLogistic(_ z: Double, confidence c: Double) -> (loss: Double, slope: Double) {
  (
    -c * logSigmoid(z) - (1 - c) * logSigmoid(-z),
    -c * sigmoid(-z) + (1 - c) * sigmoid(z)
  )
}
