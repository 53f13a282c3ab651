package import PenchantCore

/// Argilla's records: `{fields: {prompt, response1, response2, …}, responses}`.
///
/// `responses` is what version 2 writes, `{question: [{value, user_id, status}]}`, or version 1,
/// `[{values: {question: {value}}, status}]`. Submitted ones count. A value may be a ranking (`[{value, rank}]`, or
/// names, the best first), the name of the better response, or `tie`; a number is a rating of the response
/// whose name is part of the question's. The mean rank over all people orders the responses.
package struct ArgillaFormat: PairFormat {
  package var name: String { "argilla" }
  package var shape: String { "{fields: {prompt, response1, response2}, responses}" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["fields"]?.object != nil && row["responses"] != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var row = try RowFields(row, format: name, at: location)
    var fields = try row.requireObject("fields")
    guard let question = fields["prompt"] ?? fields["instruction"] else {
      throw row.missing("fields.prompt")
    }
    let prompt = try row.passage(question, "fields.prompt")
    let names = fields.keys.filter(Self.isResponse)
    guard names.count > 1 else { throw row.missing("fields.response2") }
    var ranks = MeanRanks(names: names)
    for (question, value) in Self.submitted(row.members["responses"]) {
      guard ranks.add(value, question: question) else {
        throw DataError(
          .valueOutOfRange(
            location, key: "responses.\(DataError.shortened(question))",
            expected: "a ranking of the responses, the name of one, \"tie\", or a rating"))
      }
    }
    guard let means = ranks.means else { throw DataError(.noJudgement(location)) }
    var answers: [RankedAnswers.Answer] = []
    for (name, rank) in zip(names, means) {
      guard let value = fields[name] else { continue }
      answers.append(
        .init(
          completion: prompt.matching(try row.passage(value, "fields.\(name)")), rank: rank,
          details: JSONObject(["field": .string(name)])))
      fields[name] = nil
    }
    fields["prompt"] = nil
    if !fields.isEmpty { row.keep("fields", .object(fields)) }
    return try row.ranking(prompt: prompt, answers)
  }

  static func isResponse(_ key: String) -> Bool {
    ["response", "reply", "answer", "completion", "generation"].contains {
      key.hasPrefix($0) && key.utf8.last.map { (0x30...0x39).contains($0) } == true
    }
  }

  /// The submitted answers to all questions, of either version's shape.
  private static func submitted(_ responses: JSON?) -> [(question: String, value: JSON)] {
    func counts(_ response: JSON) -> Bool {
      response["status"]?.string.map { $0 == "submitted" } ?? true
    }
    var list: [(question: String, value: JSON)] = []
    for (question, given) in (responses?.object ?? JSONObject()).members {
      for response in given.array ?? [] where counts(response) {
        if let value = response["value"] { list.append((question, value)) }
      }
    }
    for response in responses?.array ?? [] where counts(response) {
      for (question, answer) in (response["values"]?.object ?? JSONObject()).members {
        if let value = answer["value"] { list.append((question, value)) }
      }
    }
    return list
  }

  /// A record with its answers as `response1` and `response2`, and one submitted ranking of them.
  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let rejected = try pair.required(pair.rejected)
    var fields = pair.take("fields")?.object ?? JSONObject()
    fields["prompt"] = pair.prompt.json
    fields["response1"] = pair.chosen.json
    fields["response2"] = rejected.json
    pair.extra[RankedAnswers.chosenDetails] = nil
    pair.extra[RankedAnswers.rejectedDetails] = nil
    pair.extra["responses"] = nil
    let ranking: JSON = [
      ["value": "response1", "rank": 1], ["value": "response2", "rank": pair.isTie ? 1 : 2],
    ]
    pair.isTie = false
    return JSONObject([
      "fields": .object(fields),
      "responses": ["ranking": [["value": ranking, "status": "submitted"]]],
    ])
  }
}
