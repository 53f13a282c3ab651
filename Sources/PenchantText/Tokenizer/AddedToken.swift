import PenchantCore

/// A token that is found in the text before the model sees it.
struct AddedToken: Sendable, Equatable {
  let id: Int32
  let content: String
  /// Matches only where no word character touches it.
  let isSingleWord: Bool
  /// Takes the white space before it along.
  let stripsLeft: Bool
  /// Takes the white space after it along.
  let stripsRight: Bool
  /// Is looked for in normalised text.
  let isNormalized: Bool
  /// Is left out by a decoder that skips special tokens.
  let isSpecial: Bool

  /// Reads an element of `added_tokens`; `id` is what the caller found it to be.
  init(_ field: TokenizerField, id: Int32) throws(TextError) {
    self.id = id
    content = try field.required("content").string()
    isSingleWord = try field.flag("single_word", default: false)
    stripsLeft = try field.flag("lstrip", default: false)
    stripsRight = try field.flag("rstrip", default: false)
    isSpecial = try field.flag("special", default: false)
    isNormalized = try field.flag("normalized", default: !isSpecial)
  }
}
