package import PenchantCore

/// Something from outside that PenchantText cannot use: a tokenizer file, a token id.
///
/// It names fields, tokens and positions of the model's own files, never text of the user.
package struct TextError: PenchantFailure, Equatable {
  /// The closed list of what can go wrong; paths are written like `model.merges[3]`.
  package enum Code: Sendable, Equatable {
    /// A member that must be there is not.
    case missingField(path: String)
    /// A member has another JSON type, or a value outside its range.
    case wrongType(path: String, expected: String, found: String)
    /// A component of a kind that Penchant does not have, such as a Unigram model.
    case unsupportedComponent(path: String, type: String)
    /// A setting of a known component with a value that Penchant does not implement.
    case unsupportedOption(path: String, value: String)
    /// A regular expression that is malformed or asks for more than a linear-time engine gives.
    case pattern(path: String, error: LinearRegexError)
    /// Two tokens of the vocabulary claim the same id.
    case duplicateTokenID(Int)
    /// An id far beyond the number of tokens: the file is damaged.
    case tokenIDTooLarge(Int, tokens: Int)
    /// A merge that is not a pair of tokens.
    case malformedMerge(index: Int)
    /// A merge whose parts, or what they make together, are not in the vocabulary.
    case mergeOfUnknownToken(index: Int)
    /// A token that a member names but the vocabulary lacks.
    case unknownToken(path: String, token: String)
    /// Something in a text has no token, and the tokenizer no token for the unknown.
    case noUnknownToken
    /// A `tokenizer.model` that is no SentencePiece model.
    case malformedSentencePiece(offset: Int)
    /// A line of a `merges.txt` that is not a pair of tokens.
    case malformedMergesFile(line: Int)
    /// An id to decode that the vocabulary does not have.
    case tokenIDOutOfRange(Int, vocabularySize: Int)
    /// A text too long for this machine's encoder.
    case textTooLong(bytes: Int, limit: Int)
  }

  /// What went wrong, with its facts.
  package let code: Code

  package init(_ code: Code) { self.code = code }

  /// Always `.input`: everything here comes from files or from ids that a caller was given.
  package var category: FailureCategory { .input }
}
