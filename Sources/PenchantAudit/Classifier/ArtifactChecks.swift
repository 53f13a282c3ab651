import PenchantCore
import PenchantData

/// Findings of the artifact classifiers: how much a model learns that sees no meaning at all, and labels it finds implausible.
package enum ArtifactChecks {
  /// What always choosing the longer answer, and what one person, agree with the majority of people (AlpacaEval).
  package static let longestAgainstPeople = 0.622
  package static let onePersonAgainstPeople = 0.657

  static let artifact = Check(
    "artifact", .warn, "the preferred answer can be told without reading",
    measures:
      "differences φ(chosen) − φ(rejected) of length, of style, and of words (hashed to 65536 places, 1 for a word on one side alone)",
    formula:
      "antisymmetric L2 logistic regression without intercept, C = 1 (words 0.1, fitted on at most 20 000 pairs), five folds grouped by prompt; accuracy with Wilson interval by prompts, AUC with random orientation, p by flipping held-out orientations (exact binomial; where prompts repeat, all rows of one together)",
    threshold:
      "accuracy above 0.622 (what length alone reaches against people in AlpacaEval) with the interval above 0.55",
    why: "Whatever such a model finds, preference tuning finds first.",
    remedy: "Look at what it goes by; balance it in the data before tuning.")

  static let flips = Check(
    "suspected-flips", .info, "labels that the rest of the data contradicts",
    measures: "out-of-fold probabilities p of the words classifier",
    formula:
      "confident learning (Northcutt et al. 1911.00068): t = mean p of the given labels; suspected where 1 − p ≥ t and p < ½, ranked by p",
    threshold:
      "only where the classifier is right in at least 75 % of the pairs; weaker ones suspect everybody",
    why:
      "20–40 % of public preference labels are wrong; ten points more noise cost up to thirty points of win rate (2404.09824).",
    remedy:
      "Have the rows judged again; the patch softens them, which needs an objective that knows confidence (cdpo)."
  )

  static let least = 0.75

  static func findings(_ models: [ArtifactModel], _ table: RowTable) -> [Finding] {
    var findings: [Finding] = []
    for model in models
    where model.score.accuracy > longestAgainstPeople && model.score.interval.lower > 0.55 {
      let score = model.score
      let names = score.weights.prefix(6).map { "\($0.value > 0 ? "+" : "−")\($0.name)" }
      findings.append(
        Finding(
          artifact, count: Int((score.accuracy * Double(score.pairs)).rounded()), of: score.pairs,
          summary:
            "A model that sees \(score.view.title) is right in \(NumberText.percent(score.accuracy)) of the pairs"
            + (score.view == .length ? "." : "; it goes by \(names.joined(separator: ", "))."),
          figures: [
            .init("accuracy", score.accuracy), .init("effective pairs", score.effectivePairs),
            .init("lower", score.interval.lower),
            .init("upper", score.interval.upper), .init("auc", score.areaUnderCurve),
            .init("p", score.p),
          ]))
    }
    if let words = models.first(where: { $0.score.view == .words }), words.score.accuracy >= least {
      if let finding = suspects(words.probabilities, table) { findings.append(finding) }
    }
    return findings
  }

  private static func suspects(_ probabilities: [Float], _ table: RowTable) -> Finding? {
    let judged = table.pairs.indices.filter { !table.pairs[$0].isTie }
    let suspected = suspectedFlips(judged.map { Double(probabilities[$0]) }).map { judged[$0] }
    guard !suspected.isEmpty else { return nil }
    return Finding(
      flips, count: suspected.count, of: judged.count,
      summary: "\(suspected.count) labels are implausible to a model fitted on the other prompts.",
      rows: suspected.map {
        .init($0, "probability of the label \(NumberText.fixed(Double(probabilities[$0]), 2))")
      },
      edits: suspected.sorted().map {
        PatchEdit($0, .soften(confidence: 0.5), flips.id)
      })
  }

  /// Positions of the labels that the off-diagonal of the confident joint holds, the least plausible first.
  ///
  /// With two antisymmetric classes both thresholds are the mean probability of the given labels.
  static func suspectedFlips(_ probabilities: [Double]) -> [Int] {
    guard !probabilities.isEmpty else { return [] }
    let threshold = probabilities.reduce(0, +) / Double(probabilities.count)
    return probabilities.indices.filter {
      probabilities[$0] < 0.5 && 1 - probabilities[$0] >= threshold
    }
    .sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
  }
}
