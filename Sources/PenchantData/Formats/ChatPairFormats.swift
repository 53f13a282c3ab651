package import PenchantCore

/// A conversation and two turns that continue it: `{messages: [{role, content}], chosen: {role, content},
/// rejected: {role, content}}`, what axolotl reads as `chat_template.default` and LLaMA-Factory with OpenAI's tags.
package struct AxolotlChatFormat: PairFormat {
  package var name: String { "axolotl-chat" }
  package var shape: String { "{messages, chosen: {role, content}, rejected: {role, content}}" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["messages"]?.array != nil && row["chosen"]?.isTurns == true
      && row["rejected"]?.isTurns == true
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requireMessages("messages")
    let chosen = try fields.requireMessages("chosen")
    let rejected = try fields.requireMessages("rejected")
    return try fields.pair(
      prompt: .messages(prompt), chosen: .messages(chosen), rejected: .messages(rejected))
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, rejected) = pair.takeTurns()
    let answers = [chosen, try pair.required(rejected)]
    guard answers.allSatisfy({ $0.count == 1 }) else { throw .turns }
    return JSONObject([
      "messages": prompt.json, "chosen": answers[0][0].json, "rejected": answers[1][0].json,
    ])
  }
}

/// ms-swift: `{messages}` whose last turn is the chosen answer, and `rejected_response`, the other answer's text
/// (or `rejected_messages`, the other conversation).
package struct MSSwiftFormat: PairFormat {
  package var name: String { "ms-swift" }
  package var shape: String { "{messages, rejected_response} or {messages, rejected_messages}" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["messages"]?.array != nil
      && (row["rejected_response"]?.string != nil || row["rejected_messages"]?.array != nil)
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let messages = try fields.requireMessages("messages")
    if let text = try fields.takeString("rejected_response") {
      let (prompt, answer) = try fields.lastAnswer(of: messages)
      return try fields.pair(
        prompt: .messages(prompt), chosen: .messages([answer]),
        rejected: .messages([Message(role: "assistant", content: text)]))
    }
    let other = try fields.requireMessages("rejected_messages")
    return try fields.conversations(messages, other)
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, rejected) = pair.takeTurns()
    let other = try pair.required(rejected)
    if chosen.count == 1, chosen[0].role == "assistant", other.count == 1,
      other[0].role == "assistant", let text = other[0].words
    {
      return JSONObject(["messages": (prompt + chosen).json, "rejected_response": .string(text)])
    }
    let (first, second) = try pair.takeConversations()
    return JSONObject(["messages": first.json, "rejected_messages": second.json])
  }
}

/// Amazon SageMaker: two whole conversations, `{chosen: {messages}, rejected: {messages}}`.
package struct SageMakerFormat: PairFormat {
  package var name: String { "sagemaker" }
  package var shape: String { "{chosen: {messages}, rejected: {messages}} of whole conversations" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    ["chosen", "rejected"].allSatisfy { row[$0]?["messages"]?.array != nil }
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    var sides: [[Message]] = []
    for key in ["chosen", "rejected"] {
      var side = try fields.requireObject(key)
      guard let turns = side["messages"]?.array else { throw fields.missing("\(key).messages") }
      sides.append(try fields.messages(turns, "\(key).messages"))
      side["messages"] = nil
      if !side.isEmpty { fields.keep("\(key)_details", .object(side)) }
    }
    return try fields.conversations(sides[0], sides[1])
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (chosen, rejected) = try pair.takeConversations()
    var row = JSONObject()
    for (key, turns) in [("chosen", chosen), ("rejected", rejected)] {
      var side = JSONObject(["messages": turns.json])
      let details = pair.take("\(key)_details")?.object ?? JSONObject()
      for (name, value) in details.members { side[name] = value }
      row[key] = .object(side)
    }
    return row
  }
}

extension RowFields {
  /// Makes the pair of two whole conversations: what they share is the prompt.
  consuming func conversations(
    _ chosen: [Message], _ rejected: [Message]
  ) throws(DataError) -> RowContents {
    let split = SharedPrefix.split(chosen, rejected)
    return try pair(
      prompt: .messages(split.prompt), chosen: .messages(split.chosen),
      rejected: .messages(split.rejected))
  }
}

extension Pair {
  /// Prompt and each answer as one conversation, where what both begin with is the prompt again.
  mutating func takeConversations() throws(Unwritable) -> ([Message], [Message]) {
    let (prompt, chosen, rejected) = takeTurns()
    let whole = (prompt + chosen, prompt + (try required(rejected)))
    guard SharedPrefix.split(whole.0, whole.1).prompt == prompt else { throw .ambiguous }
    return whole
  }
}
