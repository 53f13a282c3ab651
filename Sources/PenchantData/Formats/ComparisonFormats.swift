package import PenchantCore

/// Tinker's labelled comparison: `{comparison: {prompt_conversation, completion_A, completion_B}, label}`, the
/// label `A`, `B` or `Tie`.
package struct TinkerFormat: PairFormat {
  package var name: String { "tinker" }
  package var shape: String {
    "{comparison: {prompt_conversation, completion_A, completion_B}, label: A | B | Tie}"
  }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["comparison"]?["prompt_conversation"] != nil && row["label"]?.string != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    var comparison = try fields.requireObject("comparison")
    let label = try fields.requireString("label")
    var passages: [Passage] = []
    for key in ["prompt_conversation", "completion_A", "completion_B"] {
      let path = "comparison.\(key)"
      guard let value = comparison[key] else { throw fields.missing(path) }
      guard let turns = value.array else {
        throw fields.wrongType(path, "a list of messages", value)
      }
      passages.append(.messages(try fields.messages(turns, path)))
      comparison[key] = nil
    }
    guard let verdict = Verdict(tinker: label) else {
      throw DataError(
        .valueOutOfRange(location, key: "label", expected: "\"A\", \"B\" or \"Tie\""))
    }
    if !comparison.isEmpty { fields.keep("comparison", .object(comparison)) }
    return try fields.compared(
      prompt: passages[0], first: passages[1], second: passages[2], verdict)
  }

  package var writing: RowWriting { .strictPairs }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, rejected) = pair.takeTurns()
    var comparison = JSONObject([
      "prompt_conversation": prompt.json, "completion_A": chosen.json,
      "completion_B": try pair.required(rejected).json,
    ])
    if let more = pair.take("comparison")?.object {
      for (key, value) in more.members where comparison[key] == nil { comparison[key] = value }
    }
    defer { pair.isTie = false }
    return JSONObject([
      "comparison": .object(comparison), "label": pair.isTie ? "Tie" : "A",
    ])
  }
}

/// Which of two answers a judgement prefers.
enum Verdict: Equatable {
  case first, second, tie
  /// Neither is any good.
  case bothBad

  init?(tinker label: String) {
    switch label {
    case "A": self = .first
    case "B": self = .second
    case "Tie": self = .tie
    default: return nil
    }
  }

  init?(arena winner: String) {
    switch winner {
    case "model_a": self = .first
    case "model_b": self = .second
    case "tie": self = .tie
    case "tie (bothbad)", "both_bad", "bothbad": self = .bothBad
    default: return nil
    }
  }
}

extension RowFields {
  /// Makes what a judgement of two answers says.
  ///
  /// A tie stays a pair, marked; two bad answers are two unpaired ones with a bad label.
  consuming func compared(
    prompt: Prompt, first: Completion, second: Completion, _ verdict: Verdict
  ) throws(DataError) -> RowContents {
    var pair = try makePair(prompt: prompt, chosen: first, rejected: second)
    switch verdict {
    case .first: break
    case .second: (pair.chosen, pair.rejected) = (second, first)
    case .tie: pair.isTie = true
    case .bothBad:
      let bad = [first, second].enumerated().map { number, completion in
        var row = pair
        row.id += "/\(number + 1)"
        row.chosen = completion
        row.rejected = nil
        row.isLiked = false
        return row
      }
      return .pairs(bad)
    }
    return .pairs([pair])
  }
}

/// Chatbot Arena's battles: `{model_a, model_b, winner, conversation_a, conversation_b}`.
///
/// The winner is `model_a`, `model_b`, `tie` or `tie (bothbad)`; what both conversations begin with is the prompt.
package struct ArenaFormat: PairFormat {
  package var name: String { "arena" }
  package var shape: String { "{conversation_a, conversation_b, winner} of message lists" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["conversation_a"]?.array != nil && row["conversation_b"]?.array != nil
      && row["winner"]?.string != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let first = try fields.requireMessages("conversation_a")
    let second = try fields.requireMessages("conversation_b")
    // The winner stays in `extra`: with the models' names it says which of them won.
    let winner = try fields.requireString("winner")
    guard let verdict = Verdict(arena: winner) else {
      throw DataError(
        .valueOutOfRange(
          location, key: "winner", expected: "model_a, model_b, tie or tie (bothbad)"))
    }
    fields.keep("winner", .string(winner))
    if fields.members["id"] == nil, let question = fields.members["question_id"]?.string {
      fields.keep("id", .string(question))
    }
    let split = SharedPrefix.split(first, second)
    return try fields.compared(
      prompt: .messages(split.prompt), first: .messages(split.chosen),
      second: .messages(split.rejected), verdict)
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (chosen, rejected) = try pair.takeConversations()
    // Which side won is the row's own affair where it says so.
    let isSwapped = pair.take("winner")?.string == "model_b" && !pair.isTie
    defer { pair.isTie = false }
    return JSONObject([
      "winner": pair.isTie ? "tie" : isSwapped ? "model_b" : "model_a",
      "conversation_a": (isSwapped ? rejected : chosen).json,
      "conversation_b": (isSwapped ? chosen : rejected).json,
    ])
  }
}
