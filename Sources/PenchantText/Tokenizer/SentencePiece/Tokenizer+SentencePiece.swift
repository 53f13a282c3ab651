import PenchantCore

extension Tokenizer {
  /// Reads a SentencePiece `tokenizer.model`, of any of its four types.
  ///
  /// Text is encoded as the `sentencepiece` library encodes it, except that control pieces (`<s>`),
  /// and tokens that the configuration adds, are found in text, as Transformers does: a chat
  /// template writes them there. As with Transformers' `legacy=False` the mark of a space is put
  /// before a text that does not begin with such a token, and not after tokens.
  /// - Parameter configuration: of the `tokenizer_config.json` beside it: added tokens, and whether
  ///   the beginning and end of a text have tokens (a beginning, no end unless it says so).
  /// - Throws: ``TextError`` for a file that is malformed or of no known type.
  package init(
    sentencePiece bytes: [UInt8], configuration: TokenizerConfiguration
  ) throws(TextError) {
    let file = try SentencePieceFile(bytes)
    let model: TokenModel
    switch file.modelType {
    case 1: model = .unigram(try UnigramModel(file))
    // Characters are byte pairs of which none ever merges.
    case 2, 4: model = .bytePair(try BytePairModel(file))
    case 3:
      model = .markedWords(
        try MarkedWordsModel(
          file.pieces.map(\.text), unknown: file.unknownID,
          fallsBackToBytes: file.fallsBackToBytes))
    default:
      throw TextError(
        .unsupportedComponent(path: "tokenizer.model", type: "model type \(file.modelType)"))
    }
    let frozen = file.pieces.enumerated().filter { $0.element.kind == .userDefined }
    let normalizer = Normalizer(steps: [
      .sentencePiece(
        SentencePieceNormalizer(
          characters: file.characters,
          userDefined: PrefixTree(
            frozen.map { (Array($0.element.text.utf8)[...], Int32($0.offset)) }),
          addsMark: file.addsMark, addsMarkEverywhere: configuration.isLegacy,
          removesExtraSpaces: file.removesExtraSpaces, escapesSpaces: file.escapesSpaces,
          marksAreSuffixes: file.marksAreSuffixes))
    ])
    let added = try AddedVocabulary(
      TokenizerField(.array(file.addedTokens + configuration.addedTokens), path: "added_tokens"),
      vocabulary: model.vocabulary, normalizer: Normalizer(steps: []))
    func token(_ id: Int, isWanted: Bool) -> [PostProcessor.Part] {
      isWanted && file.pieces.indices.contains(id) ? [.special([Int32(id)])] : []
    }
    let template =
      token(file.beginID, isWanted: configuration.addsBOS ?? true) + [.text]
      + token(file.endID, isWanted: configuration.addsEOS ?? false)
    var stages: [TokenDecoder.Stage] = [.replace(Replacement("▁", with: " "))]
    if file.fallsBackToBytes { stages.append(.byteFallback) }
    stages.append(.fuse)
    if file.addsMark {
      stages.append(
        .strip(
          content: [UInt8(ascii: " ")], start: file.marksAreSuffixes ? 0 : 1,
          stop: file.marksAreSuffixes ? 1 : 0))
    }
    try self.init(
      normalizer: normalizer, preTokenizer: PreTokenizer(steps: []), model: model, added: added,
      postProcessor: PostProcessor(templates: template.count > 1 ? [template] : []),
      decoder: TokenDecoder(stages: stages), notes: added.notes)
  }
}

extension SentencePieceFile {
  /// The pieces that are found in text before it is cut, as `added_tokens` has them: control pieces
  /// and the unknown one in the text as it came, for BPE and characters user-defined ones after normalisation.
  fileprivate var addedTokens: [JSON] {
    pieces.enumerated().compactMap { id, piece in
      let isFrozen = piece.kind == .userDefined && (modelType == 2 || modelType == 4)
      guard isFrozen || piece.kind == .control || piece.kind == .unknown else { return nil }
      return [
        "id": .number(JSONNumber(id)), "content": .string(piece.text),
        "special": .bool(!isFrozen), "normalized": .bool(isFrozen),
      ]
    }
  }

  fileprivate var unknownID: Int? { pieces.firstIndex { $0.kind == .unknown } }
}

extension BytePairModel {
  /// Two pieces merge when what they make together is a piece: that of the highest score first, and
  /// the leftmost of equals.
  fileprivate init(_ file: SentencePieceFile) throws(TextError) {
    let pieces = file.pieces
    guard !pieces.contains(where: { $0.kind == .unused }) else {
      throw TextError(.unsupportedOption(path: "tokenizer.model", value: "unused pieces"))
    }
    let vocabulary = try Vocabulary(pieces.map(\.text))
    let scores = Set(pieces.map(\.score)).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: scores.enumerated().map { ($1, Int32($0)) })
    var found: [(left: Int32, right: Int32, merge: MergeTable.Merge)] = []
    func regular(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
      guard let id = vocabulary.id(ofBytes: bytes), pieces[Int(id)].isRegular else { return nil }
      return id
    }
    for (id, piece) in pieces.enumerated() where piece.isRegular {
      withUTF8(of: piece.text) { text in
        // A piece is short, but nothing makes it so.
        guard regular(text) == Int32(id), text.count <= Self.longestPiece else { return }
        var cut = 0
        while cut < text.count {
          cut += scalar(at: cut, in: text).length
          if cut < text.count, let left = regular(UnsafeBufferPointer(rebasing: text[..<cut])),
            let right = regular(UnsafeBufferPointer(rebasing: text[cut...]))
          {
            let merge = MergeTable.Merge(rank: ranks[piece.score] ?? 0, token: Int32(id))
            found.append((left, right, merge))
          }
        }
      }
    }
    var merges = MergeTable(capacity: found.count)
    for (left, right, merge) in found { merges.insert(left, right, merge) }
    let symbols = WordSymbols(
      vocabulary, fallsBackToBytes: file.fallsBackToBytes,
      unknown: file.unknownID.map { Int32($0) }, fusesUnknown: true)
    self.init(vocabulary, merges, symbols)
  }

  /// In bytes; SentencePiece makes pieces of at most some tens.
  private static let longestPiece = 4096
}

extension UnigramModel {
  fileprivate init(_ file: SentencePieceFile) throws(TextError) {
    let scores = file.pieces.filter { $0.kind == .normal }.map(\.score)
    let highest = max(scores.max() ?? 0, Float.leastNormalMagnitude)
    let pieces = file.pieces.map { piece -> Piece in
      // A user-defined piece is worth more than anything in its place.
      let bonus = Double(Float(piece.text.utf8.count) * highest) - 0.1
      return Piece(
        token: piece.text, score: piece.kind == .userDefined ? bonus : Double(piece.score),
        isFound: piece.kind == .normal || piece.kind == .userDefined)
    }
    try self.init(
      pieces, worst: scores.min().map { Double($0) }, unknown: file.unknownID,
      fallsBackToBytes: file.fallsBackToBytes, addsInSinglePrecision: true)
  }
}
