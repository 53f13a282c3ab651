package import PenchantCore

/// A tokenizer as a model folder has it: text to token ids and back.
///
/// The ids are exactly those of the `tokenizers` library. Truncation and padding that the file asks
/// for are not applied (see ``notes``). A value is immutable and can be used from several threads
/// at once.
package struct Tokenizer: Sendable {
  private let normalizer: Normalizer
  private let preTokenizer: PreTokenizer
  let model: TokenModel
  private let postProcessor: PostProcessor
  let added: AddedVocabulary
  let decoder: TokenDecoder

  /// Highest token id + 1, added tokens included; ids below it can be unused.
  package let vocabularySize: Int
  /// Remarks on the file for whoever loads it: settings that are not applied.
  package let notes: [String]

  /// The longest text that is encoded at once.
  private static let byteLimit = Int(Int32.max)

  /// Reads the content of a `tokenizer.json`.
  /// - Throws: ``TextError`` that names what is missing, malformed or of a kind that is not
  ///   supported.
  package init(json: JSON) throws(TextError) {
    let file = TokenizerField(json)
    let modelField = try file.required("model")
    let splitting = try PreTokenizer(file["pre_tokenizer"])
    // Byte-level BPE, the usual case, need not spell words only to read their spelling.
    let kind = try TokenModel.kind(of: modelField)
    let wordsAreBytes =
      splitting.endsInByteAlphabet && kind == "BPE" && BytePairModel.canTakeBytes(modelField)
    let model = try TokenModel(modelField, wordsAreBytes: wordsAreBytes)
    let normalizer = try Normalizer(file["normalizer"])
    let added = try AddedVocabulary(
      file["added_tokens"], vocabulary: model.vocabulary, normalizer: normalizer)
    var notes = added.notes
    for key in ["truncation", "padding"] where file[key] != nil {
      notes.append("the tokenizer's saved \(key) is not applied")
    }
    try self.init(
      normalizer: normalizer,
      preTokenizer: wordsAreBytes ? splitting.withoutLastStep : splitting, model: model,
      added: added, postProcessor: PostProcessor(file["post_processor"]),
      decoder: TokenDecoder(file["decoder"]), notes: notes)
  }

  /// Puts parts together.
  /// - Throws: ``TextError`` when the post-processor has an id without a token.
  init(
    normalizer: Normalizer, preTokenizer: PreTokenizer, model: TokenModel, added: AddedVocabulary,
    postProcessor: PostProcessor, decoder: TokenDecoder, notes: [String] = []
  ) throws(TextError) {
    self.normalizer = normalizer
    self.preTokenizer = preTokenizer
    self.model = model
    self.added = added
    self.postProcessor = postProcessor
    self.decoder = decoder
    self.notes = notes
    let highestAdded = added.entries.keys.max().map { Int($0) } ?? -1
    vocabularySize = max(model.vocabulary.size, highestAdded + 1)
    for case .special(let ids) in postProcessor.templates.joined() {
      for id in ids where token(of: id) == nil {
        throw TextError(.tokenIDOutOfRange(Int(id), vocabularySize: vocabularySize))
      }
    }
  }

  /// The id of a token as the vocabulary spells it (`Ġthe`, `<|im_end|>`); nil when there is none.
  package func id(of token: String) -> Int32? {
    added.id(of: token) ?? model.vocabulary.id(of: token)
  }

  /// A token as the vocabulary spells it; nil for an id without a token.
  package func token(of id: Int32) -> String? {
    added.entries[id]?.token.content ?? model.vocabulary.token(of: Int(id))
  }

  /// Whether the id is that of a special token, which a decoder may leave out.
  package func isSpecial(_ id: Int32) -> Bool { added.entries[id]?.token.isSpecial ?? false }

  /// What the decoder gets for an id: the bytes that its token stands for if it takes bytes, which
  /// need not be whole characters, else the token's text; nil for an id without a token.
  func piece(of id: Int32) -> [UInt8]? {
    if let entry = added.entries[id] { return decoder.takesBytes ? entry.bytes : entry.text }
    guard let bytes = model.vocabulary.bytes(of: Int(id)) else { return nil }
    if decoder.takesBytes == model.vocabulary.holdsBytes { return Array(bytes) }
    guard decoder.takesBytes else {
      return model.vocabulary.token(of: Int(id)).map { Array($0.utf8) }
    }
    return ByteAlphabet.bytes(ofSpelling: Array(bytes))
  }
}

// MARK: - Encoding

extension Tokenizer {
  /// The token ids of a text.
  ///
  /// Added tokens are found in the text itself, so text from a user can contain them.
  /// - Parameter addSpecialTokens: put the special tokens of the post-processor around the text,
  ///   such as a beginning-of-text token; templated text has them already.
  /// - Throws: ``TextError`` for a text of 2 GiB or more.
  package func encode(_ text: String, addSpecialTokens: Bool) throws(TextError) -> [Int32] {
    let bytes = try Self.bytes(of: text)
    var ids: [Int32] = []
    var cache = WordCache()
    for segment in added.rawMatcher.segments(of: bytes) {
      if let id = segment.id {
        ids.append(id)
      } else {
        try encodeRaw(Self.part(segment.range, of: bytes), into: &ids, cache: &cache)
      }
    }
    return addSpecialTokens ? postProcessor.applied(to: ids) : ids
  }

  static func bytes(of text: String) throws(TextError) -> [UInt8] {
    let bytes = Array(text.utf8)
    guard bytes.count < byteLimit else {
      throw TextError(.textTooLong(bytes: bytes.count, limit: byteLimit - 1))
    }
    return bytes
  }

  /// A part of a text, on its way to the normalizer.
  static func part(_ range: Range<Int>, of bytes: [UInt8]) -> NormalizedText {
    NormalizedText(
      bytes: range == bytes.indices ? bytes : Array(bytes[range]),
      originCount: range.lowerBound == 0 ? firstLength(bytes) : 0)
  }

  private static func firstLength(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBufferPointer { scalar(at: 0, in: $0).length }
  }

  /// Encodes text in which no added token stands literally.
  private func encodeRaw(
    _ raw: NormalizedText, into ids: inout [Int32], cache: inout WordCache
  ) throws(TextError) {
    for part in parts(of: raw) {
      switch part {
      case .added(let id, _): ids.append(id)
      case .words(let pieces): try encodeWords(pieces, into: &ids, cache: &cache)
      }
    }
  }

  /// What the model sees of a text in which no added token stands literally.
  enum Part {
    /// An added token that stands in the normalized text, and its length there.
    case added(Int32, length: Int)
    case words(PreTokenizer.Pieces)
  }

  func parts(of raw: NormalizedText) -> [Part] {
    let text = normalizer.normalized(raw)
    return added.normalizedMatcher.segments(of: text.bytes).map { segment in
      if let id = segment.id { return .added(id, length: segment.range.count) }
      let isWhole = segment.range == text.bytes.indices
      return .words(
        preTokenizer.pieces(
          of: isWhole ? text.bytes : Array(text.bytes[segment.range]),
          originCount: max(0, text.originCount - segment.range.lowerBound)))
    }
  }

  func encodeWords(
    _ pieces: PreTokenizer.Pieces, into ids: inout [Int32], cache: inout WordCache
  ) throws(TextError) {
    let result = pieces.text.withUnsafeBufferPointer { [model] text in
      Result { () throws(TextError) in
        var ranges = pieces.ranges
        if case .bytePair(let pairs) = model, let cuts = pairs.cuts {
          ranges = []
          for range in pieces.ranges { cuts.appendParts(of: range, in: text, to: &ranges) }
        }
        for range in ranges {
          try cache.append(UnsafeBufferPointer(rebasing: text[range]), model: model, to: &ids)
        }
      }
    }
    try result.get()
  }
}

// MARK: - Decoding

extension Tokenizer {
  /// The text of token ids; bytes that are not UTF-8 become U+FFFD.
  /// - Parameter skipSpecialTokens: leave out special tokens.
  /// - Throws: ``TextError`` for an id below 0 or not below ``vocabularySize``.
  package func decode(
    _ ids: [Int32], skipSpecialTokens: Bool = false
  ) throws(TextError) -> String {
    var decoder = streamingDecoder(skipSpecialTokens: skipSpecialTokens)
    var bytes: [UInt8] = []
    for id in ids {
      guard id >= 0, Int(id) < vocabularySize else {
        throw TextError(.tokenIDOutOfRange(Int(id), vocabularySize: vocabularySize))
      }
      decoder.append(id, to: &bytes)
    }
    decoder.finish(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A decoder for ids that come one at a time.
  package func streamingDecoder(skipSpecialTokens: Bool = false) -> StreamingDecoder {
    StreamingDecoder(tokenizer: self, skipsSpecialTokens: skipSpecialTokens)
  }
}
