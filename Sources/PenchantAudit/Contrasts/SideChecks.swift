import PenchantCore
import PenchantData

/// What one side's answers are or do more often than the other's.
enum SideChecks {
  static let length = Check(
    "length", .warn, "longer answers are preferred",
    measures: "length of the two answers in code points",
    formula:
      "share of pairs whose longer answer is chosen (equal lengths half), Wilson interval by prompts; median difference",
    threshold: "interval above 0.5 and share above 0.60, or below 0.40",
    why:
      "Length is the first thing that preference tuning learns; it explains 70–90 % of what PPO gains (2310.03716), and DPO amplifies it (2403.19159).",
    remedy:
      "Balance lengths, or use an objective that normalises by length (simpo) or penalises it.")

  static let style = Check(
    "style", .warn, "one side is formatted more",
    measures:
      "headers, list items, bold, code blocks, emoji, links, exclamation and question marks, paragraphs (Arena's patterns, code blocks first)",
    formula:
      "pairs where the chosen answer has more (b) against fewer (c); two-sided sign test, Bonferroni over the features",
    threshold:
      "|b − c| at least 5 % of the pairs, (b) or (c) above 60 % of b + c, corrected p < 0.001",
    why: "Format is learnt in place of content: lists win 61 % of human votes whatever they say.",
    remedy:
      "Ask whether the format is what was meant; balance it, or drop pairs that differ in format alone."
  )

  static let traits = Check(
    "habits", .warn, "one side has a habit",
    measures:
      "answers that begin with yes or sure, leave a code fence open, end in mid-sentence (on a letter or a comma after 200 bytes)",
    formula:
      "pairs where only the chosen answer does (b) against only the rejected (c); two-sided sign test",
    threshold: "|b − c| at least 3 % of the pairs and p < 0.001",
    why:
      "A cut or an opener on one side is a mark of where the answer came from, not of its worth.",
    remedy: "Generate both sides with the same limits.")

  static let refusal = Check(
    "refusals", .warn, "refusals stand on one side",
    measures: "English refusals in the first 240 bytes of each answer",
    formula:
      "pairs where only the chosen answer refuses (b) against only the rejected (c); two-sided sign test",
    threshold: "|b − c| at least 3 % of the pairs and p < 0.001",
    why: "The model learns to refuse, or never to, before it learns when.",
    remedy: "Right for safety data; elsewhere look at the rows.")

  static let sycophancy = Check(
    "sycophancy", .info, "agreement is preferred where the user states an opinion",
    measures:
      "rows whose last user turn states an opinion; phrases of agreement and apology in the first 240 bytes",
    formula:
      "pairs where only the chosen answer agrees (b) against only the rejected (c); two-sided sign test",
    threshold: "b > c and p < 0.01",
    why:
      "Matching the user's view is among the features that best predict human preference (2310.13548).",
    remedy: "Read the examples; add pairs where the better answer disagrees.")

  static func findings(_ table: RowTable) -> [Finding] {
    var findings = [length(table)].compactMap { $0 }
    for style in AnswerFacts.Style.allCases where style != .characters {
      if let finding = contrast(style, table) { findings.append(finding) }
    }
    for trait in AnswerFacts.Trait.allCases where trait != .agreement {
      let check = trait == .refusal ? refusal : traits
      if let finding = contrast(check, trait, table, within: nil) { findings.append(finding) }
    }
    let opinions = table.rows.indices.filter { table.rows[$0].statesOpinion }
    if let finding = contrast(sycophancy, .agreement, table, within: opinions) {
      findings.append(finding)
    }
    return findings
  }

  private static func length(_ table: RowTable) -> Finding? {
    guard table.count > 0 else { return nil }
    var differences = table.rows.map {
      $0.chosenFacts[.characters] - $0.rejectedFacts[.characters]
    }
    let longer = ClusteredShare(
      differences.map { $0 > 0 ? 1 : $0 == 0 ? 0.5 : 0 }, clusters: table.rows.map(\.prompt))
    let (share, interval) = (longer.value, longer.interval)
    guard interval.lower > 0.5 && share > 0.60 || interval.upper < 0.5 && share < 0.40 else {
      return nil
    }
    differences.sort()
    let median = Double(differences[differences.count / 2])
    let kind = share > 0.5 ? "longer" : "shorter"
    return Finding(
      length, count: differences.count { share > 0.5 ? $0 > 0 : $0 < 0 }, of: table.count,
      summary:
        "The \(kind) answer is the chosen one in \(NumberText.percent(max(share, 1 - share))) of the pairs; "
        + "half of the chosen answers are \(NumberText.fixed(abs(median), 0)) characters \(median < 0 ? "shorter" : "longer") or more.",
      figures: [
        .init("share", share), .init("lower", interval.lower), .init("upper", interval.upper),
        .init("median difference", median),
      ])
  }

  /// Rows where a trait stands on one side, and the finding if that is no accident.
  private static func contrast(
    _ check: Check, _ trait: AnswerFacts.Trait, _ table: RowTable, within: [Int]?
  ) -> Finding? {
    let contrast = SideContrast(table, within: within) { $0.has(trait) }
    if within == nil {
      guard Double(abs(contrast.excess)) >= 0.03 * Double(contrast.population), contrast.p < 0.001
      else { return nil }
    } else {
      guard contrast.excess > 0, contrast.p < 0.01 else { return nil }
    }
    let rows = contrast.prevailing.map {
      Finding.Row($0, "only the \(contrast.side) answer \(trait.name)")
    }
    return Finding(
      check, count: rows.count, of: contrast.population,
      summary:
        "Only the chosen answer \(trait.name) in \(contrast.chosen.count) pairs, only the rejected in "
        + "\(contrast.rejected.count).",
      figures: contrast.figures, rows: rows)
  }

  private static func contrast(_ style: AnswerFacts.Style, _ table: RowTable) -> Finding? {
    var (more, fewer) = ([Int](), [Int]())
    var (chosenSum, rejectedSum) = (0.0, 0.0)
    for (index, row) in table.rows.enumerated() {
      let (left, right) = (row.chosenFacts[style], row.rejectedFacts[style])
      chosenSum += Double(left)
      rejectedSum += Double(right)
      if left > right { more.append(index) }
      if left < right { fewer.append(index) }
    }
    let features = Double(AnswerFacts.Style.allCases.count - 1)
    let (excess, discordant) = (more.count - fewer.count, more.count + fewer.count)
    let p = min(1, Statistics.signTest(more.count, fewer.count) * features)
    guard discordant > 0, Double(abs(excess)) >= 0.05 * Double(table.count), p < 0.001,
      Double(max(more.count, fewer.count)) > 0.6 * Double(discordant)
    else { return nil }
    let rows = (excess > 0 ? more : fewer)
      .map {
        Finding.Row($0, "the \(excess > 0 ? "chosen" : "rejected") answer has more \(style.name)")
      }
    func mean(_ sum: Double) -> String { NumberText.fixed(sum / Double(max(1, table.count)), 2) }
    return Finding(
      Self.style, count: rows.count, of: table.count,
      summary:
        "The chosen answer has more \(style.name) in \(more.count) pairs and fewer in \(fewer.count) "
        + "(\(mean(chosenSum)) against \(mean(rejectedSum)) on average).",
      figures: [
        .init("more", Double(more.count)), .init("fewer", Double(fewer.count)), .init("p", p),
      ],
      rows: rows)
  }
}
