/// The sets of word 5-grams whose overlap says how alike two texts are.
package enum Shingles {
  static let width = 5

  /// Hashes of the different runs of five words; a shorter text is one shingle.
  static func of(_ texts: [[UInt8]]) -> [UInt32] {
    var shingles: Set<UInt32> = []
    for text in texts {
      let words = WordHashes.of(text)
      guard !words.isEmpty else { continue }
      for start in 0...max(0, words.count - width) {
        var hash: UInt64 = 0
        for word in words[start..<min(words.count, start + width)] {
          hash = WordHashes.mixed(hash &* 0x9e37_79b9_7f4a_7c15 &+ word)
        }
        shingles.insert(UInt32(truncatingIfNeeded: hash >> 32))
      }
    }
    return Array(shingles)
  }

  /// |A ∩ B| / |A ∪ B|.
  package static func jaccard(_ a: [UInt32], _ b: [UInt32]) -> Double {
    guard !a.isEmpty || !b.isEmpty else { return 0 }
    let known = Set(a)
    let shared = b.count { known.contains($0) }
    return Double(shared) / Double(a.count + b.count - shared)
  }
}
