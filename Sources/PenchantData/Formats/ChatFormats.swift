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
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> Pair {
    var fields = try RowFields(row, format: name, at: location)
    let messages = try fields.requireMessages("messages")
    return try fields.conversation(messages)
  }
}

/// A conversation in sharegpt's words: `{conversations: [{from, value}]}`, with an optional `system` string.
package struct ShareGPTChatFormat: PairFormat {
  package var name: String { "sharegpt-chat" }
  package var shape: String { "{conversations: [{from, value}]} of one conversation" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["conversations"]?.array != nil && row["chosen"] == nil && row["rejected"] == nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> Pair {
    var fields = try RowFields(row, format: name, at: location)
    let conversations = try fields.require("conversations")
    guard let turns = conversations.array else {
      throw fields.wrongType("conversations", "a list of messages", conversations)
    }
    var messages = try ShareGPTFormat.messages(turns, fields)
    if let system = try fields.takeString("system"), !system.utf8.isEmpty {
      messages.insert(Message(role: "system", content: system), at: 0)
    }
    return try fields.conversation(messages)
  }
}

/// TRL's `{prompt, completion}`, both strings or both lists of messages.
package struct PromptCompletionFormat: PairFormat {
  package var name: String { "prompt-completion" }
  package var shape: String { "{prompt, completion} of strings or message lists" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    // With a label the completion may be a bad one (KTO), which is nothing to learn from as it stands.
    row["prompt"] != nil && row["completion"] != nil && row["label"] == nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> Pair {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requirePassage("prompt")
    let completion = try fields.requirePassage("completion")
    return try fields.pair(prompt: prompt, chosen: completion, rejected: nil)
  }
}

extension RowFields {
  /// Makes the row of a whole conversation, cut before the assistant's first turn.
  /// - Throws: ``DataError`` where the assistant never speaks, or nothing comes before it does.
  consuming func conversation(_ messages: [Message]) throws(DataError) -> Pair {
    guard let first = messages.firstIndex(where: { $0.role == "assistant" }), first > 0 else {
      throw DataError(.noAnswer(location))
    }
    return try pair(
      prompt: .messages(Array(messages[..<first])), chosen: .messages(Array(messages[first...])),
      rejected: nil)
  }
}
