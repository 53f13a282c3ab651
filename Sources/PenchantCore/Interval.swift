/// An interval of plausible values around an estimate.
package struct Interval: Sendable, Equatable {
  package let lower: Double
  package let upper: Double

  package init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }

  package func contains(_ value: Double) -> Bool { lower <= value && value <= upper }

  /// The Wilson score interval of a proportion.
  ///
  /// After E. B. Wilson, JASA 22 (1927). Unlike the textbook interval it stays within [0, 1] and is honest for few trials and for
  /// proportions of 0 and 1. Ties may count as half a success.
  /// - Parameters:
  ///   - successes: 0 ... `trials`, a whole number or not.
  ///   - trials: Number of independent trials; 0 gives the interval [0, 1].
  ///   - deviations: Half width in standard deviations; 1.96 is 95 %.
  package static func wilson(
    successes: Double, trials: Int, deviations: Double = 1.959963984540054
  ) -> Interval {
    precondition(
      trials >= 0 && successes >= 0 && successes <= Double(trials),
      "Interval.wilson: expected 0 ... \(trials) successes, got \(successes)")
    return wilson(
      share: trials > 0 ? successes / Double(trials) : 0, trials: Double(trials),
      deviations: deviations)
  }

  /// The same of a share and a number of trials that need not be whole, as the effective size of a sample of clusters.
  package static func wilson(
    share p: Double, trials n: Double, deviations: Double = 1.959963984540054
  ) -> Interval {
    precondition(
      n >= 0 && (0...1).contains(p), "Interval.wilson: a share of \(p) of \(n) trials")
    guard n > 0 else { return Interval(lower: 0, upper: 1) }
    let z2 = deviations * deviations
    let center = (p + z2 / (2 * n)) / (1 + z2 / n)
    let half =
      deviations * (p * (1 - p) / n + z2 / (4 * n * n)).squareRoot() / (1 + z2 / n)
    // At the ends the bounds are exactly 0 and 1; rounding must not say otherwise.
    return Interval(
      lower: p == 0 ? 0 : max(0, center - half), upper: p == 1 ? 1 : min(1, center + half))
  }
}
