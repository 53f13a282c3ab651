/// Decodes token ids one by one, giving out whole characters only.
///
/// A token can end in the middle of a character, and some decoders look at neighbouring tokens; what
/// is not certain waits. What comes out over time is together what
/// ``Tokenizer/decode(_:skipSpecialTokens:)`` gives for all ids, which is the same at once.
package struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  private var stages: [DecoderStage] = []

  init(tokenizer: Tokenizer, skipsSpecialTokens: Bool) {
    self.tokenizer = tokenizer
    self.skipsSpecialTokens = skipsSpecialTokens
    restart()
  }

  private mutating func restart() {
    var isJoined = false
    let stages = tokenizer.decoder.stages
    self.stages = stages.enumerated().map { index, stage in
      defer {
        switch stage {
        case .byteLevel, .fuse: isJoined = true
        default: break
        }
      }
      return DecoderStage(
        stage, isJoined: isJoined, getsBytes: index == 0 && tokenizer.decoder.takesBytes)
    }
  }

  /// The text that is certain with this id; empty while something waits, and for an unknown id.
  package mutating func append(_ id: Int32) -> String {
    var bytes: [UInt8] = []
    append(id, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func append(_ id: Int32, to result: inout [UInt8]) {
    if skipsSpecialTokens, tokenizer.isSpecial(id) { return }
    guard let piece = tokenizer.piece(of: id) else { return }
    pass(piece, to: 0, &result)
  }

  /// What is left, an unfinished character as U+FFFD; the decoder is then as new.
  package mutating func finish() -> String {
    var bytes: [UInt8] = []
    finish(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func finish(to result: inout [UInt8]) {
    for index in stages.indices {
      var pieces: [[UInt8]] = []
      stages[index].finish { pieces.append($0) }
      for piece in pieces { pass(piece, to: index + 1, &result) }
    }
    restart()
  }

  /// Hands a piece to a stage and what comes out to the next; after the last it is text.
  private mutating func pass(_ piece: [UInt8], to index: Int, _ result: inout [UInt8]) {
    guard index < stages.count else {
      result += piece
      return
    }
    var pieces: [[UInt8]] = []
    stages[index].accept(piece) { pieces.append($0) }
    for piece in pieces { pass(piece, to: index + 1, &result) }
  }
}
