package import PenchantCore

/// Label Studio's JSON_MIN (and CSV) export of a Pairwise task.
///
/// A row has the data's members and, under the name of the control, `[{selected}]`. It is one person's annotation, and
/// so a pair with one vote.
package struct LabelStudioMinFormat: PairFormat {
  package var name: String { "label-studio-min" }
  package var shape: String { "{prompt, answer1, answer2, CONTROL: [{selected: left | right}]}" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"] != nil && Self.answers(row) != nil && Self.control(row) != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    guard let names = Self.answers(row) else { throw fields.missing("answer1") }
    guard let (control, selected) = Self.control(row) else {
      throw DataError(.noJudgement(location))
    }
    var votes = Votes()
    switch selected {
    case "left", names.first: votes.add(.first)
    case "right", names.second: votes.add(.second)
    default:
      throw DataError(
        .valueOutOfRange(
          location, key: "\(DataError.shortened(control))[0].selected",
          expected: "left, right, \(names.first) or \(names.second)"))
    }
    let prompt = try fields.requirePassage("prompt")
    let first = prompt.matching(try fields.requirePassage(names.first))
    let second = prompt.matching(try fields.requirePassage(names.second))
    fields.keep(control, nil)
    fields.keep(Votes.key, votes.json)
    return try fields.compared(
      prompt: prompt, first: first, second: second, votes.verdict)
  }

  private static func answers(_ row: JSON) -> (first: String, second: String)? {
    [("answer1", "answer2"), ("text1", "text2"), ("response1", "response2")].first {
      row[$0.0] != nil && row[$0.1] != nil
    }
  }

  /// The control that has a selection, and what it selected; a table has it as JSON text.
  private static func control(_ row: JSON) -> (name: String, selected: String)? {
    for (name, value) in row.object?.members ?? JSONObject().members {
      var results = value.array
      if results == nil, let text = value.string, text.utf8.starts(with: "[{".utf8) {
        results = (try? JSON.parse(text))?.array
      }
      if let selected = results?.first?["selected"]?.string { return (name, selected) }
    }
    return nil
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let rejected = try pair.required(pair.rejected)
    if pair.isTie { throw Unwritable.tie }
    pair.extra[Votes.key] = nil
    return JSONObject([
      "prompt": pair.prompt.json, "answer1": pair.chosen.json, "answer2": rejected.json,
      "comparison": [["selected": "left"]],
    ])
  }
}
