extension TextError {
  /// A stable name for programs.
  package var identifier: String {
    switch code {
    case .missingField: "tokenizer-field-missing"
    case .wrongType: "tokenizer-field-type"
    case .unsupportedComponent: "tokenizer-component-unsupported"
    case .unsupportedOption: "tokenizer-option-unsupported"
    case .pattern: "tokenizer-pattern"
    case .duplicateTokenID: "token-id-duplicate"
    case .tokenIDTooLarge: "token-id-too-large"
    case .malformedMerge: "tokenizer-merge-malformed"
    case .mergeOfUnknownToken: "tokenizer-merge-unknown-token"
    case .unknownToken: "token-unknown"
    case .noUnknownToken: "token-unknown-missing"
    case .malformedSentencePiece: "tokenizer-model-malformed"
    case .malformedMergesFile: "merges-file-malformed"
    case .tokenIDOutOfRange: "token-id-out-of-range"
    case .textTooLong: "text-too-long"
    }
  }

  package var message: String {
    switch code {
    case .missingField(let path): "The tokenizer has no '\(path)'"
    case .wrongType(let path, let expected, let found):
      "The tokenizer's '\(path)' must be \(expected), not \(found)"
    case .unsupportedComponent(let path, let type):
      "The tokenizer's '\(path)' is of type '\(type)', which Penchant does not support"
    case .unsupportedOption(let path, let value):
      "The tokenizer sets '\(path)' to \(value), which Penchant does not support"
    case .pattern(let path, let error):
      "The tokenizer's regular expression '\(path)' cannot be used: \(error.phrase)"
        + " at character \(error.offset)"
    case .duplicateTokenID(let id): "Two tokens of the vocabulary have the id \(id)"
    case .tokenIDTooLarge(let id, let tokens):
      "The token id \(id) is too large for a vocabulary of \(tokens) tokens"
    case .malformedMerge(let index): "The merge 'model.merges[\(index)]' is not a pair of tokens"
    case .mergeOfUnknownToken(let index):
      "The merge 'model.merges[\(index)]' needs a token that the vocabulary does not have"
    case .unknownToken(let path, let token):
      "The tokenizer's '\(path)' names the token '\(token)', which the vocabulary does not have"
    case .noUnknownToken:
      "A text has characters for which the tokenizer has no token, nor one for the unknown"
    case .malformedSentencePiece(let offset):
      "The tokenizer.model is no SentencePiece model: it is malformed at byte \(offset)"
    case .malformedMergesFile(let line):
      "Line \(line) of the merges is not a pair of tokens with one space between them"
    case .tokenIDOutOfRange(let id, let size):
      "The token id \(id) is outside the vocabulary of \(size) ids"
    case .textTooLong(let bytes, let limit):
      "A text of \(bytes) bytes is longer than the \(limit) bytes that can be encoded at once"
    }
  }

  package var remedy: String? {
    switch code {
    case .unsupportedComponent, .unsupportedOption, .pattern:
      "Use another model, or its tokenizer.json as a newer release has it"
    case .missingField, .wrongType, .duplicateTokenID, .tokenIDTooLarge, .malformedMerge,
      .mergeOfUnknownToken, .unknownToken, .malformedSentencePiece,
      .malformedMergesFile:
      "Fetch the model's tokenizer files again; they are damaged or were edited"
    case .noUnknownToken: "Leave such texts out, or add an unknown token to the tokenizer"
    case .tokenIDOutOfRange: "Check that the tokenizer belongs to the model"
    case .textTooLong: "Split the text"
    }
  }
}
