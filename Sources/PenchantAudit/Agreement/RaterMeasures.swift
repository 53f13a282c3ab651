/// What can be told of one person from own judgements.
package enum RaterMeasures {
  /// Holm's correction (Scandinavian Journal of Statistics 6, 1979): p values in the order given, each made as large
  /// as the chance that any of them all would look so small.
  package static func holm(_ p: [Double]) -> [Double] {
    var corrected = p
    var largest = 0.0
    for (rank, index) in p.indices.sorted(by: { p[$0] < p[$1] }).enumerated() {
      largest = max(largest, min(1, p[index] * Double(p.count - rank)))
      corrected[index] = largest
    }
    return corrected
  }

  /// The same over those who have a test; who has none neither counts nor gets a value.
  package static func holm(_ p: [Double?]) -> [Double?] {
    var rest = holm(p.compactMap { $0 })[...]
    return p.map { $0 == nil ? nil : rest.popFirst() }
  }

  /// The longest run of equal values, and the chance that n fair choices between two hold a run as long.
  ///
  /// The chance is exact: of the sequences of n coins, those without a run of r are counted by the recurrence
  /// a(n) = a(n − 1) + … + a(n − r + 1).
  package static func longestRun(_ values: [Int]) -> (length: Int, p: Double) {
    var (longest, current) = (0, 0)
    for index in values.indices {
      current = index > 0 && values[index] == values[index - 1] ? current + 1 : 1
      longest = max(longest, current)
    }
    guard longest > 1 else { return (longest, 1) }
    return (longest, chanceOfRun(longest, in: values.count))
  }

  /// P(a run of at least r equal outcomes in n fair coins), r ≥ 2.
  static func chanceOfRun(_ r: Int, in n: Int) -> Double {
    // w[i]: share of the sequences of i coins whose runs are all shorter than r, by the length j of the last run:
    // w(i) = Σ_{j=1}^{r−1} w(i − j) 2^{−j}, where the first run may begin with either side.
    var without = [Double](repeating: 0, count: n + 1)
    without[0] = 2
    for i in stride(from: 1, through: n, by: 1) {
      var (sum, factor) = (0.0, 1.0)
      for j in stride(from: 1, through: min(r - 1, i), by: 1) {
        factor /= 2
        sum += without[i - j] * factor
        if factor < 1e-18 { break }
      }
      without[i] = sum
    }
    return max(0, 1 - without[n])
  }

  /// Milliseconds below which nobody can have read so many characters: 80 a second, a thousand English words a minute,
  /// three times a fast reader's pace.
  package static func floor(characters: Int) -> Double { Double(characters) / 80 * 1000 }
}
