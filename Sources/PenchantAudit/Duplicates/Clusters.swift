/// Texts that are nearly the same, put together.
struct Clusters {
  /// The first member of each text's cluster; a text alone is its own.
  private(set) var first: [Int]

  /// - Parameters:
  ///   - count: of texts.
  ///   - keys: band keys of a text, none for one without words.
  ///   - shingles: of a text, to decide what the bands propose.
  init(
    count: Int, threshold: Double, keys: [[UInt32]], bands: Int, shingles: (Int) -> [UInt32]
  ) {
    first = Array(0..<count)
    var known: (index: Int, shingles: [UInt32])?
    for band in 0..<bands {
      var seen: [UInt32: Int] = [:]
      seen.reserveCapacity(count)
      for index in 0..<count where band < keys[index].count {
        guard let earlier = seen[keys[index][band]] else {
          seen[keys[index][band]] = index
          continue
        }
        guard root(index) != root(earlier) else { continue }
        // A bucket's first text is compared with many.
        if known?.index != earlier { known = (earlier, shingles(earlier)) }
        guard let known, Shingles.jaccard(known.shingles, shingles(index)) >= threshold else {
          continue
        }
        let (a, b) = (root(index), root(earlier))
        first[max(a, b)] = min(a, b)
      }
    }
    for index in 0..<count { first[index] = root(index) }
  }

  private func root(_ index: Int) -> Int {
    var index = index
    while first[index] != index { index = first[index] }
    return index
  }

  /// Clusters of two and more, by their first member.
  var groups: [[Int]] {
    Dictionary(grouping: first.indices, by: { first[$0] }).values.filter { $0.count > 1 }
      .sorted { $0[0] < $1[0] }
  }
}
