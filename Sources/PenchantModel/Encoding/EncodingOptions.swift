/// How a pair's text becomes tokens.
package struct EncodingOptions: Sendable, Codable, Equatable {
  /// How strings and messages become text.
  package enum PromptFormat: String, Sendable, Codable, CaseIterable {
    /// Strings on a model with a chat template are one user turn and its answer; messages use the template.
    case auto
    /// Everything goes through the chat template; without one it is an error.
    case chat
    /// Strings stand as they are, with the end-of-sequence token appended: TRL's meaning.
    case raw
  }

  /// Which tokens of an answer count.
  package enum TrainOn: String, Sendable, Codable, CaseIterable {
    /// All that follows the prompt, user turns included: TRL's meaning. Refused when a user turn is there,
    /// unless it was asked for.
    case allAfterPrompt = "all-after-prompt"
    /// The last assistant turn only.
    case lastTurn = "last-turn"
    /// What the assistant says after the prompt: the template's `{% generation %}` blocks where it has them,
    /// else every assistant turn with what ends it.
    case assistant
  }

  /// What happens to a sequence longer than the limit.
  package enum Truncation: String, Sendable, Codable, CaseIterable {
    /// The pair is left out, counted and listed.
    case drop
    /// The prompt loses its beginning.
    case cutPrompt = "cut-prompt"
    /// The sequence loses its end (TRL's `keep_start`); a prompt that fills the limit is left out.
    case keepStart = "keep-start"
    /// The run stops and names the pair.
    case error
  }

  /// What happens when a prompt's tokens are not a prefix of prompt + answer's.
  package enum Mismatch: String, Sendable, Codable, CaseIterable {
    case error
    case drop
    /// The prompt ends where the tokenisations part (TRL 1.16's meaning).
    case split
  }

  package var promptFormat: PromptFormat
  /// nil is `all-after-prompt`, refused where an answer holds a user turn.
  package var trainOn: TrainOn?
  /// The longest sequence in tokens; nil is no limit.
  package var maxLength: Int?
  package var truncation: Truncation
  package var onMismatch: Mismatch

  package init(
    promptFormat: PromptFormat = .auto, trainOn: TrainOn? = nil, maxLength: Int? = nil,
    truncation: Truncation = .drop, onMismatch: Mismatch = .error
  ) {
    self.promptFormat = promptFormat
    self.trainOn = trainOn
    self.maxLength = maxLength
    self.truncation = truncation
    self.onMismatch = onMismatch
  }
}
