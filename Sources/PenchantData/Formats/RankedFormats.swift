package import PenchantCore

/// NVIDIA NeMo-RL: `{context: [messages], completions: [{rank, completion: [messages]}], task_name}`; the lowest
/// rank is the best.
package struct NeMoRLFormat: PairFormat {
  package var name: String { "nemo-rl" }
  package var shape: String { "{context, completions: [{rank, completion}]} of message lists" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["context"]?.array != nil && row["completions"]?.array != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let context = try fields.requireMessages("context")
    let answers = try fields.rankedAnswers("completions", text: "completion") {
      fields, value, key throws(DataError) in
      guard let turns = value.array else {
        throw fields.wrongType(key, "a list of messages", value)
      }
      return .messages(try fields.messages(turns, key))
    }
    return try fields.ranking(prompt: .messages(context), answers)
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, rejected) = pair.takeTurns()
    let answers = [chosen.json, try pair.required(rejected).json]
    return JSONObject([
      "context": prompt.json, "completions": pair.takeRanked(answers, text: "completion"),
    ])
  }
}

/// Berkeley's Nectar: `{prompt, answers: [{answer, rank, model}]}` of strings; the lowest rank is the best.
package struct NectarFormat: PairFormat {
  package var name: String { "nectar" }
  package var shape: String { "{prompt, answers: [{answer, rank}]} of strings" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"]?.string != nil && row["answers"]?.array != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requireString("prompt")
    let answers = try fields.rankedAnswers("answers", text: "answer") {
      fields, value, key throws(DataError) in .text(try fields.string(value, key))
    }
    return try fields.ranking(prompt: .text(prompt), answers)
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let texts = try pair.takeTexts()
    let answers: [JSON] = [.string(texts.chosen), .string(try pair.required(texts.rejected))]
    if let system = texts.system { pair.systemPrompt = system }
    return JSONObject([
      "prompt": .string(texts.prompt), "answers": pair.takeRanked(answers, text: "answer"),
    ])
  }
}

extension RowFields {
  /// Takes a list of answers that each have a `rank` and, under `text`, their words.
  mutating func rankedAnswers(
    _ key: String, text: String,
    _ read: (RowFields, JSON, String) throws(DataError) -> Completion
  ) throws(DataError) -> [RankedAnswers.Answer] {
    let value = try require(key)
    guard let list = value.array else { throw wrongType(key, "a list", value) }
    guard list.count > 1 else {
      throw DataError(.valueOutOfRange(location, key: key, expected: "two answers or more"))
    }
    // A pair's place in an index has room for so many of one row.
    let limit = 64
    guard list.count <= limit else {
      throw DataError(.valueOutOfRange(location, key: key, expected: "at most \(limit) answers"))
    }
    var answers: [RankedAnswers.Answer] = []
    for (position, item) in list.enumerated() {
      let path = "\(key)[\(position)]"
      guard var details = item.object else { throw wrongType(path, "an object", item) }
      guard let words = details[text] else { throw missing("\(path).\(text)") }
      guard let number = details["rank"] else { throw missing("\(path).rank") }
      guard let rank = number.double else { throw wrongType("\(path).rank", "a number", number) }
      details[text] = nil
      answers.append(
        .init(
          completion: try read(self, words, "\(path).\(text)"), rank: rank, details: details))
    }
    return answers
  }

  /// Makes the row of a ranked list.
  consuming func ranking(
    prompt: Prompt, _ answers: [RankedAnswers.Answer]
  ) throws(DataError) -> RowContents {
    let shared = try makePair(prompt: prompt, chosen: answers[0].completion, rejected: nil)
    return .ranking(RankedAnswers(shared: shared, answers: answers))
  }
}

extension Pair {
  /// Two answers as a ranked list; of a tie both have the same rank.
  mutating func takeRanked(_ answers: [JSON], text: String) -> JSON {
    let details = [RankedAnswers.chosenDetails, RankedAnswers.rejectedDetails]
      .map { take($0)?.object ?? JSONObject() }
    let ranks: [JSON] = [1, isTie ? 1 : 2]
    // The list's own ranks, where they say the same.
    let own = details.map { $0["rank"]?.double }
    let keepsOwn =
      own[0].flatMap { first in own[1].map { isTie ? first == $0 : first < $0 } } ?? false
    isTie = false
    return .array(
      answers.indices.map { index in
        var answer = JSONObject([text: answers[index]])
        answer["rank"] = keepsOwn ? details[index]["rank"] : ranks[index]
        for (key, value) in details[index].members where answer[key] == nil { answer[key] = value }
        return .object(answer)
      })
  }
}
