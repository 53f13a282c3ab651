#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The divergence between policy and reference that the implicit reward belongs to.
///
/// Wang et al., "Beyond Reverse KL" (arXiv 2309.16240): the reward of an answer is β f'(π/π_ref) up to a constant
/// of the prompt, so DPO's ρ becomes s = f'(e^ρ). The constant cancels in s_w − s_l alone, which is why losses of
/// one answer at a time take the reverse KL only.
///
///     reverse-kl  s = ρ                          ds/dρ = 1
///     forward-kl  s = 1 − e^−ρ                   ds/dρ = e^−ρ
///     js          s = log 2 + log σ(ρ)           ds/dρ = σ(−ρ)
///     alpha       s = (e^((a−1)ρ) − 1) / (a−1)   ds/dρ = e^((a−1)ρ), a = 1 being the reverse KL
///
/// The exponent of `alpha` is cut at 80, as in TRL; there ds/dρ is 0.
package enum Divergence: Sendable, Equatable {
  case reverseKL, forwardKL, jensenShannon
  case alpha(Double)

  /// The names `--f-divergence` takes.
  package enum Kind: String, Sendable, Codable, CaseIterable {
    case reverseKL = "reverse-kl"
    case forwardKL = "forward-kl"
    case jensenShannon = "js"
    case alpha
  }

  /// Exponents beyond this are cut.
  static let exponentLimit = 80.0
  /// Closer to 1 than this, `alpha` is the reverse KL.
  static let nearOne = 1e-6
  /// TRL's coefficient.
  package static let standardAlpha = 0.5

  package init(_ kind: Kind, alpha: Double? = nil) {
    switch kind {
    case .reverseKL: self = .reverseKL
    case .forwardKL: self = .forwardKL
    case .jensenShannon: self = .jensenShannon
    case .alpha: self = .alpha(alpha ?? Self.standardAlpha)
    }
  }

  var name: String {
    switch self {
    case .reverseKL: Kind.reverseKL.rawValue
    case .forwardKL: Kind.forwardKL.rawValue
    case .jensenShannon: Kind.jensenShannon.rawValue
    case .alpha(let a): "alpha \(a)"
    }
  }

  /// s and ds/dρ.
  func score(_ ratio: Double) -> (value: Double, slope: Double) {
    switch self {
    case .reverseKL: return (ratio, 1)
    case .forwardKL: return (-expm1(-ratio), exp(-ratio))
    case .jensenShannon: return (log(2) + logSigmoid(ratio), sigmoid(-ratio))
    case .alpha(let a):
      guard abs(a - 1) >= Self.nearOne else { return (ratio, 1) }
      let exponent = (a - 1) * ratio
      guard exponent <= Self.exponentLimit else {
        return (expm1(Self.exponentLimit) / (a - 1), 0)
      }
      return (expm1(exponent) / (a - 1), exp(exponent))
    }
  }
}
