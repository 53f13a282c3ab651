/// The words model's φ of an answer: 1 at the places its words are hashed to.
///
/// One value of this type compares many answers without making sets of them.
struct WordPlaces {
  /// Places there are.
  static let count = 1 << 16

  /// While two lists are compared: 1 of the first, 2 of the second, 3 of both, 4 of both and done; else 0. (count)
  private var seen = [UInt8](repeating: 0, count: count)

  /// Where an answer's words are, in their order, with repeats.
  static func of(_ text: [UInt8]) -> [UInt32] {
    WordHashes.of(text).map { UInt32(truncatingIfNeeded: $0 % UInt64(count)) }
  }

  /// The places of the first list alone, and those of the second alone, ascending.
  mutating func differences(
    _ first: [UInt32], _ second: [UInt32]
  ) -> (first: [UInt32], second: [UInt32]) {
    for place in first { seen[Int(place)] |= 1 }
    for place in second { seen[Int(place)] |= 2 }
    var result: (first: [UInt32], second: [UInt32]) = ([], [])
    // A word that comes again finds its place done.
    for place in first {
      switch seen[Int(place)] {
      case 1:
        result.first.append(place)
        seen[Int(place)] = 0
      case 3: seen[Int(place)] = 4
      default: break
      }
    }
    for place in second {
      if seen[Int(place)] == 2 { result.second.append(place) }
      seen[Int(place)] = 0
    }
    result.first.sort()
    result.second.sort()
    return result
  }
}
