import PenchantData

extension ExampleEncoder {
  /// A prompt with one answer, whole, and which of its tokens count.
  struct Answer {
    let ids: [Int32]
    /// Ascending, those of the prompt included; nil: all after the prompt.
    let counted: [Int]?

    func scored(after prompt: Int) -> [Int] {
      counted.map { $0.filter { $0 >= prompt } } ?? Array(prompt..<max(prompt, ids.count))
    }
  }

  /// Where `--train-on assistant` takes the assistant's tokens from.
  package enum AssistantSource: Sendable {
    /// The template's own `{% generation %}` blocks, as Transformers' `return_assistant_tokens_mask`.
    case generationBlocks
    /// Each turn: from where the template asks the assistant to speak to where the turn's rendering ends.
    case turns
  }

  /// How the assistant's tokens are found; nil where nobody asked for them.
  package var assistantSource: AssistantSource? {
    guard options.trainOn == .assistant else { return nil }
    return conversation.marksAssistant ? .generationBlocks : .turns
  }

  /// The prompt's tokens, and each answer after the prompt.
  func sequences(of pair: Pair) throws(ModelError) -> (prompt: [Int32], answers: [Answer]) {
    let completions = try completions(pair)
    guard let messages = try conversation.messages(pair) else {
      let text = pair.prompt.text
      var answers: [Answer] = []
      for completion in completions {
        let ids = try conversation.plain(text, answer: completion.text, row: pair.source)
        answers.append(Answer(ids: ids, counted: nil))
      }
      return (try conversation.plain(text, row: pair.source), answers)
    }
    if let role = messages.last?.role, role == "assistant" {
      throw ModelError(.promptEnds(row: pair.source, role: role))
    }
    let prompt = try conversation.templated(messages, generationPrompt: true, of: pair)
    var answers: [Answer] = []
    for completion in completions {
      answers.append(
        try answer(messages, turns: conversation.turns(completion), of: pair))
    }
    return (prompt, answers)
  }

  private func answer(
    _ messages: [Message], turns: [Message], of pair: Pair
  ) throws(ModelError) -> Answer {
    if assistantSource == .generationBlocks {
      let (ids, isMarked) = try conversation.marked(messages + turns, of: pair)
      return Answer(ids: ids, counted: ids.indices.filter { isMarked[$0] })
    }
    let ids = try conversation.templated(messages + turns, generationPrompt: false, of: pair)
    switch options.trainOn {
    case nil:
      if turns.contains(where: { $0.role != "assistant" }) {
        throw ModelError(.userTurnInAnswer(row: pair.source))
      }
      return Answer(ids: ids, counted: nil)
    case .allAfterPrompt: return Answer(ids: ids, counted: nil)
    case .assistant, .lastTurn:
      var spans: [Range<Int>] = []
      for (index, turn) in turns.enumerated() where turn.role == "assistant" {
        spans.append(try span(of: index, in: turns, after: messages, ids, of: pair))
      }
      return Answer(
        ids: ids,
        counted: (options.trainOn == .assistant ? spans[...] : spans.suffix(1)).flatMap {
          Array($0)
        }
      )
    }
  }

  /// Which tokens a turn owns: from where the assistant is asked to speak to where its turn ends.
  private func span(
    of index: Int, in turns: [Message], after messages: [Message], _ ids: [Int32], of pair: Pair
  ) throws(ModelError) -> Range<Int> {
    let before = messages + turns[..<index]
    let start = try conversation.templated(Array(before), generationPrompt: true, of: pair)
    let through = Array(before) + [turns[index]]
    let end = try conversation.templated(through, generationPrompt: false, of: pair)
    for part in [start, end] {
      let common = Self.commonPrefix(part, ids)
      guard common == part.count || options.onMismatch == .split else {
        throw ModelError(.prefixMismatch(row: pair.source, prompt: part.count, common: common))
      }
    }
    let (lower, upper) = (Self.commonPrefix(start, ids), Self.commonPrefix(end, ids))
    return lower..<max(lower, upper)
  }
}
