package import PenchantCore

/// A conversation to learn from: `{messages: [{role, content}]}`, as TRL and OpenAI write it.
///
/// The prompt ends before the assistant's first turn; all that follows is the answer.
package struct MessagesFormat: PairFormat {
  package var name: String { "messages" }
  package var shape: String { "{messages} of one conversation" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["messages"]?.array != nil && row["chosen"] == nil && row["rejected_response"] == nil
      && row["rejected_messages"] == nil && row["label"]?.flag == nil && row["kto_tag"]?.flag == nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let messages = try fields.requireMessages("messages")
    return try fields.conversation(messages)
  }

  package var writing: RowWriting { .answers }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, _) = pair.takeTurns()
    return JSONObject(["messages": (prompt + chosen).json])
  }
}

/// A conversation in sharegpt's words: `{conversations: [{from, value}]}`, with an optional `system` string.
package struct ShareGPTChatFormat: PairFormat {
  package var name: String { "sharegpt-chat" }
  package var shape: String { "{conversations: [{from, value}]} of one conversation" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["conversations"]?.array != nil && row["chosen"] == nil && row["rejected"] == nil
      && row["kto_tag"]?.flag == nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let messages = try fields.requireShareGPT()
    return try fields.conversation(messages)
  }

  package var writing: RowWriting { .answers }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, _) = pair.takeTurns()
    return try ShareGPTFormat.conversation(prompt + chosen)
  }
}

/// TRL's `{prompt, completion}`, both strings or both lists of messages.
package struct PromptCompletionFormat: PairFormat {
  package var name: String { "prompt-completion" }
  package var shape: String { "{prompt, completion} of strings or message lists" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"] != nil && row["completion"] != nil && row["label"]?.isNull != false
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requirePassage("prompt")
    let completion = try fields.requirePassage("completion")
    return try fields.pair(prompt: prompt, chosen: completion, rejected: nil)
  }

  package var writing: RowWriting { .answers }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    JSONObject(["prompt": pair.prompt.json, "completion": pair.chosen.json])
  }
}

extension RowFields {
  /// Makes the row of a whole conversation, cut before the assistant's first turn.
  /// - Throws: ``DataError`` where the assistant never speaks, or nothing comes before it does.
  consuming func conversation(_ messages: [Message]) throws(DataError) -> RowContents {
    guard let first = messages.firstIndex(where: { $0.role == "assistant" }), first > 0 else {
      throw DataError(.noAnswer(location))
    }
    return try pair(
      prompt: .messages(Array(messages[..<first])), chosen: .messages(Array(messages[first...])),
      rejected: nil)
  }
}
