import PenchantCore

/// SentencePiece's precompiled character map: texts and what they are replaced by.
///
/// The bytes are a little-endian count, a double-array trie of that many bytes (32-bit units, as
/// Darts-clone lays them out), and the replacements, each ended by a zero byte.
struct CharacterMap: Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// Reads the base64 of a map.
  init(_ field: TokenizerField) throws(TextError) {
    guard let bytes = Base64.decode(try field.string()), let map = CharacterMap(bytes) else {
      throw field.wrongType("a precompiled character map in base64")
    }
    self = map
  }

  /// Nil when the lengths do not fit.
  init?(_ bytes: [UInt8]) {
    func word(at offset: Int) -> UInt32 {
      bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard bytes.count >= 4 else { return nil }
    let size = Int(word(at: 0))
    guard size.isMultiple(of: 4), size > 0, size <= bytes.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(word(at:))
    replacements = Array(bytes[(4 + size)...])
  }

  /// Calls `body` for each entry that the text has at `start`, shortest first: where the replacement
  /// begins, and where the entry ends.
  private func forEachEntry(
    of text: UnsafeBufferPointer<UInt8>, at start: Int, _ body: (Int, Int) -> Bool
  ) {
    // Everything is checked: a file can hold any numbers.
    func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 0x200) >> 6) }
    guard let root = units.first else { return }
    var node = offset(root)
    var position = start
    while position < text.count, text[position] != 0 {
      let byte = Int(text[position])
      node ^= byte
      guard node < units.count else { return }
      let unit = units[node]
      guard unit & 0x8000_00ff == UInt32(byte) else { return }
      node ^= offset(unit)
      position += 1
      if unit & 0x100 != 0 {
        guard node < units.count else { return }
        guard body(Int(units[node] & 0x7fff_ffff), position) else { return }
      }
    }
  }

  private func replacement(at index: Int) -> ArraySlice<UInt8>? {
    guard index <= replacements.count else { return nil }
    return replacements[index...].prefix { $0 != 0 }
  }

  /// The replacement of the longest entry at a place, and where the entry ends.
  func longestEntry(
    of text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (replacement: ArraySlice<UInt8>, end: Int)? {
    var found: (Int, Int)?
    forEachEntry(of: text, at: start) {
      found = ($0, $1)
      return true
    }
    guard let found, let replacement = replacement(at: found.0) else { return nil }
    return (replacement, found.1)
  }

  /// What the `tokenizers` library makes of a text: a short cluster of characters, or else each of its
  /// characters, is replaced by what the *shortest* entry at its beginning says.
  func normalized(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { text in
      for cluster in GraphemeClusters(text) {
        var start = cluster.lowerBound
        if cluster.count < Self.longCluster, let replacement = shortestEntry(text, cluster) {
          append(replacement, to: &result)
          continue
        }
        while start < cluster.upperBound {
          let end = start + scalar(at: start, in: text).length
          if let replacement = shortestEntry(text, start..<end) {
            append(replacement, to: &result)
          } else {
            result += text[start..<end]
          }
          start = end
        }
      }
    }
    return result
  }

  /// Clusters of this many bytes are never looked up as a whole.
  private static let longCluster = 6

  private func append(_ replacement: ArraySlice<UInt8>, to result: inout [UInt8]) {
    result += Array(String(decoding: replacement, as: UTF8.self).utf8)
  }

  private func shortestEntry(
    _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> ArraySlice<UInt8>? {
    var index: Int?
    let part = UnsafeBufferPointer(rebasing: text[range])
    forEachEntry(of: part, at: 0) { found, _ in
      index = found
      return false
    }
    return index.flatMap(replacement(at:))
  }
}
