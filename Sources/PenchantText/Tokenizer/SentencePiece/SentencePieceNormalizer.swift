/// SentencePiece's own normalizer: its character map, what it does with spaces, and the mark that
/// stands for them.
struct SentencePieceNormalizer: Sendable {
  let characters: CharacterMap?
  /// Texts that are left as they are.
  let userDefined: PrefixTree
  /// Puts a mark before the text (or after it, if marks are suffixes).
  let addsMark: Bool
  /// Does so for every part between added tokens, not only for the one at the beginning.
  let addsMarkEverywhere: Bool
  let removesExtraSpaces: Bool
  /// Spaces become the mark "▁".
  let escapesSpaces: Bool
  let marksAreSuffixes: Bool

  private static let space = UInt8(ascii: " ")

  func apply(to text: inout NormalizedText) {
    let isFirst = text.originCount > 0
    text.replace(
      with: normalized(text.bytes, addsMark: addsMark && (isFirst || addsMarkEverywhere)),
      originCount: 0)
  }

  private func normalized(_ bytes: [UInt8], addsMark: Bool) -> [UInt8] {
    let mark = escapesSpaces ? Array("▁".utf8) : [Self.space]
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 2 + mark.count)
    var isEmpty = true
    bytes.withUnsafeBufferPointer { text in
      var position = 0
      while removesExtraSpaces, position < text.count {
        let (replacement, end) = replacement(in: text, at: position)
        guard replacement.elementsEqual([Self.space]) else { break }
        position = end
      }
      isEmpty = position == text.count
      if addsMark, !marksAreSuffixes, !isEmpty { result += mark }
      var followsSpace = removesExtraSpaces
      while position < text.count {
        var (replacement, end) = replacement(in: text, at: position)
        if followsSpace { replacement = replacement.drop { $0 == Self.space } }
        for byte in replacement {
          if byte == Self.space { result += mark } else { result.append(byte) }
        }
        if let last = replacement.last { followsSpace = last == Self.space && removesExtraSpaces }
        position = end
      }
    }
    guard !isEmpty else { return [] }
    while removesExtraSpaces, result.count >= mark.count, result.suffix(mark.count) == mark[...] {
      result.removeLast(mark.count)
    }
    if addsMark, marksAreSuffixes { result += mark }
    return result
  }

  /// What the text at a place becomes, and where that place ends.
  private func replacement(
    in text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (ArraySlice<UInt8>, end: Int) {
    if let (_, end) = userDefined.longestPrefix(of: text, at: start) {
      return (Array(text[start..<end])[...], end)
    }
    if let (replacement, end) = characters?.longestEntry(of: text, at: start) {
      return (replacement, end)
    }
    let end = start + scalar(at: start, in: text).length
    return (Array(text[start..<end])[...], end)
  }
}
