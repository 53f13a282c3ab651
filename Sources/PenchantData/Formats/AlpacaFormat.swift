package import PenchantCore

/// LLaMA-Factory's alpaca preference format: `{instruction, input, chosen, rejected}` of strings, with an
/// optional `system` string and a `history` of `[question, answer]` pairs.
///
/// The question is instruction and input with a line break between them, as LLaMA-Factory joins them.
package struct AlpacaFormat: PairFormat {
  package var name: String { "alpaca" }
  package var shape: String { "{instruction, input, chosen, rejected} of strings" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["instruction"]?.string != nil && row["chosen"]?.string != nil
      && row["rejected"]?.string != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.alpacaPrompt()
    let chosen = try fields.requireString("chosen")
    let rejected = try fields.requireString("rejected")
    return try fields.pair(
      prompt: prompt, chosen: prompt.answer(chosen), rejected: prompt.answer(rejected))
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let prompt = try pair.takeAlpacaPrompt()
    let (_, _, chosen, rejected) = try pair.answerTexts()
    var row = prompt
    row["chosen"] = .string(chosen)
    row["rejected"] = .string(try pair.required(rejected))
    return row
  }
}

/// LLaMA-Factory's alpaca format for KTO: `{instruction, input, output, kto_tag}`.
package struct AlpacaKTOFormat: PairFormat {
  package var name: String { "alpaca-kto" }
  package var shape: String { "{instruction, input, output} of strings, {kto_tag: bool}" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["instruction"]?.string != nil && row["output"]?.string != nil
      && row["kto_tag"]?.flag != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.alpacaPrompt()
    let output = try fields.requireString("output")
    let label = try fields.requireFlag("kto_tag")
    return try fields.unpaired(prompt: prompt, completion: prompt.answer(output), label: label)
  }

  package var writing: RowWriting { .labelledAnswers }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    guard let isLiked = pair.isLiked else { throw .single }
    var row = try pair.takeAlpacaPrompt()
    row["output"] = .string(try pair.answerTexts().chosen)
    row["kto_tag"] = .bool(isLiked)
    pair.isLiked = nil
    return row
  }
}

extension RowFields {
  /// Takes instruction, input and history as LLaMA-Factory puts them together.
  ///
  /// Without a history the prompt is plain text and `system` its system prompt; with one, both are turns.
  mutating func alpacaPrompt() throws(DataError) -> Prompt {
    let instruction = try requireString("instruction")
    let input = try takeString("input") ?? ""
    // LLaMA-Factory leaves out an empty part.
    let question = [instruction, input].filter { !$0.utf8.isEmpty }.joined(separator: "\n")
    guard let history = takeIfPresent("history") else { return .text(question) }
    guard let rounds = history.array else { throw wrongType("history", "a list", history) }
    guard !rounds.isEmpty else { return .text(question) }
    var messages: [Message] = []
    if let system = try takeString("system"), !system.utf8.isEmpty {
      messages.append(Message(role: "system", content: system))
    }
    for (position, round) in rounds.enumerated() {
      let key = "history[\(position)]"
      guard let pair = round.array, pair.count == 2 else {
        throw wrongType(key, "a list of question and answer", round)
      }
      messages.append(Message(role: "user", content: try string(pair[0], "\(key)[0]")))
      messages.append(Message(role: "assistant", content: try string(pair[1], "\(key)[1]")))
    }
    return .messages(messages + [Message(role: "user", content: question)])
  }
}

extension Prompt {
  /// An answer in the prompt's own form: text after text, a turn of the assistant after turns.
  func answer(_ text: String) -> Completion {
    switch self {
    case .text: .text(text)
    case .messages: .messages([Message(role: "assistant", content: text)])
    }
  }
}

extension Pair {
  /// The answers alone, as texts.
  func answerTexts() throws(Unwritable) -> (
    system: String?, prompt: String, chosen: String, rejected: String?
  ) {
    var answers = self
    answers.prompt = .text("")
    return try answers.takeTexts()
  }

  /// Instruction, empty input, system prompt, and earlier rounds as `history`.
  mutating func takeAlpacaPrompt() throws(Unwritable) -> JSONObject {
    var row = JSONObject()
    switch prompt {
    case .text(let text):
      row["instruction"] = .string(text)
      row["input"] = ""
      row["system"] = systemPrompt.map(JSON.string)
      systemPrompt = nil
    case .messages(var turns):
      var system: String?
      if turns.first?.role == "system", let words = turns.first?.words {
        system = words
        turns.removeFirst()
      }
      guard let last = turns.popLast(), last.role == "user", let question = last.words,
        turns.count % 2 == 0
      else { throw .turns }
      row["instruction"] = .string(question)
      row["input"] = ""
      row["system"] = system.map(JSON.string)
      var history: [JSON] = []
      for start in stride(from: 0, to: turns.count, by: 2) {
        guard turns[start].role == "user", turns[start + 1].role == "assistant",
          let asked = turns[start].words, let answered = turns[start + 1].words
        else { throw .turns }
        history.append([.string(asked), .string(answered)])
      }
      if !history.isEmpty { row["history"] = .array(history) }
    }
    return row
  }
}
