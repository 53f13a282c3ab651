/// Agreement without α: the plain share, and two ways of taking chance out of it.
package enum AgreementMeasures {
  /// The probability that two ratings of an item are equal, every item counting once; nil without doubles.
  package static func percent(_ table: RatingTable) -> Double? {
    guard !table.items.isEmpty else { return nil }
    return table.items.reduce(0) { $0 + agreement($1) } / Double(table.items.count)
  }

  /// The share of equal pairs among the pairs of an item's ratings.
  static func agreement(_ ratings: [Int]) -> Double {
    let n = Double(ratings.count)
    var counts: [Int: Double] = [:]
    for rating in ratings { counts[rating, default: 0] += 1 }
    return counts.values.reduce(0) { $0 + $1 * ($1 - 1) } / (n * (n - 1))
  }

  /// Fleiss' κ (Psychological Bulletin 76, 1971): chance is drawing from the overall distribution of ratings.
  ///
  /// Defined where every item has the same number of ratings; nil otherwise, and where all ratings are equal.
  package static func fleissKappa(_ table: RatingTable) -> Double? {
    guard let n = table.items.first?.count, table.items.allSatisfy({ $0.count == n }),
      let observed = percent(table)
    else { return nil }
    let expected = shares(table).reduce(0) { $0 + $1 * $1 }
    return expected < 1 ? (observed - expected) / (1 - expected) : nil
  }

  /// Gwet's AC1 (British Journal of Mathematical and Statistical Psychology 61, 2008): chance is
  /// Σ π(1 − π) / (q − 1) over the q categories of the scale, which stays small where nearly all ratings are alike;
  /// κ and α then fall although people agree.
  /// - Parameter categories: q, the number of categories there are, whether or not they occur.
  package static func gwetAC1(_ table: RatingTable, categories: Int) -> Double? {
    guard categories > 1, let observed = percent(table) else { return nil }
    // Here every item counts once, however many rated it.
    var shares: [Int: Double] = [:]
    for item in table.items {
      for rating in item {
        shares[rating, default: 0] += 1 / Double(item.count) / Double(table.items.count)
      }
    }
    let expected =
      shares.values.reduce(0) { $0 + $1 * (1 - $1) } / Double(categories - 1)
    return expected < 1 ? (observed - expected) / (1 - expected) : nil
  }

  /// The share of each value among all ratings.
  private static func shares(_ table: RatingTable) -> [Double] {
    var counts: [Int: Double] = [:]
    for rating in table.items.joined() { counts[rating, default: 0] += 1 }
    return counts.values.map { $0 / Double(table.ratingCount) }
  }
}
