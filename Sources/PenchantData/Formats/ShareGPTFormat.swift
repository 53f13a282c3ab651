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

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requireShareGPT()
    let chosen = try Self.message(fields.require("chosen"), "chosen", fields)
    let rejected = try Self.message(fields.require("rejected"), "rejected", fields)
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

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, rejected) = pair.takeTurns()
    let answers = [chosen, try pair.required(rejected)]
    guard answers.allSatisfy({ $0.count == 1 }) else { throw .turns }
    var row = try Self.conversation(prompt)
    row["chosen"] = try Self.turn(answers[0][0])
    row["rejected"] = try Self.turn(answers[1][0])
    row["tools"] = pair.tools.map { .string($0.text()) }
    pair.tools = nil
    return row
  }

  /// `conversations`, and a system turn at their beginning as `system`.
  static func conversation(_ turns: [Message]) throws(Unwritable) -> JSONObject {
    var row = JSONObject()
    var turns = turns[...]
    if let first = turns.first, first.role == "system", let words = first.words, !words.isEmpty {
      row["system"] = .string(words)
      turns.removeFirst()
    }
    var list: [JSON] = []
    for message in turns { list.append(try turn(message)) }
    row["conversations"] = .array(list)
    return row
  }

  /// One turn in the format's own words.
  private static func turn(_ message: Message) throws(Unwritable) -> JSON {
    var members = message.extra
    var text = message.content?.string
    let speaker: String
    switch (message.role, members["tool_calls"]?.array) {
    case ("assistant", let calls?):
      guard text == nil || text?.isEmpty == true else { throw .turns }
      let functions = calls.compactMap { $0["function"] }
      guard functions.count == calls.count, !functions.isEmpty else { throw .turns }
      text = (functions.count == 1 ? functions[0] : .array(functions)).text()
      members["tool_calls"] = nil
      speaker = "function_call"
    case ("assistant", nil): speaker = "gpt"
    case ("user", _): speaker = "human"
    case ("system", _): speaker = "system"
    case ("tool", _): speaker = "observation"
    default: throw .turns
    }
    guard let text else { throw .turns }
    var turn = JSONObject(["from": .string(speaker), "value": .string(text)])
    for (key, value) in members.members where turn[key] == nil { turn[key] = value }
    return .object(turn)
  }
}
