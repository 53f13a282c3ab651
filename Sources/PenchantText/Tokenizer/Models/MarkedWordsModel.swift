import PenchantCore

/// SentencePiece's WORD type: text is cut before the marks that stand for spaces, and a word is a token or unknown.
///
/// It is cut before them even where the normalizer makes marks suffixes; so does the library.
/// Unknown words that follow each other are one unknown token, or the bytes of all of them.
struct MarkedWordsModel: Sendable {
  let vocabulary: Vocabulary
  private let unknown: Int32
  /// Byte → its token; empty without byte fallback.
  private let byteTokens: [Int32]

  private static let mark = Array("▁".utf8)

  /// - Parameter unknown: the id of the unknown piece; nil is an error unless bytes stand in.
  init(
    _ tokens: [String], unknown: Int?, fallsBackToBytes: Bool
  ) throws(TextError) {
    vocabulary = try Vocabulary(tokens)
    guard let unknown else { throw TextError(.noUnknownToken) }
    self.unknown = Int32(unknown)
    let bytes = fallsBackToBytes ? vocabulary.byteFallbackTokens : []
    byteTokens = bytes.contains(-1) ? [] : bytes
  }

  /// Appends the tokens of a whole text.
  func encode(_ text: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    var start = 0
    var position = 0
    var followsUnknown = false
    func isMark(at place: Int) -> Bool {
      place + Self.mark.count <= text.count && text[place..<place + 3].elementsEqual(Self.mark)
    }
    func end(_ end: Int) {
      guard end > start else { return }
      let word = UnsafeBufferPointer(rebasing: text[start..<end])
      start = end
      if let id = vocabulary.id(ofBytes: word) {
        ids.append(id)
        followsUnknown = false
      } else if byteTokens.isEmpty {
        if !followsUnknown { ids.append(unknown) }
        followsUnknown = true
      } else {
        for byte in word { ids.append(byteTokens[Int(byte)]) }
      }
    }
    while position < text.count {
      guard isMark(at: position) else {
        position += 1
        continue
      }
      end(position)
      position += Self.mark.count
    }
    end(text.count)
  }
}
