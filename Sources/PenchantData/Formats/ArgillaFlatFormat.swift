package import PenchantCore

/// Argilla's records as they lie in a data set on a hub: fields and questions side by side.
///
/// Version 2 has `QUESTION.responses` beside `QUESTION.responses.status`, a value a person; version 1 has
/// `QUESTION: [{user_id, value, status}]`. What a value may be is said at ``ArgillaFormat``.
package struct ArgillaFlatFormat: PairFormat {
  package var name: String { "argilla-flat" }
  package var shape: String {
    "{prompt, response1, response2, QUESTION.responses} or QUESTION: [{value, status}]"
  }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    guard let object = row.object, Self.prompt(object) != nil else { return false }
    return object.keys.filter(ArgillaFormat.isResponse).count > 1
      && object.members.contains { Self.isQuestion($0, $1) }
  }

  private static let suffix = ".responses"

  private static func prompt(_ row: JSONObject) -> String? {
    ["prompt", "instruction"].first { row[$0] != nil }
  }

  private static func isQuestion(_ key: String, _ value: JSON) -> Bool {
    guard let list = value.array else { return false }
    return key.hasSuffix(suffix)
      || list.first.map { $0["value"] != nil && $0["status"] != nil } == true
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    guard let key = Self.prompt(fields.members) else { throw fields.missing("prompt") }
    let names = fields.members.keys.filter(ArgillaFormat.isResponse)
    guard names.count > 1 else { throw fields.missing("response2") }
    var ranks = MeanRanks(names: names)
    for (question, value) in Self.submitted(fields.members) {
      guard ranks.add(value, question: question) else {
        throw DataError(
          .valueOutOfRange(
            location, key: DataError.shortened(question),
            expected: "a ranking of the responses, the name of one, \"tie\", or a rating"))
      }
    }
    guard let means = ranks.means else { throw DataError(.noJudgement(location)) }
    let prompt = try fields.requirePassage(key)
    var answers: [RankedAnswers.Answer] = []
    for (name, rank) in zip(names, means) {
      answers.append(
        .init(
          completion: prompt.matching(try fields.requirePassage(name)), rank: rank,
          details: JSONObject(["field": .string(name)])))
    }
    return try fields.ranking(prompt: prompt, answers)
  }

  /// What people submitted; of a question nobody said anything about the responses' statuses counts as submitted.
  private static func submitted(_ row: JSONObject) -> [(question: String, value: JSON)] {
    var list: [(question: String, value: JSON)] = []
    for (key, value) in row.members where isQuestion(key, value) {
      let statuses = row[key + ".status"]?.array ?? []
      for (index, response) in (value.array ?? []).enumerated() {
        let isFlat = key.hasSuffix(suffix)
        let status = isFlat ? (index < statuses.count ? statuses[index] : nil) : response["status"]
        guard status?.string.map({ $0 == "submitted" }) ?? true else { continue }
        let said = isFlat ? response : response["value"] ?? .null
        let question = isFlat ? String(key.dropLast(suffix.count)) : key
        if !said.isNull { list.append((question, said)) }
      }
    }
    return list
  }

  /// A record with its answers as `response1` and `response2`, and one submitted ranking of them.
  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let rejected = try pair.required(pair.rejected)
    pair.extra[RankedAnswers.chosenDetails] = nil
    pair.extra[RankedAnswers.rejectedDetails] = nil
    // What the row was judged by speaks of the old order.
    for (key, value) in pair.extra.members where Self.isQuestion(key, value) {
      pair.extra[key] = nil
      pair.extra[key + ".status"] = nil
      pair.extra[key + ".users"] = nil
    }
    let ranking: JSON = [
      ["value": "response1", "rank": 1], ["value": "response2", "rank": pair.isTie ? 1 : 2],
    ]
    pair.isTie = false
    return JSONObject([
      "prompt": pair.prompt.json, "response1": pair.chosen.json, "response2": rejected.json,
      "ranking.responses": [ranking], "ranking.responses.status": ["submitted"],
    ])
  }
}
