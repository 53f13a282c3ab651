package import PenchantCore

/// TRL's implicit-prompt format: `{chosen, rejected}`, both strings or both lists of messages that
/// begin with the prompt; see ``SharedPrefix`` for where it ends.
///
/// Anthropic transcripts are left to ``HHFormat``, because the first differing character may lie
/// deep inside the answers; asking for this format by name applies TRL's rule to them all the same.
package struct TRLImplicitFormat: PairFormat {
  package var name: String { "trl-implicit" }
  package var shape: String { "{chosen, rejected} that begin with the same prompt" }

  /// Keys under which other formats keep the prompt; a row that has one is not prompt-less.
  private static let promptKeys = [
    "prompt", "instruction", "question", "input", "messages", "conversations", "context",
  ]

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    guard let chosen = row["chosen"], let rejected = row["rejected"],
      Self.promptKeys.allSatisfy({ row[$0]?.isNull != false })
    else { return false }
    return switch (chosen, rejected) {
    case (.string, .string): !HHFormat().matches(row)
    case (.array, .array): true
    default: false
    }
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let chosen = try fields.requirePassage("chosen")
    let rejected = try fields.requirePassage("rejected")
    switch (chosen, rejected) {
    case (.text(let chosen), .text(let rejected)):
      let split = SharedPrefix.split(chosen, rejected)
      return try fields.pair(
        prompt: .text(split.prompt), chosen: .text(split.chosen), rejected: .text(split.rejected))
    case (.messages(let chosen), .messages(let rejected)):
      let split = SharedPrefix.split(chosen, rejected)
      return try fields.pair(
        prompt: .messages(split.prompt), chosen: .messages(split.chosen),
        rejected: .messages(split.rejected))
    case (.text, .messages):
      throw fields.wrongType("rejected", "a string as 'chosen' is", rejected.json)
    case (.messages, .text):
      throw fields.wrongType("rejected", "a list of messages as 'chosen' is", rejected.json)
    }
  }

  /// Two whole conversations, or two whole texts where TRL's rule finds the same prompt in them again.
  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let rejected = try pair.required(pair.rejected)
    switch (pair.prompt, pair.chosen, rejected) {
    case (.text(let prompt), .text(let chosen), .text(let rejected)) where pair.systemPrompt == nil:
      let whole = (prompt + chosen, prompt + rejected)
      let split = SharedPrefix.split(whole.0, whole.1)
      guard split.prompt.hasSameBytes(as: prompt), split.chosen.hasSameBytes(as: chosen) else {
        throw .ambiguous
      }
      return JSONObject(["chosen": .string(whole.0), "rejected": .string(whole.1)])
    default:
      let (chosen, rejected) = try pair.takeConversations()
      return JSONObject(["chosen": chosen.json, "rejected": rejected.json])
    }
  }
}
