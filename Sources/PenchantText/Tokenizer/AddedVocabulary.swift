import PenchantCore

/// All added tokens of a tokenizer: by id, by text, and as matchers.
struct AddedVocabulary: Sendable {
  /// What one id decodes to.
  struct Entry: Sendable {
    let token: AddedToken
    /// Its text as the decoder gets it.
    let text: [UInt8]
    /// The bytes that the text stands for in ``ByteAlphabet``, or the text.
    let bytes: [UInt8]
  }

  private(set) var entries: [Int32: Entry] = [:]
  /// Text in UTF-8 → id. (Strings would take canonically equivalent texts for the same.)
  private let ids: [[UInt8]: Int32]
  /// For text as it came.
  let rawMatcher: AddedTokenMatcher
  /// For text after normalisation.
  let normalizedMatcher: AddedTokenMatcher
  /// What was read differently from how it was written.
  let notes: [String]

  /// Reads `added_tokens`, which may be absent.
  ///
  /// Ids are those that the `tokenizers` library gives, whatever the file says: that of the model's
  /// vocabulary if the text is there, else the next free one.
  init(
    _ field: TokenizerField?, vocabulary: Vocabulary, normalizer: Normalizer
  ) throws(TextError) {
    var tokens: [AddedToken] = []
    var ids: [[UInt8]: Int32] = [:]
    var notes: [String] = []
    var next = vocabulary.count
    for element in try field?.array() ?? [] {
      let content = try element.required("content")
      let text = try content.string()
      let written = try element.required("id").int()
      if text.isEmpty { continue }
      let known = ids[Array(text.utf8)] ?? vocabulary.id(of: text)
      guard let id = known ?? Int32(exactly: next) else {
        throw TextError(.tokenIDTooLarge(next, tokens: vocabulary.count))
      }
      if known == nil { next += 1 }
      let token = try AddedToken(element, id: id)
      if ids.updateValue(id, forKey: Array(text.utf8)) != nil {
        // Of two with the same text the last counts.
        tokens.removeAll { $0.id == id }
      }
      if written != Int(id) {
        notes.append(
          "the added token '\(text)' has the id \(id), not \(written) as '\(element.path)' says")
      }
      tokens.append(token)
    }
    self.init(tokens, normalizer: normalizer, ids: ids, notes: notes)
  }

  /// Tokens that have their ids.
  /// - Parameter spelling: how a token that is looked for in normalised text is spelled there; nil:
  ///   as the normalizer spells it.
  init(
    _ tokens: [AddedToken], normalizer: Normalizer, ids: [[UInt8]: Int32]? = nil,
    notes: [String] = [], spelling: ((AddedToken) -> [UInt8])? = nil
  ) {
    self.ids =
      ids ?? Dictionary(tokens.map { (Array($0.content.utf8), $0.id) }) { first, _ in first }
    self.notes = notes
    let normalized = spelling ?? { normalizer.normalized(Array($0.content.utf8)) }
    for token in tokens {
      // What was changed on the way in is given to the decoder as changed.
      let text = token.isNormalized ? normalized(token) : Array(token.content.utf8)
      entries[token.id] = Entry(
        token: token, text: text, bytes: ByteAlphabet.bytes(ofSpelling: text))
    }
    // Special tokens come first where two tokens normalise to the same text.
    let ordered = tokens.filter(\.isSpecial) + tokens.filter { !$0.isSpecial }
    rawMatcher = AddedTokenMatcher(ordered.filter { !$0.isNormalized }) { Array($0.content.utf8) }
    normalizedMatcher = AddedTokenMatcher(ordered.filter(\.isNormalized), spelling: normalized)
  }

  func id(of token: String) -> Int32? { ids[Array(token.utf8)] }
}
