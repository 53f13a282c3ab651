#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The few tests the audit decides with, exact where counts are small enough.
package enum Statistics {
  /// ln C(n, k).
  static func logBinomial(_ n: Int, _ k: Int) -> Double {
    lgamma(Double(n) + 1) - lgamma(Double(k) + 1) - lgamma(Double(n - k) + 1)
  }

  /// P(X ≥ k) for X ~ Bin(n, ½).
  package static func upperTail(_ k: Int, of n: Int) -> Double {
    if k <= 0 { return 1 }
    if k > n { return 0 }
    // Above this the normal with a continuity correction agrees to four digits.
    if n > 20_000 {
      let z = (Double(k) - 0.5 - Double(n) / 2) / (Double(n) / 4).squareRoot()
      return 0.5 * erfc(z / 2.0.squareRoot())
    }
    var sum = 0.0
    for value in stride(from: n, through: k, by: -1) {
      sum += exp(logBinomial(n, value) - Double(n) * log(2))
    }
    return min(1, sum)
  }

  /// The two-sided sign test of `first` against `second` (McNemar's exact test on discordant pairs).
  package static func signTest(_ first: Int, _ second: Int) -> Double {
    min(1, 2 * upperTail(max(first, second), of: first + second))
  }

  /// The area under the ROC curve: P(a positive scores above a negative), ties half.
  package static func areaUnderCurve(_ scores: [Double], isPositive: [Bool]) -> Double {
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    var (rankSum, positives, position) = (0.0, 0, 0)
    while position < order.count {
      var end = position
      while end < order.count, scores[order[end]] == scores[order[position]] { end += 1 }
      // Ranks from 1; tied scores share their mean rank.
      let rank = Double(position + 1 + end) / 2
      for index in order[position..<end] where isPositive[index] {
        rankSum += rank
        positives += 1
      }
      position = end
    }
    let negatives = order.count - positives
    guard positives > 0, negatives > 0 else { return 0.5 }
    return (rankSum - Double(positives) * Double(positives + 1) / 2)
      / (Double(positives) * Double(negatives))
  }

  /// The flip rate of raters who agree with probability `agreement`: p = (1 − e)² + e².
  ///
  /// The best any model can score on single labels is 1 − e.
  package static func flipRate(agreement: Double) -> Double {
    (1 - max(0, 2 * min(1, agreement) - 1).squareRoot()) / 2
  }

  /// The deviation of a share from ½ that `n` non-ties show with 80 % power at 5 %, by the normal approximation.
  package static func detectableDeviation(_ n: Int) -> Double {
    n == 0 ? 0.5 : min(0.5, (1.959963984540054 + 0.841621233572914) / 2 / Double(n).squareRoot())
  }
}
