/// What a `tokenizer.model` says: the fields of SentencePiece's ModelProto that encoding needs.
struct SentencePieceFile {
  struct Piece {
    enum Kind: Int { case normal = 1, unknown, control, userDefined, unused, byte }

    var text = ""
    var score: Float = 0
    var kind = Kind.normal

    /// Whether text is cut into it.
    var isRegular: Bool { kind == .normal || kind == .userDefined || kind == .unused }
  }

  private(set) var pieces: [Piece] = []
  /// 1 Unigram, 2 BPE, 3 words, 4 characters.
  private(set) var modelType = 1
  private(set) var fallsBackToBytes = false
  private(set) var marksAreSuffixes = false
  private(set) var beginID = 1
  private(set) var endID = 2
  private(set) var characters: CharacterMap?
  private(set) var addsMark = true
  private(set) var removesExtraSpaces = true
  private(set) var escapesSpaces = true

  init(_ bytes: [UInt8]) throws(TextError) {
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      switch field {
      case 1: pieces.append(try Self.piece(reader.message(value)))
      case 2: try readTrainer(reader.message(value))
      case 3: try readNormalizer(reader.message(value))
      default: break
      }
    }
    guard !pieces.isEmpty else { throw TextError(.malformedSentencePiece(offset: bytes.count)) }
  }

  private static func piece(_ message: ProtobufReader) throws(TextError) -> Piece {
    var reader = message
    var piece = Piece()
    while let (field, value) = try reader.next() {
      switch field {
      case 1: piece.text = try reader.string(value)
      case 2: piece.score = try reader.float(value)
      case 3:
        guard let kind = Piece.Kind(rawValue: try reader.number(value)) else {
          throw TextError(.malformedSentencePiece(offset: reader.position))
        }
        piece.kind = kind
      default: break
      }
    }
    return piece
  }

  private mutating func readTrainer(_ message: ProtobufReader) throws(TextError) {
    var reader = message
    while let (field, value) = try reader.next() {
      switch field {
      case 3: modelType = try reader.number(value)
      case 24: marksAreSuffixes = try reader.number(value) != 0
      case 35: fallsBackToBytes = try reader.number(value) != 0
      case 41: beginID = try reader.number(value)
      case 42: endID = try reader.number(value)
      default: break
      }
    }
  }

  private mutating func readNormalizer(_ message: ProtobufReader) throws(TextError) {
    var reader = message
    while let (field, value) = try reader.next() {
      switch field {
      case 2:
        guard case .bytes(let range) = value else { continue }
        if range.isEmpty { continue }
        guard let map = CharacterMap(Array(reader.bytes[range])) else {
          throw TextError(.malformedSentencePiece(offset: range.lowerBound))
        }
        characters = map
      case 3: addsMark = try reader.number(value) != 0
      case 4: removesExtraSpaces = try reader.number(value) != 0
      case 5: escapesSpaces = try reader.number(value) != 0
      default: break
      }
    }
  }
}
