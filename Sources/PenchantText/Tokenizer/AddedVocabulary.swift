import PenchantCore

/// All added tokens of a tokenizer: by id, by text, and as matchers.
struct AddedVocabulary: Sendable {
  /// What one id decodes to.
  struct Entry: Sendable {
    let token: AddedToken
    let bytes: [UInt8]
  }

  private(set) var entries: [Int32: Entry] = [:]
  /// Text in UTF-8 → id. (Strings would take canonically equivalent texts for the same.)
  private var ids: [[UInt8]: Int32] = [:]
  /// For text as it came.
  let rawMatcher: AddedTokenMatcher
  /// For text after normalisation.
  let normalizedMatcher: AddedTokenMatcher
  /// What was read differently from how it was written.
  private(set) var notes: [String] = []

  /// Reads `added_tokens`, which may be absent.
  ///
  /// Ids are those that the `tokenizers` library gives, whatever the file says: that of the model's
  /// vocabulary if the text is there, else the next free one.
  init(
    _ field: TokenizerField?, vocabulary: Vocabulary, normalizer: Normalizer
  ) throws(TextError) {
    var tokens: [AddedToken] = []
    var highest = -1
    for element in try field?.array() ?? [] {
      let content = try element.required("content")
      let text = try content.string()
      let written = try element.required("id").int()
      if text.isEmpty { continue }
      let next = max(highest + 1, vocabulary.count)
      guard let id = vocabulary.id(of: text) ?? Int32(exactly: next) else {
        throw TextError(.tokenIDTooLarge(next, tokens: vocabulary.count))
      }
      let token = try AddedToken(element, id: id)
      guard ids.updateValue(id, forKey: Array(text.utf8)) == nil else {
        throw TextError(.duplicateAddedToken(path: element.path))
      }
      if written != Int(id) {
        notes.append(
          "the added token '\(text)' has the id \(id), not \(written) as '\(element.path)' says")
      }
      highest = max(highest, Int(id))
      var bytes: [UInt8] = []
      if !withUTF8(of: text, { ByteAlphabet.appendBytes(of: $0, to: &bytes) }) {
        bytes = Array(text.utf8)
      }
      entries[id] = Entry(token: token, bytes: bytes)
      tokens.append(token)
    }
    // Special tokens come first where two tokens normalise to the same text.
    let ordered = tokens.filter(\.isSpecial) + tokens.filter { !$0.isSpecial }
    rawMatcher = AddedTokenMatcher(ordered.filter { !$0.isNormalized }) { Array($0.content.utf8) }
    normalizedMatcher = AddedTokenMatcher(ordered.filter(\.isNormalized)) {
      normalizer.normalized(Array($0.content.utf8))
    }
  }

  func id(of token: String) -> Int32? { ids[Array(token.utf8)] }
}
