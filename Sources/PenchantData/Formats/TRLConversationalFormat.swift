package import PenchantCore

/// TRL's conversational preference format: `{prompt, chosen, rejected}`, each a list of messages.
///
/// An answer may also be one message that is not in a list.
///
/// `prompt` may also be a string. It is then the first user turn; where both answers repeat it they
/// are whole conversations (UltraFeedback), and what they share is the prompt.
package struct TRLConversationalFormat: PairFormat {
  package var name: String { "trl-conversational" }
  package var shape: String {
    "{prompt, chosen, rejected} of message lists; prompt may be a string"
  }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    (row["prompt"]?.array != nil || row["prompt"]?.string != nil)
      && row["chosen"]?.isTurns == true && row["rejected"]?.isTurns == true
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requirePassage("prompt")
    let chosen = try fields.requireMessages("chosen")
    let rejected = try fields.requireMessages("rejected")
    switch prompt {
    case .messages:
      return try fields.pair(
        prompt: prompt, chosen: .messages(chosen), rejected: .messages(rejected))
    case .text(let question):
      let chosenRepeats = try Self.repeats(question, chosen, "chosen", location)
      let rejectedRepeats = try Self.repeats(question, rejected, "rejected", location)
      if chosenRepeats && rejectedRepeats {
        let split = SharedPrefix.split(chosen, rejected)
        return try fields.pair(
          prompt: .messages(split.prompt), chosen: .messages(split.chosen),
          rejected: .messages(split.rejected))
      }
      guard !chosenRepeats && !rejectedRepeats else {
        let key = chosenRepeats ? "rejected" : "chosen"
        throw DataError(.promptContradicted(location, key: key))
      }
      return try fields.pair(
        prompt: .messages([Message(role: "user", content: question)]),
        chosen: .messages(chosen), rejected: .messages(rejected))
    }
  }

  /// Whether an answer begins with the question itself, perhaps after a system turn.
  private static func repeats(
    _ question: String, _ turns: [Message], _ key: String, _ location: RowLocation
  ) throws(DataError) -> Bool {
    guard let first = turns.first(where: { $0.role != "system" }), first.role == "user" else {
      return false
    }
    guard first.text.hasSameBytes(as: question) else {
      throw DataError(.promptContradicted(location, key: key))
    }
    return true
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, rejected) = pair.takeTurns()
    return JSONObject([
      "prompt": prompt.json, "chosen": chosen.json, "rejected": try pair.required(rejected).json,
    ])
  }
}
