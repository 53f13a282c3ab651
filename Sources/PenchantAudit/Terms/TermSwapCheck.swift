import PenchantCore
import PenchantData

/// What the words model makes of answers in which he stands for she, one name or group for another.
///
/// The model is linear, w · φ, so that every answer that says `he` moves by the same amount when it says `she`. Signs of
/// these differences over rows are therefore no sample of anything: they repeat one weight, and a sign test of them
/// would call any noise certain. What is uncertain is the weight. Its interval comes from the folds' models, each of which
/// lacks one fold of the prompts (a delete-a-group jackknife); the sign test asks the labels themselves, in those prompts where
/// the two answers differ in the group they speak of.
enum TermSwapCheck {
  static let check = Check(
    "term-swap", .info, "terms for people, exchanged",
    measures:
      "he and she with their kin, men's and women's given names, nationalities, religions, in both answers (short English lists of our own; whole words; names and nationalities only where capitalised)",
    formula:
      "Δ = w · (φ(answer with the terms of one kind exchanged) − φ(answer)) in log-odds, w of the words classifier that has not seen the prompt; mean |Δ| over the answers with terms; mean Δ of the first group's terms made the second's, over answers that have one group's alone, with a jackknife interval over the five folds' models (Student's t, 4 degrees of freedom); pairs whose verdict turns. All answers that say he share one Δ, so a sign test of Δ would test nothing: it is of the labels, over prompts where one answer has the first group's terms alone and the other the second's alone (two-sided, Bonferroni over the kinds)",
    threshold: "a remark on every kind with terms in at least 30 pairs",
    why:
      "Whether an answer speaks of a son or a daughter seldom makes it better. Where the words of one group count for more, tuning can learn that as it learns any word.",
    remedy:
      "Believe a difference when its interval leaves 0 and the labels agree; the model knows words, not what they stand for. Then look at the rows, and add each pair a second time with the terms exchanged in both answers (1807.11714)."
  )

  static let fewest = 30

  static func finding(_ words: ArtifactModel?, _ table: RowTable) -> Finding? {
    guard let words else { return nil }
    let judged = table.pairs.indices.filter { !table.pairs[$0].isTie }
    let found = zip(TermKind.all, SwapMeasure.all(of: judged, words, table))
      .filter { $1.rows.count >= fewest }
    guard !found.isEmpty else { return nil }
    let margins = judged.map { abs(words.margins[$0]) }.sorted()
    let typical = margins[margins.count / 2]
    let outcomes = found.map { Outcome($0, $1, table) }
    let rows = largestFirst(found)
    return Finding(
      check, count: rows.count, of: judged.count,
      summary:
        "Exchanged in one answer, terms change its log-odds of being preferred ("
        + outcomes.map(\.clause).joined(separator: "; ")
        + "). Half of the pairs have a margin above \(NumberText.fixed(typical, 2)).",
      figures: [.init("typical margin", typical)] + outcomes.flatMap(\.figures), rows: rows,
      table: Finding.Table(
        columns: [
          "terms of", "pairs", "mean |Δ|", "the second for the first (95 %)", "verdicts turned",
          "labels: first, second",
        ], rows: outcomes.map(\.cells)))
  }

  /// The rows concerned, each with its largest difference, the largest first.
  private static func largestFirst(_ found: [(TermKind, SwapMeasure)]) -> [Finding.Row] {
    var largest: [Int: (kind: TermKind, swap: SwapMeasure.Swap)] = [:]
    for (kind, measure) in found {
      for swap in measure.swaps {
        if let known = largest[swap.row], abs(known.swap.delta) >= abs(swap.delta) { continue }
        largest[swap.row] = (kind, swap)
      }
    }
    return largest.values
      .sorted { (abs($1.swap.delta), $0.swap.row) < (abs($0.swap.delta), $1.swap.row) }
      .map { kind, swap in
        .init(
          swap.row,
          "\(kind.name) exchanged in the \(swap.isChosen ? "chosen" : "rejected") answer: "
            + "log-odds \(signed(swap.delta))")
      }
  }

  /// One kind's figures, in words and for programs.
  private struct Outcome {
    let clause: String
    let cells: [String]
    let figures: [Finding.Figure]

    init(_ kind: TermKind, _ measure: SwapMeasure, _ table: RowTable) {
      let (first, second) = measure.preferredGroups(table)
      let p = min(1, Statistics.signTest(first, second) * Double(TermKind.all.count))
      var figures: [(String, Double)] = [
        ("pairs", Double(measure.rows.count)), ("answers", Double(measure.swaps.count)),
        ("mean size", measure.meanSize), ("verdicts turned", Double(measure.turned)),
        ("first preferred", Double(first)), ("second preferred", Double(second)), ("p", p),
      ]
      var direction = "–"
      if let (mean, interval) = measure.direction {
        direction = "\(signed(mean)) (\(signed(interval.lower)) … \(signed(interval.upper)))"
        figures += [("mean", mean), ("lower", interval.lower), ("upper", interval.upper)]
      }
      let turned = NumberText.grouped(measure.turned)
      let size = NumberText.fixed(measure.meanSize, 3)
      clause =
        "\(kind.name): by \(size), \(turned) \(measure.turned == 1 ? "verdict turns" : "verdicts turn")"
      cells = [
        "\(kind.name): \(kind.first), \(kind.second)", NumberText.grouped(measure.rows.count), size,
        direction, turned,
        first + second == 0 ? "–" : "\(first), \(second) (p = \(NumberText.significant(p, 2)))",
      ]
      self.figures = figures.map { .init("\(kind.name) \($0)", $1) }
    }
  }

  private static func signed(_ value: Double) -> String {
    (value < 0 ? "−" : "+") + NumberText.fixed(abs(value), 3)
  }
}
