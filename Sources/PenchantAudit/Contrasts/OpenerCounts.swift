/// How often answers begin with a run of one to four words, on one side only.
struct OpenerCounts: Sendable {
  /// Pairs whose chosen, and whose rejected answer alone begins so.
  struct Sides: Sendable {
    var chosen: UInt32 = 0
    var rejected: UInt32 = 0
  }

  private(set) var sides: [UInt64: Sides] = [:]

  static let longest = 4

  mutating func add(_ text: PairText) {
    let chosen = Opener.hashes(text.chosen)
    let rejected = Opener.hashes(text.rejected)
    for hash in chosen where !rejected.contains(hash) { sides[hash, default: Sides()].chosen += 1 }
    for hash in rejected where !chosen.contains(hash) {
      sides[hash, default: Sides()].rejected += 1
    }
  }

  mutating func merge(_ other: OpenerCounts) {
    sides.merge(other.sides) {
      Sides(chosen: $0.chosen + $1.chosen, rejected: $0.rejected + $1.rejected)
    }
  }
}

/// The first words of an answer.
enum Opener {
  /// The words an answer begins with, with the punctuation behind them, in lower case.
  static func words(_ text: [UInt8]) -> [[UInt8]] {
    var words: [[UInt8]] = []
    var word: [UInt8] = []
    for byte in Array(text.trimmed.prefix(120)).lowercasedPrefix(120) {
      if byte.isSpace {
        if !word.isEmpty { words.append(word) }
        word = []
        if words.count == OpenerCounts.longest { break }
      } else {
        word.append(byte)
      }
    }
    if words.count < OpenerCounts.longest, !word.isEmpty { words.append(word) }
    return words
  }

  /// A hash for each length.
  static func hashes(_ text: [UInt8]) -> [UInt64] {
    var hash: UInt64 = 0
    return words(text).map { word in
      for byte in word { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
      hash = WordHashes.mixed(hash &+ 0x9e37_79b9_7f4a_7c15)
      return hash
    }
  }
}
