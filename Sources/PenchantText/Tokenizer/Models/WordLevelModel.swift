import PenchantCore

/// A word is a token, or unknown.
struct WordLevelModel: Sendable {
  let vocabulary: Vocabulary
  private let unknown: Int32?

  init(_ field: TokenizerField) throws(TextError) {
    vocabulary = try Vocabulary(field.required("vocab"), wordsAreBytes: false)
    // A name that the vocabulary lacks matters only once it is needed.
    unknown = try field["unk_token"].map { (field) throws(TextError) in try field.string() }
      .flatMap(vocabulary.id(of:))
  }

  func encode(_ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) throws(TextError) {
    guard let id = vocabulary.id(ofBytes: word) ?? unknown else {
      throw TextError(.noUnknownToken)
    }
    ids.append(id)
  }
}
