package import PenchantCore

/// Cuts text into the words that the model cuts into tokens: a list of steps, often empty.
package struct PreTokenizer: Sendable {
  /// One step; a new kind is a case here and some lines in ``PreTokenizer/init(_:)``'s reading.
  enum Step: Sendable {
    case split(PatternSplit)
    /// Puts a space before each piece that does not begin with one.
    case prefixSpace
    case metaspace(Metaspace)
    /// Spells each byte by its character of ``ByteAlphabet``.
    case byteAlphabet
    /// Splits where the script changes.
    case scripts
    /// Cuts after every so many characters.
    case fixedLength(Int)
  }

  private(set) var steps: [Step]

  init(steps: [Step]) { self.steps = steps }

  /// Whether the last thing that happens is that bytes are spelled by characters.
  var endsInByteAlphabet: Bool {
    if case .byteAlphabet = steps.last { true } else { false }
  }

  /// Leaves the last step out, so that pieces are bytes.
  var withoutLastStep: PreTokenizer { PreTokenizer(steps: steps.dropLast()) }

  /// Text and the pieces it is cut into, as byte ranges.
  struct Pieces {
    var text: [UInt8]
    var ranges: [Range<Int>]
    /// How many bytes at the beginning come from the first character of the whole text.
    var originCount: Int

    init(text: [UInt8], originCount: Int) {
      self.text = text
      ranges = text.isEmpty ? [] : [0..<text.count]
      self.originCount = originCount
    }

    /// Replaces the text of each piece by what `body` appends for it, given whether the piece begins
    /// where the whole text does.
    mutating func respell(_ body: (ArraySlice<UInt8>, Bool, inout [UInt8]) -> Void) {
      var result: [UInt8] = []
      result.reserveCapacity(text.count + text.count / 4 + 16)
      var origin = 0
      for (index, range) in ranges.enumerated() {
        let start = result.count
        let isOrigin = range.lowerBound < originCount
        body(text[range], isOrigin, &result)
        ranges[index] = start..<result.count
        if isOrigin, start == 0, !result.isEmpty {
          origin = result.withUnsafeBufferPointer { scalar(at: 0, in: $0).length }
        }
      }
      text = result
      originCount = origin
    }

    /// Cuts each piece into those that `body` appends.
    mutating func cut(
      _ body: (Range<Int>, UnsafeBufferPointer<UInt8>, inout [Range<Int>]) -> Void
    ) {
      var result: [Range<Int>] = []
      text.withUnsafeBufferPointer { text in
        for range in ranges { body(range, text, &result) }
      }
      ranges = result
    }
  }

  /// Reads the content of `pre_tokenizer`.
  /// - Throws: ``TextError`` for a component that is malformed or not supported.
  package init(json: JSON) throws(TextError) {
    try self.init(TokenizerField(json, path: "pre_tokenizer"))
  }

  /// The pieces of a text, spelled as the model sees them.
  package func spelledPieces(of text: String) -> [String] {
    let pieces = pieces(of: Array(text.utf8), originCount: text.isEmpty ? 0 : 1)
    return pieces.ranges.map { String(decoding: pieces.text[$0], as: UTF8.self) }
  }

  /// The pieces of a text.
  /// - Parameter originCount: how many bytes at its beginning come from the first character of the
  ///   whole text; 0 for a part from the middle.
  func pieces(of text: [UInt8], originCount: Int) -> Pieces {
    var pieces = Pieces(text: text, originCount: originCount)
    for step in steps {
      switch step {
      case .split(let split):
        pieces.cut { split.appendPieces(of: $0, in: $1, to: &$2) }
      case .prefixSpace: Self.prefixSpaces(&pieces)
      case .metaspace(let metaspace): metaspace.apply(to: &pieces)
      case .byteAlphabet:
        pieces.respell { text, _, result in result += ByteAlphabet.spelling(of: text) }
      case .scripts: pieces.cut { ScriptSplit.appendPieces(of: $0, in: $1, to: &$2) }
      case .fixedLength(let length):
        pieces.cut { Self.appendChunks(of: $0, in: $1, length: length, to: &$2) }
      }
    }
    return pieces
  }

  private static func prefixSpaces(_ pieces: inout Pieces) {
    let space = UInt8(ascii: " ")
    guard pieces.ranges.contains(where: { pieces.text[$0.lowerBound] != space }) else { return }
    pieces.respell { text, _, result in
      if text.first != space { result.append(space) }
      result += text
    }
  }

  private static func appendChunks(
    of range: Range<Int>, in text: UnsafeBufferPointer<UInt8>, length: Int,
    to pieces: inout [Range<Int>]
  ) {
    var start = range.lowerBound
    var end = start
    var count = 0
    while end < range.upperBound {
      end += scalar(at: end, in: text).length
      count += 1
      if count == length || end == range.upperBound {
        pieces.append(start..<end)
        start = end
        count = 0
      }
    }
  }
}
