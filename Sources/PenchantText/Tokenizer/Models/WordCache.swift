/// The tokens of words met before, for one call of the encoder.
///
/// Text repeats its words; looking one up is cheaper than merging it again. The cache belongs to
/// one call, so nothing is shared between threads, and stops growing at a fixed number of words.
struct WordCache {
  /// Longer words seldom come back.
  private static let longestWord = 48
  private static let wordLimit = 1 << 16

  private struct Word {
    var hash: UInt64
    var start: UInt32
    var length: UInt32
    var idStart: UInt32
    var idCount: UInt32
  }

  private var words: [Word] = []
  private var bytes: [UInt8] = []
  private var ids: [Int32] = []
  /// Hash slots → index of a word, -1 where free.
  private var slots = [Int32](repeating: -1, count: 256)

  /// Appends the tokens that the model makes of a word.
  mutating func append(
    _ word: UnsafeBufferPointer<UInt8>, model: TokenModel, to result: inout [Int32]
  ) throws(TextError) {
    guard word.count <= Self.longestWord else {
      try model.encode(word, into: &result)
      return
    }
    let hash = ByteHash.of(word)
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] >= 0 {
      let known = words[Int(slots[slot])]
      if known.hash == hash, isEqual(known, word) {
        let start = Int(known.idStart)
        for index in start..<start + Int(known.idCount) { result.append(ids[index]) }
        return
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    let start = result.count
    try model.encode(word, into: &result)
    guard words.count < Self.wordLimit else { return }
    slots[slot] = Int32(words.count)
    words.append(
      Word(
        hash: hash, start: UInt32(bytes.count), length: UInt32(word.count),
        idStart: UInt32(ids.count), idCount: UInt32(result.count - start)))
    bytes.append(contentsOf: word)
    ids.append(contentsOf: result[start...])
    if words.count * 2 > slots.count { grow() }
  }

  private func isEqual(_ known: Word, _ word: UnsafeBufferPointer<UInt8>) -> Bool {
    guard Int(known.length) == word.count else { return false }
    let start = Int(known.start)
    return bytes.withUnsafeBufferPointer { buffer in
      for index in 0..<word.count where buffer[start + index] != word[index] { return false }
      return true
    }
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for (index, word) in words.enumerated() {
      var slot = Int(truncatingIfNeeded: word.hash) & (slots.count - 1)
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(index)
    }
  }
}
