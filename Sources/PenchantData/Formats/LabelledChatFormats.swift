package import PenchantCore

/// A conversation whose last answer is called good or bad: `{messages, label}`, as ms-swift and
/// LLaMA-Factory (`kto_tag`) write it for KTO.
package struct LabelledChatFormat: PairFormat {
  package var name: String { "messages-kto" }
  package var shape: String { "{messages} of one conversation, {label: bool} or {kto_tag: bool}" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["messages"]?.array != nil && Self.key(row) != nil && row["rejected_response"] == nil
      && row["chosen"] == nil
  }

  private static func key(_ row: JSON) -> String? {
    ["label", "kto_tag"].first { row[$0]?.flag != nil }
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let messages = try fields.requireMessages("messages")
    let label = try fields.requireFlag(Self.key(row) ?? "label")
    let (prompt, answer) = try fields.lastAnswer(of: messages)
    return try fields.unpaired(
      prompt: .messages(prompt), completion: .messages([answer]), label: label)
  }

  package var writing: RowWriting { .labelledAnswers }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    guard let isLiked = pair.isLiked else { throw .single }
    let (prompt, answer, _) = pair.takeTurns()
    guard answer.count == 1 else { throw .turns }
    pair.isLiked = nil
    return JSONObject(["messages": (prompt + answer).json, "label": .bool(isLiked)])
  }
}

/// LLaMA-Factory's sharegpt format for KTO: `{conversations: [{from, value}], kto_tag}`.
package struct ShareGPTKTOFormat: PairFormat {
  package var name: String { "sharegpt-kto" }
  package var shape: String {
    "{conversations: [{from, value}]} of one conversation, {kto_tag: bool}"
  }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["conversations"]?.array != nil && row["kto_tag"]?.flag != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let messages = try fields.requireShareGPT()
    let label = try fields.requireFlag("kto_tag")
    let (prompt, answer) = try fields.lastAnswer(of: messages)
    return try fields.unpaired(
      prompt: .messages(prompt), completion: .messages([answer]), label: label)
  }

  package var writing: RowWriting { .labelledAnswers }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    guard let isLiked = pair.isLiked else { throw .single }
    let (prompt, answer, _) = pair.takeTurns()
    guard answer.count == 1 else { throw .turns }
    var row = try ShareGPTFormat.conversation(prompt + answer)
    row["kto_tag"] = .bool(isLiked)
    row["tools"] = pair.tools.map { .string($0.text()) }
    pair.tools = nil
    pair.isLiked = nil
    return row
  }
}

extension RowFields {
  /// Takes the turns of `conversations`, a `system` string before them.
  mutating func requireShareGPT() throws(DataError) -> [Message] {
    let conversations = try require("conversations")
    guard let turns = conversations.array else {
      throw wrongType("conversations", "a list of messages", conversations)
    }
    var messages = try ShareGPTFormat.messages(turns, self)
    if let system = try takeString("system"), !system.utf8.isEmpty {
      messages.insert(Message(role: "system", content: system), at: 0)
    }
    return messages
  }

  /// Cuts a conversation before the assistant's turn that ends it.
  /// - Throws: ``DataError`` where it ends otherwise, or consists of nothing else.
  func lastAnswer(of messages: [Message]) throws(DataError) -> ([Message], Message) {
    guard let last = messages.last, last.role == "assistant", messages.count > 1 else {
      throw DataError(.noAnswer(location))
    }
    return (messages.dropLast(), last)
  }
}
