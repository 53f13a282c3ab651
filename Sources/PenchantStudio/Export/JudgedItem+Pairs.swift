import PenchantCore
import PenchantData

extension JudgedItem {
  /// What a rule made of the item.
  struct Outcome {
    var rows: [JSONObject] = []
    /// Pairs of answers that were judged and are in no row.
    var dropped = 0
  }

  /// The rows that a rule makes of the item, in the format `penchant` writes itself.
  /// - Parameter names: annotators by number.
  func outcome(_ rule: ExportRule, names: [Int64: String]) -> Outcome {
    guard !judgements.isEmpty else { return Outcome() }
    var outcome = answers.count == 2 ? pair(rule, names) : ranking(rule, names)
    outcome.rows += edits(names)
    return outcome
  }

  private func votes(_ first: Int, _ second: Int) -> VoteCount {
    judgements.reduce(into: VoteCount()) { $0.add($1, first, second) }
  }

  private func pair(_ rule: ExportRule, _ names: [Int64: String]) -> Outcome {
    let votes = votes(0, 1)
    switch rule.decide(votes) {
    case .nothing: return Outcome(dropped: 1)
    case .tie:
      return Outcome(rows: [row(0, 1, votes.json(chosen: 0), names) { $0["tie"] = true }])
    case .prefers(let side, let confidence):
      let row = row(side, 1 - side, votes.json(chosen: side), names) { row in
        row["confidence"] = confidence.map { .number(JSONNumber($0)) }
      }
      return Outcome(rows: [row])
    }
  }

  /// Every two answers of which one is preferred, as long as together they are an order.
  private func ranking(_ rule: ExportRule, _ names: [Int64: String]) -> Outcome {
    var majorities: [RankedPairs.Majority] = []
    var votesOf: [[Int]: (votes: VoteCount, confidence: Double?)] = [:]
    var judged = 0
    for first in answers.indices {
      for second in answers.indices where first < second {
        let votes = votes(first, second)
        guard votes.count > 0 else { continue }
        judged += 1
        guard case .prefers(let side, let confidence) = rule.decide(votes) else { continue }
        let (winner, loser) = side == 0 ? (first, second) : (second, first)
        let margin = abs(votes.first - votes.second)
        majorities.append(.init(winner: winner, loser: loser, margin: margin))
        votesOf[[winner, loser]] = (votes, confidence)
      }
    }
    let locked = RankedPairs.locked(majorities, answers: answers.count)
      .sorted { ($0.winner, $0.loser) < ($1.winner, $1.loser) }
    let id = self.row["id"]?.string ?? ""
    let rows = locked.enumerated().map { index, majority in
      let known = votesOf[[majority.winner, majority.loser]]
      let chosen = majority.winner < majority.loser ? 0 : 1
      return row(
        majority.winner, majority.loser, known?.votes.json(chosen: chosen) ?? .null, names
      ) { row in
        row["id"] = .string("\(id)/\(index + 1)")
        row["confidence"] = known?.confidence.map { .number(JSONNumber($0)) }
        // k answers make up to k(k − 1)/2 pairs; so weighted a prompt counts k/2 however long its list.
        let own = row["weight"]?.double ?? 1
        row["weight"] = .number(JSONNumber(own / Double(answers.count - 1)))
      }
    }
    return Outcome(rows: rows, dropped: judged - rows.count)
  }

  /// Edited answers, each preferred to what it was made of.
  private func edits(_ names: [Int64: String]) -> [JSONObject] {
    let edited = judgements.filter { $0.edited != nil }
    let id = self.row["id"]?.string ?? ""
    return edited.enumerated().compactMap { index, judgement in
      guard let edit = judgement.edited, answers.indices.contains(edit.answer) else { return nil }
      let original = answers[edit.answer]
      var row = JSONObject()
      row["id"] = .string("\(id)/edit-\(index + 1)")
      row["system"] = self.row["system"]
      row["prompt"] = self.row["prompt"]
      row["chosen"] = original.completion.replacingWords(with: edit.text).json
      row["rejected"] = original.completion.json
      for (key, value) in self.row.members where row[key] == nil { row[key] = value }
      for (name, value) in original.details.members { row[SideName.join(name, side: 1)] = value }
      row["source"] = "human-edit"
      row["annotator"] = .string(names[judgement.annotator] ?? "")
      return row
    }
  }

  private func row(
    _ chosen: Int, _ rejected: Int, _ votes: JSON, _ names: [Int64: String],
    _ change: (inout JSONObject) -> Void
  ) -> JSONObject {
    var row = JSONObject()
    row["id"] = self.row["id"]
    row["system"] = self.row["system"]
    row["prompt"] = self.row["prompt"]
    row["chosen"] = answers[chosen].completion.json
    row["rejected"] = answers[rejected].completion.json
    for (key, value) in self.row.members where row[key] == nil { row[key] = value }
    for (side, number) in [chosen, rejected].enumerated() {
      for (name, value) in answers[number].details.members {
        row[SideName.join(name, side: side)] = value
      }
    }
    if let original, [chosen, rejected].contains(original) {
      row["label_before"] = .string(original == chosen ? "chosen" : "rejected")
    }
    row["votes"] = votes
    row["judgements"] = .array(
      judgements.compactMap { $0.json(chosen: chosen, rejected: rejected, names) })
    change(&row)
    return row
  }
}

extension StandingJudgement {
  /// `{annotator, preferred, strength, side, seconds, guidelines, comment}` of one judgement of two answers.
  fileprivate func json(chosen: Int, rejected: Int, _ names: [Int64: String]) -> JSON? {
    guard let strength = strength(chosen, over: rejected) else { return nil }
    let preferred: String =
      verdict == .bothBad
      ? "both_bad" : strength > 0 ? "chosen" : strength < 0 ? "rejected" : "tie"
    var json = JSONObject()
    json["annotator"] = .string(names[annotator] ?? "")
    json["preferred"] = .string(preferred)
    if abs(strength) > 0, verdict != .ranked { json["strength"] = .count(abs(strength)) }
    if shown.count == 2 { json["chosen_side"] = shown.first == chosen ? "left" : "right" }
    json["seconds"] = .number(JSONNumber(Double(millisecondsVisible) / 1000))
    json["guidelines"] = .string(String(guidelines.prefix(12)))
    json["comment"] = comment.map(JSON.string)
    return .object(json)
  }
}

extension Completion {
  /// The same answer with other words; of several turns the last one's.
  fileprivate func replacingWords(with text: String) -> Completion {
    switch self {
    case .text: return .text(text)
    case .messages(var turns):
      guard let last = turns.indices.last else { return .text(text) }
      turns[last] = Message(role: turns[last].role, content: text)
      return .messages(turns)
    }
  }
}
