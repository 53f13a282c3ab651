package import PenchantCore

/// LLaMA-Factory's sharegpt preference format: `{conversations: [{from, value}], chosen: {from, value},
/// rejected: {from, value}}`, with an optional `system` string and `tools`.
package struct ShareGPTFormat: PairFormat {
  package var name: String { "sharegpt" }
  package var shape: String { "{conversations: [{from, value}], chosen: {from, value}, rejected}" }

  /// The format's speakers and the roles that chat templates know them by.
  private static let roles: KeyValuePairs<String, String> = [
    "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant",
    "system": "system", "function_call": "assistant", "observation": "tool", "tool": "tool",
  ]

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["conversations"]?.array != nil && row["chosen"]?.object != nil
      && row["rejected"]?.object != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> Pair {
    var fields = try RowFields(row, format: name, at: location)
    let conversations = try fields.require("conversations")
    guard let turns = conversations.array else {
      throw fields.wrongType("conversations", "a list of messages", conversations)
    }
    var prompt = try Self.messages(turns, fields)
    let chosen = try Self.message(fields.require("chosen"), "chosen", fields)
    let rejected = try Self.message(fields.require("rejected"), "rejected", fields)
    if let system = try fields.takeString("system"), !system.utf8.isEmpty {
      prompt.insert(Message(role: "system", content: system), at: 0)
    }
    return try fields.pair(
      prompt: .messages(prompt), chosen: .messages([chosen]), rejected: .messages([rejected]))
  }

  /// Reads the turns of `conversations`.
  static func messages(_ turns: [JSON], _ fields: RowFields) throws(DataError) -> [Message] {
    var messages: [Message] = []
    for (position, turn) in turns.enumerated() {
      messages.append(try message(turn, "conversations[\(position)]", fields))
    }
    return messages
  }

  private static func message(
    _ turn: JSON, _ key: String, _ fields: RowFields
  ) throws(DataError) -> Message {
    guard var members = turn.object else { throw fields.wrongType(key, "an object", turn) }
    guard let from = members["from"] else { throw fields.missing("\(key).from") }
    guard let value = members["value"] else { throw fields.missing("\(key).value") }
    let speaker = try fields.string(from, "\(key).from")
    let text = try fields.string(value, "\(key).value")
    guard let role = roles.first(where: { $0.key == speaker })?.value else {
      throw DataError(
        .unknownSpeaker(
          fields.location, key: "\(key).from", speaker: DataError.shortened(speaker),
          known: roles.map(\.key)))
    }
    members["from"] = nil
    members["value"] = nil
    guard speaker == "function_call" else {
      return Message(role: role, content: text, extra: members)
    }
    members["tool_calls"] = try toolCalls(text, "\(key).value", fields)
    return Message(role: role, content: nil, extra: members)
  }

  /// A `function_call` turn holds `{name, arguments}` or a list of them as JSON text; templates want
  /// them as `tool_calls`.
  private static func toolCalls(
    _ text: String, _ key: String, _ fields: RowFields
  ) throws(DataError) -> JSON {
    let parsed = try? JSON.parse(text)
    let calls = parsed?.array ?? parsed.map { [$0] } ?? []
    guard !calls.isEmpty, calls.allSatisfy({ $0["name"]?.string != nil }) else {
      throw DataError(
        .valueOutOfRange(
          fields.location, key: key, expected: "a {name, arguments} object, or a list, as JSON text"
        ))
    }
    return .array(calls.map { ["type": "function", "function": $0] })
  }
}
