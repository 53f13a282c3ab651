import PenchantCore
package import PenchantData

/// What can go wrong between a model folder, text and tokens.
package struct ModelError: PenchantFailure, Equatable {
  package enum Code: Sendable, Equatable {
    /// The folder does not exist, or is a file.
    case notAFolder(path: String)
    /// A file of the folder cannot be read as what it should be.
    case unreadable(path: String, message: String, remedy: String?)
    /// Messages, or `--prompt-format chat`, and no chat template.
    case noChatTemplate(folder: String)
    /// Plain text is to end with the end-of-sequence token, and the tokenizer has none.
    case noEndToken(folder: String)
    /// Ids of the tokenizer that the model has no embedding for.
    case vocabularyTooSmall(tokenizer: Int, model: Int)
    /// The template refuses or cannot render this conversation.
    case template(row: RowLocation, message: String)
    /// A `{% generation %}` block stands where its place in the text is not known.
    case unplacedGeneration(row: RowLocation)
    /// The tokenizer refuses this text.
    case tokenizer(row: RowLocation, message: String)
    /// The prompt's last message is the assistant's own.
    case promptEnds(row: RowLocation, role: String)
    /// A system prompt on plain text that is not wrapped as messages.
    case systemPromptOnPlainText(row: RowLocation)
    /// An answer holds a user turn and nothing says whether it is trained on.
    case userTurnInAnswer(row: RowLocation)
    /// A row has one answer where two are compared.
    case noRejectedAnswer(row: RowLocation)
    /// A row with one answer does not say whether it was liked.
    case noLabel(row: RowLocation)
    /// A row has no third, ideal answer.
    case noGoldAnswer(row: RowLocation)
    /// The prompt's tokens are not a prefix of the prompt with its answer.
    case prefixMismatch(row: RowLocation, prompt: Int, common: Int)
    /// A sequence is longer than the limit that was chosen; the model's context holds `context`.
    case tooLong(row: RowLocation, tokens: Int, limit: Int, context: Int)
    /// A sequence that may not be cut is longer than the model's context.
    case beyondContext(row: RowLocation, tokens: Int, context: Int)
    /// A prompt has more tokens than the model's context holds.
    case promptTooLong(tokens: Int, limit: Int)
    /// An adapter that scores answers stands where one that writes them is wanted.
    case rewardModel(folder: String)
    /// A prompt without a token: there is nothing to continue.
    case emptyPrompt
    /// A logit is not a finite number, after so many tokens of an answer.
    case logitNotFinite(tokens: Int)
    /// A log-probability is not a finite number.
    case nonFinite(id: String)
  }

  package let code: Code

  package init(_ code: Code) { self.code = code }

  /// The same failure in another room's words, tied to a file.
  static func unreadable(_ path: String, _ failure: any PenchantFailure) -> ModelError {
    ModelError(.unreadable(path: path, message: failure.message, remedy: failure.remedy))
  }
}
