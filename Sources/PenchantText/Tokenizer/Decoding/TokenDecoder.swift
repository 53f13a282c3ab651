import PenchantCore

/// What turns tokens back into text: a chain of stages, each of which gets pieces of text in order.
struct TokenDecoder: Sendable {
  /// One stage; a new kind is a case here, lines in `read` and a way to run it in ``DecoderStage``.
  enum Stage: Sendable {
    /// Joins everything; characters stand for bytes, which need not be UTF-8.
    case byteLevel
    /// Makes marks spaces; those of the first piece vanish if `dropsFirst`.
    case metaspace(mark: [UInt8], dropsFirst: Bool)
    /// Pieces like `<0x41>` are bytes.
    case byteFallback
    case fuse
    /// Takes up to some copies of a character from the ends of each piece.
    case strip(content: [UInt8], start: Int, stop: Int)
    case replace(Replacement)
    /// A space before each piece but the first, unless it begins with the prefix.
    case wordPiece(prefix: [UInt8], cleansUp: Bool)
    /// The suffix becomes a space, in the last piece nothing.
    case bytePair(suffix: [UInt8])
    /// Repeated pieces count once, and pads vanish.
    case ctc(pad: [UInt8], delimiter: [UInt8], cleansUp: Bool)
    /// A space between tokens: what the library does without a decoder.
    case join
  }

  let stages: [Stage]

  init(stages: [Stage]) { self.stages = stages }

  /// Reads `decoder`, which may be absent.
  init(_ field: TokenizerField?) throws(TextError) {
    var stages: [Stage] = []
    if let field { try Self.read(field, into: &stages) } else { stages = [.join] }
    self.stages = stages
  }

  private static func read(_ field: TokenizerField, into stages: inout [Stage]) throws(TextError) {
    func text(_ key: String, default: String) throws(TextError) -> [UInt8] {
      Array(try (field[key]?.string() ?? `default`).utf8)
    }
    switch try field.type() {
    case "ByteLevel": stages.append(.byteLevel)
    case "Metaspace":
      let metaspace = try Metaspace(field)
      stages.append(.metaspace(mark: metaspace.mark, dropsFirst: metaspace.scheme != .never))
    case "ByteFallback": stages.append(.byteFallback)
    case "Fuse": stages.append(.fuse)
    case "Strip":
      stages.append(
        .strip(
          content: try field.required("content").character(),
          start: try field.required("start").count(), stop: try field.required("stop").count()))
    case "Replace": stages.append(.replace(try Replacement(field)))
    case "WordPiece":
      stages.append(
        .wordPiece(
          prefix: try text("prefix", default: "##"),
          cleansUp: try field.flag("cleanup", default: true)))
    case "BPEDecoder": stages.append(.bytePair(suffix: try text("suffix", default: "</w>")))
    case "CTC":
      stages.append(
        .ctc(
          pad: try text("pad_token", default: "<pad>"),
          delimiter: try text("word_delimiter_token", default: "|"),
          cleansUp: try field.flag("cleanup", default: true)))
    case "Sequence":
      for part in try field.required("decoders").array() { try read(part, into: &stages) }
    default: throw field.unsupportedComponent()
    }
  }

  /// Whether tokens go in as the bytes that their characters stand for.
  var takesBytes: Bool {
    if case .byteLevel = stages.first { true } else { false }
  }
}

extension TokenizerField {
  /// A whole number that is not negative.
  func count() throws(TextError) -> Int {
    let count = try int()
    guard count >= 0 else { throw wrongType("a count") }
    return count
  }
}
