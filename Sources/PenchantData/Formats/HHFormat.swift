package import PenchantCore

/// Anthropic's HH-RLHF transcripts: `{chosen, rejected}`, both strings that start with `\n\nHuman:`.
///
/// The prompt ends after the last `\n\nAssistant:` that both sides share. Where the conversations part
/// before their last turn, the answers therefore hold the later turns of both speakers.
package struct HHFormat: PairFormat {
  package var name: String { "hh" }
  package var shape: String {
    "{chosen, rejected} of \\n\\nHuman: … \\n\\nAssistant: … transcripts"
  }

  private static let opening = "\n\nHuman:"
  private static let marker = Array("\n\nAssistant:".utf8)

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"] == nil
      && row["chosen"]?.string?.utf8.starts(with: Self.opening.utf8) == true
      && row["rejected"]?.string?.utf8.starts(with: Self.opening.utf8) == true
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let chosen = Array(try fields.requireString("chosen").utf8)
    let rejected = Array(try fields.requireString("rejected").utf8)
    guard let end = Self.promptEnd(chosen, rejected) else {
      throw DataError(.noSharedTurn(location))
    }
    // The marker is ASCII, so that a cut behind it never splits a character.
    return try fields.pair(
      prompt: .text(String(decoding: chosen[..<end], as: UTF8.self)),
      chosen: .text(String(decoding: chosen[end...], as: UTF8.self)),
      rejected: .text(String(decoding: rejected[end...], as: UTF8.self)))
  }

  /// The offset behind the last marker that lies within what both transcripts share.
  private static func promptEnd(_ chosen: [UInt8], _ rejected: [UInt8]) -> Int? {
    let limit = min(chosen.count, rejected.count)
    var shared = 0
    while shared < limit, chosen[shared] == rejected[shared] { shared += 1 }
    var end = shared
    while end >= marker.count {
      if chosen[end - marker.count..<end].elementsEqual(marker) { return end }
      end -= 1
    }
    return nil
  }

  package var writing: RowWriting { .pairs }

  /// Two transcripts; turns of user and assistant become `Human:` and `Assistant:`.
  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let rejected = try pair.required(pair.rejected)
    let prompt: String
    let answers: (String, String)
    if case .text(let text) = pair.prompt, text.utf8.starts(with: Self.opening.utf8),
      case .text(let first) = pair.chosen, case .text(let second) = rejected
    {
      prompt = text
      answers = (first, second)
    } else {
      guard pair.systemPrompt == nil else { throw .turns }
      let (turns, chosen, other) = pair.takeTurns()
      prompt = try Self.transcript(turns) + "\n\nAssistant:"
      answers = (
        " " + (try Self.transcript(chosen, continues: true)),
        " " + (try Self.transcript(other ?? [], continues: true))
      )
    }
    let whole = (prompt + answers.0, prompt + answers.1)
    guard let end = Self.promptEnd(Array(whole.0.utf8), Array(whole.1.utf8)),
      end == prompt.utf8.count
    else { throw .ambiguous }
    return JSONObject(["chosen": .string(whole.0), "rejected": .string(whole.1)])
  }

  /// Turns as a transcript.
  /// - Parameter continues: whether the first turn's speaker stands there already.
  private static func transcript(
    _ turns: [Message], continues: Bool = false
  ) throws(Unwritable) -> String {
    var text = ""
    for (index, turn) in turns.enumerated() {
      let speaker = ["user": "Human", "assistant": "Assistant"][turn.role]
      guard let words = turn.words, let speaker, !(continues && index == 0 && turn.role == "user")
      else { throw .turns }
      text += continues && index == 0 ? words : "\n\n\(speaker): \(words)"
    }
    return text
  }
}
