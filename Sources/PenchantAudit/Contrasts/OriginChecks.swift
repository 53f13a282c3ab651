import PenchantCore
import PenchantData

/// What is known of where answers and labels come from: the model that wrote, the people who judged, how many rows there are.
enum OriginChecks {
  static let source = Check(
    "source-predicts", .warn, "the model that wrote an answer predicts the winner",
    measures:
      "chosen_model / rejected_model and their other spellings, in rows where the two differ",
    formula:
      "out of all comparisons of a model, the share it wins; accuracy of always choosing the model that wins more elsewhere, Wilson interval by prompts",
    threshold: "accuracy above 0.70 with its interval above 0.65, at least 50 rows",
    why: "Tuning then imitates one model's manner (distillation) instead of what people prefer.",
    remedy: "Compare answers of one model, or mix sources on both sides.")

  static let agreement = Check(
    "agreement", .warn, "people agree little",
    measures: "votes of a row as {w, l} for the chosen and the rejected answer under `votes`",
    formula:
      "probability p that two votes for the same row agree (ties left out); flip rate e = (1 − √(2p − 1))/2; ceiling 1 − e",
    threshold: "p below 0.65",
    why:
      "Held-out accuracy cannot exceed the ceiling whatever is trained; single labels are wrong with probability e.",
    remedy: "Clearer guidelines, more votes a row, or an objective that knows noise (cdpo, robust)."
  )

  static let power = Check(
    "few-pairs", .info, "there are few pairs",
    measures: "the number of pairs and of different prompts",
    formula: "deviation from ½ that n pairs show with 80 % power at 5 %: (1.96 + 0.84) / (2 √n)",
    threshold: "fewer than 1000 pairs",
    why:
      "Smaller effects than this cannot be told from chance, neither here nor in the evaluation.",
    remedy: "Take findings below that size as unknown, not as absent.")

  private static let names = [
    ("chosen_model", "rejected_model"), ("chosen-model", "rejected-model"),
    ("model_chosen", "model_rejected"),
    ("chosen_source", "rejected_source"), ("source_chosen", "source_rejected"),
  ]

  static func findings(_ table: RowTable) -> [Finding] {
    [source(table), agreement(table), power(table)].compactMap { $0 }
  }

  private static func source(_ table: RowTable) -> Finding? {
    var duels: [(index: Int, winner: String, loser: String)] = []
    var record: [String: (won: Int, all: Int)] = [:]
    for (index, pair) in table.pairs.enumerated() where !pair.extra.isEmpty && !pair.isTie {
      for (first, second) in names {
        guard let winner = pair.extra[first]?.string, let loser = pair.extra[second]?.string,
          winner != loser
        else { continue }
        duels.append((index, winner, loser))
        record[winner, default: (0, 0)].won += 1
        record[winner, default: (0, 0)].all += 1
        record[loser, default: (0, 0)].all += 1
        break
      }
    }
    guard duels.count >= 50 else { return nil }
    // The row itself is left out of both records, so that nothing predicts itself.
    let outcomes = duels.map { duel in
      let (own, other) = (record[duel.winner] ?? (0, 0), record[duel.loser] ?? (0, 0))
      let ours = Double(own.won - 1) / Double(max(1, own.all - 1))
      let theirs = Double(other.won) / Double(max(1, other.all - 1))
      return ours > theirs ? 1 : ours == theirs ? 0.5 : 0
    }
    let right = ClusteredShare(outcomes, clusters: duels.map { table.rows[$0.index].prompt })
    let (accuracy, interval) = (right.value, right.interval)
    guard accuracy > 0.70, interval.lower > 0.65 else { return nil }
    return Finding(
      source, count: duels.count, of: table.count,
      summary:
        "Knowing only which model wrote them tells the chosen answer in \(NumberText.percent(accuracy)) of "
        + "\(duels.count) pairs of \(record.count) models.",
      figures: [
        .init("accuracy", accuracy), .init("lower", interval.lower), .init("upper", interval.upper),
      ])
  }

  /// The share of agreeing pairs of votes over all rows with two votes and more; nil where there are fewer than 30.
  static func agreement(of pairs: [Pair]) -> (share: Double, rows: Int)? {
    var (agreeing, all, rows) = (0.0, 0.0, 0)
    for pair in pairs where !pair.extra.isEmpty {
      guard let votes = pair.extra["votes"], let first = votes["w"]?.double,
        let second = votes["l"]?.double, first + second >= 2
      else { continue }
      let n = first + second
      // One row counts once, however many voted.
      agreeing += (first * (first - 1) + second * (second - 1)) / (n * (n - 1))
      all += 1
      rows += 1
    }
    return rows >= 30 ? (agreeing / all, rows) : nil
  }

  private static func agreement(_ table: RowTable) -> Finding? {
    guard let (share, rows) = agreement(of: table.pairs), share < 0.65 else { return nil }
    let flips = Statistics.flipRate(agreement: share)
    return Finding(
      agreement, count: rows, of: table.count,
      summary:
        "Two people agree with probability \(NumberText.fixed(share, 2)); a label is wrong with probability "
        + "\(NumberText.fixed(flips, 2)), and no model can score above \(NumberText.percent(1 - flips)).",
      figures: [.init("agreement", share), .init("ceiling", 1 - flips)])
  }

  private static func power(_ table: RowTable) -> Finding? {
    guard table.count < 1000 else { return nil }
    let deviation = Statistics.detectableDeviation(table.count)
    return Finding(
      power, count: table.count, of: table.count,
      summary:
        "\(table.count) pairs over \(table.differentPrompts.count) prompts show shares that differ from 50 % by "
        + "\(NumberText.fixed(deviation * 100, 1)) points and more; smaller ones go unseen.",
      figures: [.init("detectable deviation", deviation)])
  }
}
