package import PenchantCore

/// A Hugging Face `tokenizer.json` of the byte-level BPE kind: text to token ids and back.
///
/// The ids are exactly those of the `tokenizers` library. Truncation and padding that the file asks
/// for are not applied (see ``notes``). A value is immutable and can be used from several threads
/// at once.
package struct Tokenizer: Sendable {
  private let normalizer: Normalizer
  private let preTokenizer: PreTokenizer
  private let model: BytePairModel
  private let postProcessor: PostProcessor
  private let added: AddedVocabulary

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
    // The model first: it tells a tokenizer of another kind apart.
    let model = try BytePairModel(file.required("model"))
    normalizer = try Normalizer(file["normalizer"])
    preTokenizer = try PreTokenizer(file["pre_tokenizer"])
    let added = try AddedVocabulary(
      file["added_tokens"], vocabulary: model.vocabulary, normalizer: normalizer)
    try TokenDecoder.check(file["decoder"])
    postProcessor = try PostProcessor(file["post_processor"])
    let highestAdded = added.entries.keys.max().map { Int($0) } ?? -1
    vocabularySize = max(model.vocabulary.size, highestAdded + 1)
    var notes = added.notes
    for key in ["truncation", "padding"] where file[key] != nil {
      notes.append("the tokenizer's saved \(key) is not applied")
    }
    self.notes = notes
    self.model = model
    self.added = added
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

  /// The bytes that an id stands for, which need not be whole characters; nil for an id without a
  /// token.
  func bytes(of id: Int32) -> ArraySlice<UInt8>? {
    if let entry = added.entries[id] { return entry.bytes[...] }
    return model.vocabulary.bytes(of: Int(id))
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
    let bytes = Array(text.utf8)
    guard bytes.count < Self.byteLimit else {
      throw TextError(.textTooLong(bytes: bytes.count, limit: Self.byteLimit - 1))
    }
    var ids: [Int32] = []
    var cache = WordCache()
    for segment in added.rawMatcher.segments(of: bytes) {
      if let id = segment.id {
        ids.append(id)
      } else {
        let part = segment.range == bytes.indices ? bytes : Array(bytes[segment.range])
        encodeRaw(part, into: &ids, cache: &cache)
      }
    }
    return addSpecialTokens ? postProcessor.applied(to: ids) : ids
  }

  /// Encodes text in which no added token stands literally.
  private func encodeRaw(_ raw: [UInt8], into ids: inout [Int32], cache: inout WordCache) {
    let bytes = normalizer.normalized(raw)
    for segment in added.normalizedMatcher.segments(of: bytes) {
      if let id = segment.id {
        ids.append(id)
        continue
      }
      let part = segment.range == bytes.indices ? bytes : Array(bytes[segment.range])
      let pieces = preTokenizer.pieces(of: part)
      pieces.text.withUnsafeBufferPointer { [model] text in
        for range in pieces.ranges {
          cache.append(UnsafeBufferPointer(rebasing: text[range]), model: model, to: &ids)
        }
      }
    }
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
    var bytes: [UInt8] = []
    for id in ids {
      guard id >= 0, Int(id) < vocabularySize else {
        throw TextError(.tokenIDOutOfRange(Int(id), vocabularySize: vocabularySize))
      }
      if skipSpecialTokens, isSpecial(id) { continue }
      if let piece = self.bytes(of: id) { bytes += piece }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A decoder for ids that come one at a time.
  package func streamingDecoder(skipSpecialTokens: Bool = false) -> StreamingDecoder {
    StreamingDecoder(tokenizer: self, skipsSpecialTokens: skipSpecialTokens)
  }
}
