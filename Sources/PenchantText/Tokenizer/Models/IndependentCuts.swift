/// Where a text can be cut so that encoding the parts gives the tokens of the whole.
///
/// A tokenizer without a pre-tokenizer merges across a whole text. But no merge of a published
/// vocabulary makes a token in which "▁", the mark of a space, follows another character (a few make
/// runs of it). Between such a pair nothing ever merges, so a cut there changes nothing, and words
/// that repeat need to be merged once only.
struct IndependentCuts: Sendable {
  /// "▁", U+2581.
  private static let marker: [UInt8] = [0xe2, 0x96, 0x81]

  /// Scalars after which a token of some merge has the marker.
  private let joining: Set<UInt32>

  /// Nil where cutting would not be safe: the marker is no token, a character can vanish, merges
  /// involve tokens that do not have the text they stand for, or depend on the place in the word.
  init?(_ vocabulary: Vocabulary, _ merges: MergeTable, _ symbols: WordSymbols) {
    guard !vocabulary.holdsBytes, !symbols.hasAffixes, symbols.dropsNothing,
      Self.marker.withUnsafeBufferPointer({ vocabulary.id(ofBytes: $0) }) != nil
    else { return nil }
    let substitutes = symbols.substitutes
    var joining: Set<UInt32> = []
    for (left, right, token) in merges.all {
      guard !substitutes.contains(left), !substitutes.contains(right) else { return nil }
      vocabulary.bytes(of: Int(token))?.withUnsafeBufferPointer { text in
        Self.forEachMarker(in: text) { joining.insert(scalar(before: $0, in: text).value) }
      }
    }
    self.joining = joining
  }

  /// Calls `body` with the place of every marker but one at the very beginning.
  private static func forEachMarker(
    in text: UnsafeBufferPointer<UInt8>, _ body: (Int) -> Void
  ) {
    var position = 1
    while position + 2 < text.count {
      if text[position] == marker[0], text[position + 1] == marker[1],
        text[position + 2] == marker[2]
      {
        body(position)
        position += 3
      } else {
        position += 1
      }
    }
  }

  /// Appends the parts of a range of the text.
  func appendParts(
    of range: Range<Int>, in text: UnsafeBufferPointer<UInt8>, to parts: inout [Range<Int>]
  ) {
    let part = UnsafeBufferPointer(rebasing: text[range])
    var start = 0
    Self.forEachMarker(in: part) { position in
      if !joining.contains(scalar(before: position, in: part).value) {
        parts.append(range.lowerBound + start..<range.lowerBound + position)
        start = position
      }
    }
    if start < part.count { parts.append(range.lowerBound + start..<range.upperBound) }
  }
}
