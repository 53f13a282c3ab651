package import PenchantCore

/// Label Studio's JSON export of a Pairwise task: `{data: {prompt, answer1, answer2}, annotations: [{result:
/// [{type: "pairwise", to_name, value: {selected}}]}]}`.
///
/// Each annotation that was not cancelled is a vote, for `left` or `right` or for the name of an answer's
/// field. The majority decides; as many for one as for the other is a tie.
package struct LabelStudioFormat: PairFormat {
  package var name: String { "label-studio" }
  package var shape: String {
    "{data: {prompt, answer1, answer2}, annotations: [{result: [{type: pairwise}]}]}"
  }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["data"]?.object != nil && row["annotations"]?.array != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    var data = try fields.requireObject("data")
    let annotations = row["annotations"]?.array ?? []
    let names = Self.answers(annotations, data)
    var votes = Votes()
    for selection in annotations.compactMap(Self.selection) {
      switch selection {
      case "left", names.first: votes.add(.first)
      case "right", names.second: votes.add(.second)
      default:
        throw DataError(
          .valueOutOfRange(
            location, key: "annotations.result.value.selected",
            expected: "left, right, \(names.first) or \(names.second)"))
      }
    }
    guard votes.count > 0 else { throw DataError(.noJudgement(location)) }
    var passages: [Passage] = []
    for key in ["prompt", names.first, names.second] {
      guard let value = data[key] else { throw fields.missing("data.\(key)") }
      passages.append(try fields.passage(value, "data.\(key)"))
      data[key] = nil
    }
    if !data.isEmpty { fields.keep("data", .object(data)) }
    fields.keep(Votes.key, votes.json)
    return try fields.compared(
      prompt: passages[0], first: passages[0].matching(passages[1]),
      second: passages[0].matching(passages[2]), votes.verdict)
  }

  /// The names of the two answers in `data`: what the control points at, else the usual ones.
  private static func answers(
    _ annotations: [JSON], _ data: JSONObject
  ) -> (first: String, second: String) {
    for result in annotations.flatMap({ $0["result"]?.array ?? [] }) {
      let named =
        result["to_name"]?.array?.compactMap(\.string)
        ?? result["to_name"]?.string?.split(separator: ",").map { String($0) } ?? []
      let names = named.map { String($0.trimmingSpaces) }
      if names.count == 2, data[names[0]] != nil, data[names[1]] != nil {
        return (names[0], names[1])
      }
    }
    return data["answer1"] == nil && data["text1"] != nil
      ? ("text1", "text2") : ("answer1", "answer2")
  }

  /// What an annotation selected; nil where it is cancelled or of another kind.
  private static func selection(_ annotation: JSON) -> String? {
    guard annotation["was_cancelled"]?.bool != true else { return nil }
    let results = annotation["result"]?.array ?? []
    return results.first { $0["type"]?.string == "pairwise" }?["value"]?["selected"]?.string
  }

  /// A task with its answers as `answer1` and `answer2`; the annotations are those it was read from, else one,
  /// or one for either side where it is a tie.
  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let rejected = try pair.required(pair.rejected)
    if pair.extra["annotations"] != nil, pair.extra[Votes.key] != nil {
      // The answers stand in the order of preference now; the selections spoke of the old one.
      pair.extra["annotations"] = nil
    }
    var data = pair.take("data")?.object ?? JSONObject()
    data["prompt"] = pair.prompt.json
    data["answer1"] = pair.chosen.json
    data["answer2"] = rejected.json
    let votes = pair.extra[Votes.key]
    pair.extra[Votes.key] = nil
    let (left, right) = pair.isTie ? (1, 1) : (1, 0)
    let counts = (votes?["w"]?.int ?? left, votes?["l"]?.int ?? right)
    pair.isTie = false
    let selections =
      Array(repeating: "left", count: min(max(counts.0, 0), 1000))
      + Array(repeating: "right", count: min(max(counts.1, 0), 1000))
    let annotations = selections.map { side -> JSON in
      [
        "result": [
          [
            "type": "pairwise", "from_name": "comparison", "to_name": "answer1,answer2",
            "value": ["selected": .string(side)],
          ]
        ]
      ]
    }
    return JSONObject(["data": .object(data), "annotations": .array(annotations)])
  }
}

extension StringProtocol {
  /// Without spaces at either end.
  fileprivate var trimmingSpaces: SubSequence {
    let start = firstIndex { $0 != " " } ?? endIndex
    let end = self[start...].lastIndex { $0 != " " }.map { index(after: $0) } ?? start
    return self[start..<end]
  }
}

extension Passage {
  /// An answer beside this prompt: a plain text becomes a turn where the prompt consists of turns.
  func matching(_ answer: Passage) -> Passage {
    guard case .messages = self, case .text(let text) = answer else { return answer }
    return .messages([Message(role: "assistant", content: text)])
  }
}
