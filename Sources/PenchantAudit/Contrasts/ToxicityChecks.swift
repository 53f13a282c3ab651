import PenchantCore

/// Insults and threats in answers; and apart from them, words for groups of people.
enum ToxicityChecks {
  static let toxic = Check(
    "toxic-words", .info, "answers hold words of insult or threat",
    measures:
      "insults, slurs and threats of a short English list of our own in each answer, whole words without regard to case",
    formula:
      "answers with such words, and the words by sort, on either side; pairs where only the chosen answer has one (b) against only the rejected (c); two-sided sign test",
    threshold: "any answer",
    why:
      "What stands on the rejected side alone is unlearnt, what stands on the chosen side alone is learnt. A list knows words and not what they do: an answer that quotes an insult to condemn it is counted too, and one that insults in polite words is not. So nothing is ever dropped for it.",
    remedy: "Read the chosen answers that have such words alone; the decision is yours.")

  static let identity = Check(
    "identity-terms", .info, "terms for groups of people stand on one side",
    measures:
      "neutral English words for groups (by faith, origin, colour, love, age, disability) in each answer, counted apart from insults",
    formula:
      "pairs where only the chosen answer has one (b) against only the rejected (c); two-sided sign test",
    threshold: "(b) or (c) above 60 % of b + c, and p < 0.001",
    why:
      "None of these words is an insult, and none is counted as one: filters that take the mention of a group for an attack on it remove what the group says of itself (2104.06390, 2104.08758). Where the mention itself stands on the rejected side, a model learns to avoid the subject.",
    remedy:
      "Ask whether it is the group or what is said of it that people judged; add pairs in which both answers speak of it."
  )

  private static let toxicSorts: [ToxicTerms.Sort] = [.insults, .slurs, .threats]

  static func findings(_ table: RowTable) -> [Finding] {
    [toxicFinding(table), identityFinding(table)].compactMap { $0 }
  }

  private static func toxicFinding(_ table: RowTable) -> Finding? {
    let contrast = SideContrast(table) { facts in
      toxicSorts.contains { facts.terms[$0.rawValue] > 0 }
    }
    let rows = table.rows.indices.compactMap { index -> Finding.Row? in
      let sides = [
        ("chosen", sorts(table.rows[index].chosenFacts)),
        ("rejected", sorts(table.rows[index].rejectedFacts)),
      ].filter { !$0.1.isEmpty }
      guard !sides.isEmpty else { return nil }
      return .init(index, sides.map { "\($0.0): \($0.1)" }.joined(separator: "; "))
    }
    guard !rows.isEmpty else { return nil }
    func words(_ sort: ToxicTerms.Sort) -> (chosen: Int, rejected: Int) {
      table.rows.reduce((0, 0)) {
        (
          $0.0 + Int($1.chosenFacts.terms[sort.rawValue]),
          $0.1 + Int($1.rejectedFacts.terms[sort.rawValue])
        )
      }
    }
    let bySort = toxicSorts.map { ($0.name, words($0)) }.filter { $0.1.chosen + $0.1.rejected > 0 }
    return Finding(
      toxic, count: rows.count, of: table.count,
      summary:
        "\(contrast.answers.chosen) chosen and \(contrast.answers.rejected) rejected answers hold such words; only the "
        + "chosen answer in \(counted(contrast.chosen.count, "pair", "pairs")), only the rejected in "
        + "\(contrast.rejected.count) (p = \(NumberText.significant(contrast.p, 2))).",
      figures: contrast.figures
        + bySort.flatMap { name, words in
          [
            Finding.Figure("\(name) in chosen", Double(words.chosen)),
            Finding.Figure("\(name) in rejected", Double(words.rejected)),
          ]
        }, rows: rows,
      table: Finding.Table(
        columns: ["words", "in chosen answers", "in rejected answers"],
        rows: bySort.map { name, words in
          [name, NumberText.grouped(words.chosen), NumberText.grouped(words.rejected)]
        }))
  }

  /// `2 insults, 1 threats`; never the words.
  private static func sorts(_ facts: AnswerFacts) -> String {
    toxicSorts.filter { facts.terms[$0.rawValue] > 0 }
      .map { "\(facts.terms[$0.rawValue]) of \($0.name)" }.joined(separator: ", ")
  }

  private static func identityFinding(_ table: RowTable) -> Finding? {
    let contrast = SideContrast(table) { $0.terms[ToxicTerms.Sort.identities.rawValue] > 0 }
    let discordant = contrast.chosen.count + contrast.rejected.count
    guard contrast.p < 0.001, Double(contrast.prevailing.count) > 0.6 * Double(discordant) else {
      return nil
    }
    return Finding(
      identity, count: contrast.prevailing.count, of: table.count,
      summary:
        "Only the chosen answer names a group in \(contrast.chosen.count) pairs, only the rejected in "
        + "\(contrast.rejected.count).",
      figures: contrast.figures,
      rows: contrast.prevailing.map {
        .init($0, "only the \(contrast.side) answer names a group")
      })
  }
}
