import PenchantCore

/// The model of a tokenizer: cuts a word, or a whole text, into tokens of its vocabulary.
enum TokenModel: Sendable {
  case bytePair(BytePairModel)
  case unigram(UnigramModel)
  case wordPiece(WordPieceModel)
  case wordLevel(WordLevelModel)
  case markedWords(MarkedWordsModel)

  /// Reads `model`.
  /// - Parameter wordsAreBytes: words come as the bytes that the tokens' characters stand for.
  init(_ field: TokenizerField, wordsAreBytes: Bool) throws(TextError) {
    switch try Self.kind(of: field) {
    case "BPE": self = .bytePair(try BytePairModel(field, wordsAreBytes: wordsAreBytes))
    case "Unigram": self = .unigram(try UnigramModel(field))
    case "WordPiece": self = .wordPiece(try WordPieceModel(field))
    case "WordLevel": self = .wordLevel(try WordLevelModel(field))
    default: throw field.unsupportedComponent()
    }
  }

  /// The type; files from before 2020 leave it out, and what members there are tells it.
  static func kind(of field: TokenizerField) throws(TextError) -> String {
    _ = try field.object()
    if let type = field["type"] { return try type.string() }
    if field["vocab"]?.value.array != nil { return "Unigram" }
    if field["max_input_chars_per_word"] != nil { return "WordPiece" }
    return field["merges"] == nil && field["unk_token"] != nil ? "WordLevel" : "BPE"
  }

  var vocabulary: Vocabulary {
    switch self {
    case .bytePair(let model): model.vocabulary
    case .unigram(let model): model.vocabulary
    case .wordPiece(let model): model.vocabulary
    case .wordLevel(let model): model.vocabulary
    case .markedWords(let model): model.vocabulary
    }
  }

  /// Appends the tokens of one word.
  /// - Throws: ``TextError`` when something has no token, and the model no unknown token.
  @inline(__always)
  func encode(
    _ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]
  ) throws(TextError) {
    switch self {
    case .bytePair(let model): model.encode(word, into: &ids)
    case .unigram(let model): try model.encode(word, into: &ids)
    case .wordPiece(let model): model.encode(word, into: &ids)
    case .wordLevel(let model): try model.encode(word, into: &ids)
    case .markedWords(let model): model.encode(word, into: &ids)
    }
  }
}

extension TokenizerField {
  /// The id of the token that a member names; nil when the member is absent.
  func token(_ key: String, in vocabulary: Vocabulary) throws(TextError) -> Int32? {
    guard let field = self[key] else { return nil }
    let token = try field.string()
    guard let id = vocabulary.id(of: token) else {
      throw TextError(.unknownToken(path: field.path, token: token))
    }
    return id
  }
}

extension Vocabulary {
  /// Byte → the token `<0x41>` that stands for it, -1 where there is none.
  var byteFallbackTokens: [Int32] {
    (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return id(of: "<0x\(byte < 16 ? "0" : "")\(digits)>") ?? -1
    }
  }
}
