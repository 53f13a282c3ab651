/// Krippendorff's α: 1 − observed disagreement ÷ the disagreement of chance.
///
/// K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011). Takes any number of ratings an item and any
/// gaps; 1 is perfect, 0 is what chance gives, below 0 people disagree systematically. Its author asks for 0.8, and
/// takes 0.667 for tentative conclusions; people judging answers of language models rarely reach either.
package enum KrippendorffAlpha {
  /// How far two values are apart.
  package enum Metric: String, Sendable, CaseIterable {
    /// Different is different.
    case nominal
    /// By how many ratings lie between.
    case ordinal
    /// By the square of the difference.
    case interval
  }

  /// α of a table; nil where nothing was rated twice, or all ratings are the same (there is then no disagreement to
  /// expect, and α is not defined).
  package static func value(_ table: RatingTable, _ metric: Metric) -> Double? {
    let values = table.values
    guard values.count > 1 else { return nil }
    let place = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
    let k = values.count
    // Coincidences o[c][k]: each ordered pair of ratings of an item with m ratings counts 1 / (m − 1).
    var coincidences = [Double](repeating: 0, count: k * k)  // (k, k)
    for item in table.items {
      var counts = [Double](repeating: 0, count: k)
      for rating in item { if let index = place[rating] { counts[index] += 1 } }
      let share = 1 / Double(item.count - 1)
      for first in 0..<k where counts[first] > 0 {
        for second in 0..<k where counts[second] > 0 {
          let pairs = counts[first] * (counts[second] - (first == second ? 1 : 0))
          coincidences[first * k + second] += pairs * share
        }
      }
    }
    let marginals = (0..<k).map { row in
      coincidences[row * k..<(row + 1) * k].reduce(0, +)
    }
    let total = marginals.reduce(0, +)
    var (observed, expected) = (0.0, 0.0)
    for first in 0..<k {
      for second in 0..<k where first != second {
        let distance = distance(first, second, values, marginals, metric)
        observed += coincidences[first * k + second] * distance
        expected += marginals[first] * marginals[second] * distance
      }
    }
    guard expected > 0 else { return nil }
    return 1 - (total - 1) * observed / expected
  }

  /// δ² of two values.
  private static func distance(
    _ first: Int, _ second: Int, _ values: [Int], _ marginals: [Double], _ metric: Metric
  ) -> Double {
    switch metric {
    case .nominal: return 1
    case .interval:
      let difference = Double(values[first] - values[second])
      return difference * difference
    case .ordinal:
      let (low, high) = (min(first, second), max(first, second))
      let between = marginals[low...high].reduce(0, +)
      let distance = between - (marginals[low] + marginals[high]) / 2
      return distance * distance
    }
  }
}
