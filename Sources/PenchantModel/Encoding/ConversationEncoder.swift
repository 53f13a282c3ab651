import PenchantCore
package import PenchantData
import PenchantText

/// Turns prompts and answers into tokens: plain text, or messages through the chat template.
package struct ConversationEncoder: Sendable {
  private let folder: String
  private let tokenizer: Tokenizer
  private let template: ChatTemplate?
  private let endToken: String?
  private let variables: JSONObject
  private let format: EncodingOptions.PromptFormat

  package init(_ model: LanguageModel, format: EncodingOptions.PromptFormat) throws(ModelError) {
    folder = model.folder
    tokenizer = model.tokenizer
    template = model.chatTemplate
    endToken = model.tokenizerConfiguration.eosToken
    self.format = format
    if format == .chat, model.chatTemplate == nil {
      throw ModelError(.noChatTemplate(folder: model.folder))
    }
    var variables = JSONObject()
    variables["bos_token"] = model.tokenizerConfiguration.bosToken.map { .string($0) }
    variables["eos_token"] = model.tokenizerConfiguration.eosToken.map { .string($0) }
    variables["pad_token"] = model.tokenizerConfiguration.padToken.map { .string($0) }
    variables["unk_token"] = model.tokenizerConfiguration.unkToken.map { .string($0) }
    self.variables = variables
  }

  /// Whether strings are wrapped as one user turn and its answer.
  package var wrapsStrings: Bool {
    switch format {
    case .auto: template != nil
    case .chat: true
    case .raw: false
    }
  }

  /// The messages of a prompt; nil when it stays plain text.
  package func messages(_ pair: Pair) throws(ModelError) -> [Message]? {
    let system = pair.systemPrompt.map { [Message(role: "system", content: $0)] } ?? []
    switch pair.prompt {
    case .messages(let messages): return system + messages
    case .text(let text):
      if case .text = pair.chosen, !wrapsStrings {
        guard system.isEmpty else {
          throw ModelError(.systemPromptOnPlainText(row: pair.source))
        }
        return nil
      }
      return system + [Message(role: "user", content: text)]
    }
  }

  /// The turns of an answer.
  package func turns(_ completion: Completion) -> [Message] {
    switch completion {
    case .messages(let messages): messages
    case .text(let text): [Message(role: "assistant", content: text)]
    }
  }

  /// The tokens of plain text: prompt and answer joined, the end-of-sequence token after the answer unless it
  /// is there already (TRL's meaning); what else the tokenizer adds comes from the tokenizer.
  func plain(
    _ prompt: String, answer: String? = nil, row: RowLocation
  ) throws(ModelError) -> [Int32] {
    var text = prompt
    if let answer {
      guard let endToken else { throw ModelError(.noEndToken(folder: folder)) }
      text += answer
      if !answer.utf8.suffix(endToken.utf8.count).elementsEqual(endToken.utf8) { text += endToken }
    }
    return try encode(text, addSpecialTokens: true, row: row)
  }

  /// The tokens of messages through the template, nothing added to them.
  func templated(
    _ messages: [Message], generationPrompt: Bool, of pair: Pair
  ) throws(ModelError) -> [Int32] {
    let text = try rendering(messages, generationPrompt: generationPrompt, of: pair).text
    return try encode(text, addSpecialTokens: false, row: pair.source)
  }

  /// Whether the template itself says which part of a conversation is the assistant's.
  package var marksAssistant: Bool { template?.marksGeneration == true }

  /// The tokens of messages through the template, and which of them its `{% generation %}` blocks hold.
  func marked(
    _ messages: [Message], of pair: Pair
  ) throws(ModelError) -> (ids: [Int32], isMarked: [Bool]) {
    let rendering = try rendering(messages, generationPrompt: false, of: pair)
    guard rendering.unplacedGenerations == 0 else {
      throw ModelError(.unplacedGeneration(row: pair.source))
    }
    do { return try tokenizer.encode(rendering.text, marking: rendering.generationSpans) } catch {
      throw ModelError(.tokenizer(row: pair.source, message: error.message))
    }
  }

  /// Messages through the template.
  func rendering(
    _ messages: [Message], generationPrompt: Bool, of pair: Pair
  ) throws(ModelError) -> ChatTemplate.Rendering {
    guard let template else { throw ModelError(.noChatTemplate(folder: folder)) }
    var variables = variables
    for (name, value) in pair.chatTemplateArguments?.members ?? JSONObject().members {
      variables[name] = value
    }
    do {
      return try template.render(
        messages: messages.map(\.json), addGenerationPrompt: generationPrompt,
        tools: pair.tools, variables: variables)
    } catch { throw ModelError(.template(row: pair.source, message: error.message)) }
  }

  private func encode(
    _ text: String, addSpecialTokens: Bool, row: RowLocation
  ) throws(ModelError) -> [Int32] {
    do { return try tokenizer.encode(text, addSpecialTokens: addSpecialTokens) } catch {
      throw ModelError(.tokenizer(row: row, message: error.message))
    }
  }

  /// The tokens a model continues when it answers this pair's prompt.
  package func prompt(of pair: Pair) throws(ModelError) -> [Int32] {
    guard let messages = try messages(pair) else {
      return try plain(pair.prompt.text, row: pair.source)
    }
    return try templated(messages, generationPrompt: true, of: pair)
  }
}
