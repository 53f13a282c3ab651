import PenchantData

/// Answers that differ in a few characters.
struct NearIdenticalCheck: RowCheck {
  let check = Check(
    "near-identical", .warn, "chosen and rejected are nearly the same",
    measures: "the two answers of a pair, at most 8000 bytes each",
    formula: "1 − d / max(m, n) with the Levenshtein distance d over bytes",
    threshold: "above 0.95, and not identical",
    why:
      "Pushing one down pushes the other down too (likelihood displacement, Razin et al. 2410.08847): refusals fell from 74 % to 33 %.",
    remedy: "Drop them unless the small difference is the point.")

  static let threshold = 0.95
  private static let longest = 8000

  func problem(of row: PairText) -> String? {
    let (a, b) = (row.chosen, row.rejected)
    let longer = max(a.count, b.count)
    guard longer >= 40, longer <= Self.longest, !row.pair.isIdentical else { return nil }
    let limit = Int(Double(longer) * (1 - Self.threshold))
    guard EditDistance.bounded(a, b, limit: limit) != nil else { return nil }
    return "differ in at most \(limit) of \(longer) bytes"
  }
}

/// Levenshtein's distance where it is small.
enum EditDistance {
  /// The distance, nil where it is above `limit`; time is length × `limit` at most.
  static func bounded(_ a: [UInt8], _ b: [UInt8], limit: Int) -> Int? {
    guard abs(a.count - b.count) <= limit else { return nil }
    var counts = [Int](repeating: 0, count: 256)
    for byte in a { counts[Int(byte)] += 1 }
    for byte in b { counts[Int(byte)] -= 1 }
    // Each edit changes the counts by at most two.
    guard counts.reduce(0, { $0 + abs($1) }) <= 2 * limit else { return nil }
    var start = 0
    while start < a.count, start < b.count, a[start] == b[start] { start += 1 }
    var (endA, endB) = (a.count, b.count)
    while endA > start, endB > start, a[endA - 1] == b[endB - 1] {
      (endA, endB) = (endA - 1, endB - 1)
    }
    return banded(Array(a[start..<endA]), Array(b[start..<endB]), limit)
  }

  /// Rows of the table, only the diagonals within the limit.
  private static func banded(_ a: [UInt8], _ b: [UInt8], _ limit: Int) -> Int? {
    let far = limit + 1
    var previous = (0...b.count).map { min($0, far) }
    var current = previous
    for i in 0..<a.count {
      let (low, high) = (max(0, i - limit), min(b.count - 1, i + limit))
      current[low] = low == 0 ? min(i + 1, far) : far
      var best = current[low]
      if low <= high {
        for j in low...high {
          let right = j + 1 <= i + limit ? previous[j + 1] : far
          let value = min(
            previous[j] + (a[i] == b[j] ? 0 : 1), min(current[j], right) + 1)
          current[j + 1] = min(value, far)
          best = min(best, value)
        }
      }
      if best > limit { return nil }
      swap(&previous, &current)
    }
    return previous[b.count] <= limit ? previous[b.count] : nil
  }
}
