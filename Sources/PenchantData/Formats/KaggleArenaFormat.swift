package import PenchantCore

/// The arena's battles as Kaggle has them: `{prompt, response_a, response_b}` with `winner` (model_a, model_b or tie;
/// WSDM Cup) or `winner_model_a`, `winner_model_b`, `winner_tie` (1 and 0; LMSYS).
///
/// Texts are plain, or lists of one text a turn, written as JSON: prompts and answers then take turns.
package struct KaggleArenaFormat: PairFormat {
  package var name: String { "kaggle-arena" }
  package var shape: String {
    "{prompt, response_a, response_b, winner} or with winner_model_a, winner_model_b, winner_tie"
  }

  private static let flags = ["winner_model_a", "winner_model_b", "winner_tie"]

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    ["prompt", "response_a", "response_b"].allSatisfy { row[$0] != nil }
      && (row["winner"]?.string != nil || Self.flags.allSatisfy { row[$0] != nil })
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let verdict = try Self.verdict(&fields)
    let prompts = try Self.texts("prompt", &fields)
    let first = try Self.texts("response_a", &fields)
    let second = try Self.texts("response_b", &fields)
    for (key, answers) in [("response_a", first), ("response_b", second)]
    where answers.count != prompts.count {
      throw DataError(
        .valueOutOfRange(
          location, key: key, expected: "as many turns as the prompt has, \(prompts.count)"))
    }
    if prompts.count == 1 {
      return try fields.compared(
        prompt: .text(prompts[0]), first: .text(first[0]), second: .text(second[0]), verdict)
    }
    func turns(_ answers: [String]) -> [Message] {
      zip(prompts, answers).flatMap {
        [Message(role: "user", content: $0), Message(role: "assistant", content: $1)]
      }
    }
    let split = SharedPrefix.split(turns(first), turns(second))
    return try fields.compared(
      prompt: .messages(split.prompt), first: .messages(split.chosen),
      second: .messages(split.rejected), verdict)
  }

  private static func verdict(_ fields: inout RowFields) throws(DataError) -> Verdict {
    if let winner = fields.members["winner"]?.string {
      guard let verdict = Verdict(arena: winner) else {
        throw DataError(
          .valueOutOfRange(
            fields.location, key: "winner", expected: "model_a, model_b, tie or tie (bothbad)"))
      }
      return verdict
    }
    var set: [Int] = []
    for (index, key) in flags.enumerated() {
      let value = fields.members[key] ?? .null
      guard value.flag != nil || value.string == "1" || value.string == "0" else {
        throw fields.wrongType(key, "1 or 0", value)
      }
      if isSet(value) { set.append(index) }
    }
    guard set.count == 1 else {
      throw DataError(
        .valueOutOfRange(
          fields.location, key: flags[0],
          expected: "1 for one of the three winners and 0 for the others"
        ))
    }
    return [Verdict.first, .second, .tie][set[0]]
  }

  /// Tables have texts for numbers.
  private static func isSet(_ value: JSON?) -> Bool {
    value?.flag ?? (value?.string == "1")
  }

  /// A text, or one a turn.
  private static func texts(
    _ key: String, _ fields: inout RowFields
  ) throws(DataError) -> [String] {
    let value = try fields.require(key)
    var list = value.array
    if list == nil, let text = value.string, text.utf8.first == UInt8(ascii: "[") {
      // A prompt may begin with a bracket and be no list.
      list = (try? JSON.parse(text))?.array.flatMap { parsed in
        parsed.allSatisfy { $0.string != nil || $0.isNull } && !parsed.isEmpty ? parsed : nil
      }
    }
    guard let list else { return [try fields.string(value, key)] }
    var texts: [String] = []
    for (position, element) in list.enumerated() {
      texts.append(try fields.string(element, "\(key)[\(position)]"))
    }
    guard !texts.isEmpty else { throw fields.missing("\(key)[0]") }
    return texts
  }

  /// A battle in the shape of the WSDM Cup; which side won is the row's own affair where it says so.
  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (system, prompt, chosen, other) = try pair.takeTexts()
    let rejected = try pair.required(other)
    guard system == nil else { throw Unwritable.turns }
    let flags = Self.flags.map { pair.take($0) }
    let secondWon = pair.take("winner")?.string == "model_b" || Self.isSet(flags[1])
    let isSwapped = secondWon && !pair.isTie
    defer { pair.isTie = false }
    // A text that is a list would be taken for turns.
    if prompt.utf8.first == UInt8(ascii: "["), (try? JSON.parse(prompt))?.array != nil {
      throw Unwritable.turns
    }
    return JSONObject([
      "prompt": .string(prompt), "response_a": .string(isSwapped ? rejected : chosen),
      "response_b": .string(isSwapped ? chosen : rejected),
      "winner": pair.isTie ? "tie" : isSwapped ? "model_b" : "model_a",
    ])
  }
}
