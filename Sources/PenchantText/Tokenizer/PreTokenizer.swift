package import PenchantCore

/// Cuts text into the words that BPE merges within: a list of steps.
package struct PreTokenizer: Sendable {
  /// One step; a new kind is a case here and some lines in ``PreTokenizer/init(_:)``'s reading.
  enum Step: Sendable {
    case split(PatternSplit)
    /// Puts a space before each piece that does not begin with one.
    case prefixSpace
  }

  let steps: [Step]

  init(steps: [Step]) { self.steps = steps }

  /// Text and the pieces it is cut into, as byte ranges.
  struct Pieces {
    var text: [UInt8]
    var ranges: [Range<Int>]
  }

  /// Reads the content of `pre_tokenizer`.
  /// - Throws: ``TextError`` for a component that is malformed or not supported.
  package init(json: JSON) throws(TextError) {
    try self.init(TokenizerField(json, path: "pre_tokenizer"))
  }

  /// The pieces of a text, each spelled in the characters that stand for bytes (`Ġ` for a space).
  package func spelledPieces(of text: String) -> [String] {
    let pieces = pieces(of: Array(text.utf8))
    return pieces.ranges.map { ByteAlphabet.text(of: pieces.text[$0]) }
  }

  /// The pieces of a text.
  func pieces(of text: [UInt8]) -> Pieces {
    var pieces = Pieces(text: text, ranges: text.isEmpty ? [] : [0..<text.count])
    for step in steps {
      switch step {
      case .split(let split):
        var ranges: [Range<Int>] = []
        pieces.text.withUnsafeBufferPointer { text in
          for range in pieces.ranges { split.appendPieces(of: range, in: text, to: &ranges) }
        }
        pieces.ranges = ranges
      case .prefixSpace: Self.prefixSpaces(&pieces)
      }
    }
    return pieces
  }

  private static func prefixSpaces(_ pieces: inout Pieces) {
    let space = UInt8(ascii: " ")
    guard pieces.ranges.contains(where: { pieces.text[$0.lowerBound] != space }) else { return }
    var result = Pieces(text: [], ranges: [])
    for range in pieces.ranges {
      let start = result.text.count
      if pieces.text[range.lowerBound] != space { result.text.append(space) }
      result.text += pieces.text[range]
      result.ranges.append(start..<result.text.count)
    }
    pieces = result
  }
}
