package import PenchantCore

extension ModelError {
  package var category: FailureCategory {
    switch code {
    case .nonFinite, .logitNotFinite: .runtime
    default: .input
    }
  }

  package var identifier: String {
    switch code {
    case .notAFolder: "not-a-folder"
    case .unreadable: "unreadable"
    case .noChatTemplate: "no-chat-template"
    case .noEndToken: "no-end-token"
    case .vocabularyTooSmall: "vocabulary-too-small"
    case .template: "template"
    case .unplacedGeneration: "unplaced-generation"
    case .tokenizer: "tokenizer"
    case .promptEnds: "prompt-ends"
    case .systemPromptOnPlainText: "system-prompt-on-plain-text"
    case .userTurnInAnswer: "user-turn-in-answer"
    case .noRejectedAnswer: "no-rejected-answer"
    case .noLabel: "no-label"
    case .rewardModel: "reward-model"
    case .noGoldAnswer: "no-gold-answer"
    case .prefixMismatch: "prefix-mismatch"
    case .tooLong: "too-long"
    case .beyondContext: "beyond-context"
    case .promptTooLong: "prompt-too-long"
    case .emptyPrompt: "empty-prompt"
    case .logitNotFinite: "logit-not-finite"
    case .nonFinite: "non-finite"
    }
  }

  package var message: String {
    switch code {
    case .notAFolder(let path): "\(path) is not a model folder"
    case .unreadable(let path, let message, _): "\(path): \(message)"
    case .noChatTemplate(let folder):
      "the data holds messages, and the model in \(folder) has no chat template"
    case .noEndToken(let folder):
      "the tokenizer in \(folder) names no end-of-sequence token to end an answer with"
    case .vocabularyTooSmall(let tokenizer, let model):
      "the tokenizer has ids up to \(tokenizer - 1), the model embeddings for \(model) only"
    case .template(let row, let message): "\(row): \(message)"
    case .unplacedGeneration(let row):
      "\(row): the chat template has a {% generation %} block in a recursive loop, where its place in the "
        + "text is not known"
    case .tokenizer(let row, let message): "\(row): \(message)"
    case .promptEnds(let row, let role):
      "\(row): the prompt's last message has the role \(role); an answer follows a user or a tool"
    case .systemPromptOnPlainText(let row):
      "\(row): the row has a system prompt, which plain text has no place for"
    case .userTurnInAnswer(let row):
      "\(row): an answer holds a turn of the user, which would be trained on"
    case .noRejectedAnswer(let row):
      "\(row): the row has one answer, so there is nothing to prefer"
    case .noLabel(let row): "\(row): the row does not say whether its answer was liked"
    case .rewardModel(let folder): "\(folder) is a reward model: it scores answers and writes none"
    case .noGoldAnswer(let row): "\(row): the row has no third, ideal answer"
    case .prefixMismatch(let row, let prompt, let common):
      "\(row): the prompt has \(prompt) tokens, but with the answers after it only the first \(common) "
        + "stay the same"
    case .tooLong(let row, let tokens, let limit, _):
      "\(row): \(tokens) tokens are more than the limit of \(limit)"
    case .beyondContext(let row, let tokens, let context):
      "\(row): \(tokens) tokens are more than the model's context of \(context)"
    case .promptTooLong(let tokens, let limit):
      "a prompt of \(tokens) tokens leaves no room in the model's context of \(limit)"
    case .emptyPrompt: "a prompt holds no token, so there is nothing to continue"
    case .logitNotFinite(let tokens):
      "after \(tokens) \(tokens == 1 ? "token" : "tokens") of an answer the model's logits are not finite "
        + "numbers"
    case .nonFinite(let id): "a log-probability of pair \(id) is not a finite number"
    }
  }

  package var remedy: String? {
    switch code {
    case .notAFolder: "name a folder that holds config.json, tokenizer.json and model.safetensors"
    case .unreadable(_, _, let remedy): remedy
    case .noChatTemplate: "choose one with --chat-template chatml or --chat-template FILE"
    case .noEndToken: "add eos_token to tokenizer_config.json"
    case .vocabularyTooSmall: "do the tokenizer and the model belong together?"
    case .template, .tokenizer: nil
    case .unplacedGeneration:
      "choose --train-on last-turn, or another template with --chat-template FILE"
    case .promptEnds: "move the assistant's message into the answers"
    case .systemPromptOnPlainText: "use --prompt-format chat, or put it into the prompt"
    case .userTurnInAnswer:
      "choose --train-on last-turn, assistant, or all-after-prompt if that is meant"
    case .noRejectedAnswer:
      "'penchant sft' learns from such rows; kto, bco and apo_zero_unpaired from answers with a label"
    case .noLabel: "add \"label\": true or false"
    case .rewardModel: "'penchant score --adapter' ranks with it"
    case .noGoldAnswer: "put it under \"reference\""
    case .prefixMismatch:
      "choose --on-mismatch split (the prompt ends where they part) or drop; inspect shows the tokens"
    case .tooLong(_, _, let limit, let context):
      "choose --truncation drop, cut-prompt or keep-start"
        + (limit < context
          ? ", or a larger --max-length (the model's context holds \(context))" : "")
    case .beyondContext: "shorten the row, or leave it out: nothing is cut here"
    case .promptTooLong: "shorten the prompt"
    case .emptyPrompt: nil
    case .nonFinite, .logitNotFinite:
      "are the weights damaged, or did the run that made them diverge?"
    }
  }
}
