package import PenchantCore

/// Intervals of figures that have no formula for one.
package enum Bootstrap {
  /// The middle 95 % of a figure over tables of items drawn with replacement (Efron's percentile interval).
  ///
  /// Items are drawn, not ratings: the ratings of one item are not independent. Krippendorff's own proposal draws pairs
  /// of ratings and gives narrower intervals.
  /// - Returns: nil where fewer than ten items can be drawn from, or the figure is undefined in more than half of the draws.
  package static func interval(
    _ table: RatingTable, draws: Int = 1000, seed: UInt64 = 0,
    _ figure: (RatingTable) -> Double?
  ) -> Interval? {
    guard table.items.count >= 10 else { return nil }
    var generator = Philox(seed: seed, stream: .bootstrap).generator()
    var values: [Double] = []
    for _ in 0..<draws {
      let items = table.items.indices.map { _ in
        table.items[generator.nextInt(below: table.items.count)]
      }
      if let value = figure(RatingTable(items)) { values.append(value) }
    }
    guard values.count * 2 > draws else { return nil }
    values.sort()
    return Interval(lower: quantile(values, 0.025), upper: quantile(values, 0.975))
  }

  /// The quantile of sorted values, interpolated between neighbours.
  static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let position = share * Double(sorted.count - 1)
    let below = Int(position)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (position - Double(below)) * (sorted[above] - sorted[below])
  }
}
