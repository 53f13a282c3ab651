package import PenchantCore

/// Amazon Bedrock's and Nova's: a conversation whose last turn has two candidates,
/// `{system: [{text}], messages: [{role, content: [{text}]}, …, {role: assistant, candidates: [{content,
/// preferenceLabel: preferred | non-preferred}]}]}` (Amazon Nova user guide, "Direct preference optimization").
///
/// Parts of a content are joined: they are all text, or the row is an error.
package struct BedrockFormat: PairFormat {
  package var name: String { "bedrock" }
  package var shape: String {
    "{system, messages} whose last turn has candidates with a preferenceLabel"
  }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["messages"]?.array?.last?["candidates"]?.array != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    var turns: [Message] = []
    if let system = fields.takeIfPresent("system") {
      turns.append(
        Message(role: "system", content: try Self.words(system, "system", fields)))
    }
    guard var given = fields.takeIfPresent("messages")?.array, let last = given.popLast() else {
      throw fields.missing("messages")
    }
    for (position, turn) in given.enumerated() {
      turns.append(try Self.message(turn, "messages[\(position)]", fields))
    }
    let key = "messages[\(given.count)]"
    var answers: [String: Message] = [:]
    for (position, candidate) in (last["candidates"]?.array ?? []).enumerated() {
      let path = "\(key).candidates[\(position)]"
      let label = candidate["preferenceLabel"]?.string ?? ""
      guard ["preferred", "non-preferred"].contains(label), answers[label] == nil else {
        throw DataError(
          .valueOutOfRange(
            location, key: "\(path).preferenceLabel",
            expected: "preferred for one candidate and non-preferred for another"))
      }
      guard let content = candidate["content"] else { throw fields.missing("\(path).content") }
      answers[label] = Message(
        role: "assistant", content: try Self.words(content, "\(path).content", fields))
    }
    guard let chosen = answers["preferred"], let rejected = answers["non-preferred"] else {
      throw fields.missing("\(key).candidates[1]")
    }
    return try fields.pair(
      prompt: .messages(turns), chosen: .messages([chosen]), rejected: .messages([rejected]))
  }

  private static func message(
    _ turn: JSON, _ key: String, _ fields: borrowing RowFields
  ) throws(DataError) -> Message {
    var message = try fields.message(turn, key)
    if let content = turn["content"] {
      message.content = .string(try words(content, "\(key).content", fields))
    }
    return message
  }

  /// A string, or text parts joined.
  private static func words(
    _ content: JSON, _ key: String, _ fields: borrowing RowFields
  ) throws(DataError) -> String {
    guard let parts = content.array else { return try fields.string(content, key) }
    var text = ""
    for (position, part) in parts.enumerated() {
      guard let words = part["text"]?.string else {
        throw DataError(.unsupportedMember(fields.location, key: "\(key)[\(position)]"))
      }
      text += words
    }
    return text
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, rejected) = pair.takeTurns()
    let answers = [chosen, try pair.required(rejected)]
    var turns = prompt[...]
    var row = JSONObject()
    func parts(_ text: String) -> JSON { [["text": .string(text)]] }
    if let first = turns.first, first.role == "system", let words = first.words {
      row["system"] = parts(words)
      turns = turns.dropFirst()
    }
    var messages: [JSON] = []
    for turn in turns {
      guard let words = turn.words else { throw Unwritable.turns }
      messages.append(["role": .string(turn.role), "content": parts(words)])
    }
    var candidates: [JSON] = []
    for (turns, label) in zip(answers, ["preferred", "non-preferred"]) {
      guard turns.count == 1, let words = turns[0].words else { throw Unwritable.turns }
      candidates.append(["content": parts(words), "preferenceLabel": .string(label)])
    }
    messages.append(["role": "assistant", "candidates": .array(candidates)])
    row["messages"] = .array(messages)
    return row
  }
}
