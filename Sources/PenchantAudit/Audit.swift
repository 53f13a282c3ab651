package import PenchantCore
package import PenchantData

/// What would be learnt from a set of pairs besides what people meant.
///
/// The pairs are read through once on all processors; checks about the whole work on what that left. Time is linear in the
/// bytes, memory is that of the pairs and about 500 bytes for each.
package struct Audit: Sendable {
  package let pairs: [Pair]
  /// The most severe first, then the most frequent.
  package let findings: [Finding]
  /// In the order length, style, words; empty for fewer than 50 pairs.
  package let scores: [ArtifactScore]
  package let ceiling: NoiseCeiling
  /// Different prompts.
  package let promptCount: Int
  /// Chosen minus rejected, in code points.
  package let lengthDifferences: [Double]
  /// Share of answers with at least one, by style feature: chosen, rejected.
  package let styleShares: [(name: String, chosen: Double, rejected: Double)]
  /// Checks that had nothing to look at, and why.
  package let skipped: [(check: Check, reason: String)]
  package let patch: Patch

  /// What a model could at best score on these labels.
  package struct NoiseCeiling: Sendable, Equatable {
    package let value: Double
    /// Where it comes from.
    package let basis: String
    /// Whether it was measured on these pairs.
    package let isMeasured: Bool
  }

  /// - Parameters:
  ///   - evaluation: pairs that will be measured on; empty where there are none.
  ///   - model: what a model made of the same pairs; nil leaves out what needs one.
  ///   - threads: to use for the pass over the rows.
  /// - Throws: ``AuditError`` for a row with one answer.
  package init(
    _ pairs: [Pair], evaluation: [Pair] = [], model: ModelReading? = nil, threads: Int? = nil,
    progress: ProgressHandler? = nil
  ) throws(AuditError) {
    precondition(
      model.map { $0.fates.count == pairs.count } ?? true, "Audit: the reading of another set")
    if let pair = pairs.first(where: { $0.rejected == nil }) {
      throw AuditError(.oneAnswer(file: pair.source.file, line: pair.source.line))
    }
    func stage(_ name: String, _ done: Int, of total: Int) {
      progress?(ProgressEvent(stage: name, completed: done, total: total, unit: ""))
    }
    let minHash = NearDuplicateChecks.minHash
    let threads = threads ?? Parallel.threads
    let table = RowTable(
      pairs, checks: RowChecks.all, minHash: minHash, stage: "auditing", threads: threads,
      progress: progress)
    let other =
      evaluation.isEmpty
      ? nil
      : RowTable(
        evaluation, checks: [], minHash: minHash, stage: "reading evaluation", threads: threads,
        progress: progress)
    var findings = zip(RowChecks.all, table.problems).compactMap { check, rows in
      Self.finding(check, rows, of: pairs.count)
    }
    stage("looking for duplicates", 0, of: 2)
    findings += DuplicateChecks.findings(table)
    findings += NearDuplicateChecks.findings(table, evaluation: other)
    stage("comparing sides", 1, of: 2)
    findings += OpenerCheck.findings(table) + SideChecks.findings(table)
    findings += ToxicityChecks.findings(table) + OriginChecks.findings(table)
    let judged = RowJudgements.all(pairs)
    findings += [
      CarelessAnnotatorCheck.finding(judged, table), AnnotatorAgreementCheck.finding(judged, table),
    ].compactMap { $0 }
    if let model {
      findings += TokenChecks.findings(model) + LikelihoodChecks.findings(model, table)
    }
    var models: [ArtifactModel] = []
    for (number, view) in ArtifactScore.View.allCases.enumerated() {
      stage("fitting what \(view.title) can tell", number, of: ArtifactScore.View.allCases.count)
      if let model = ArtifactModel(view, table) { models.append(model) }
    }
    findings += ArtifactChecks.findings(models, table)
    if let swaps = TermSwapCheck.finding(models.first { $0.score.view == .words }, table) {
      findings.append(swaps)
    }
    self.pairs = pairs
    self.findings = findings.sorted {
      ($0.severity, $0.share, $1.check.id) > ($1.severity, $1.share, $0.check.id)
    }
    scores = models.map(\.score)
    promptCount = table.differentPrompts.count
    lengthDifferences = table.rows.map {
      Double($0.chosenFacts[.characters] - $0.rejectedFacts[.characters])
    }
    styleShares = AnswerFacts.Style.allCases.filter { $0 != .characters }.map { style in
      func share(_ facts: KeyPath<RowFacts, AnswerFacts>) -> Double {
        Double(table.rows.count { $0[keyPath: facts][style] > 0 }) / Double(max(1, table.count))
      }
      return (style.name, share(\.chosenFacts), share(\.rejectedFacts))
    }
    let votes = OriginChecks.agreement(of: pairs)
    ceiling = Self.ceiling(votes?.share)
    skipped = Self.skipped(
      hasEvaluation: other != nil, hasVotes: votes != nil, hasJudgements: !judged.isEmpty,
      hasScores: !models.isEmpty, model: model)
    patch = Patch(self.findings.flatMap(\.edits), of: pairs)
  }

  /// The worst there is; nil where there is nothing but remarks.
  package var severity: Severity? {
    findings.map(\.severity).max().flatMap { $0 == .info ? nil : $0 }
  }

  /// Rows with at least one blocking finding.
  package var blockedRows: Int {
    Set(findings.filter { $0.severity == .block }.flatMap { $0.rows.map(\.index) }).count
  }

  // MARK: - Parts

  private static func finding(
    _ check: any RowCheck, _ rows: [Finding.Row], of total: Int
  ) -> Finding? {
    guard !rows.isEmpty else { return nil }
    var kinds: [String: Int] = [:]
    for row in rows { kinds[row.note, default: 0] += 1 }
    let sorted = kinds.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
    // Notes with their own figures are as many as the rows.
    let described =
      sorted.count > 8
      ? "" : ": " + sorted.map { "\($0.value) × \($0.key)" }.joined(separator: "; ")
    return Finding(
      check.check, count: rows.count, of: total,
      summary: "\(rows.count) \(rows.count == 1 ? "row" : "rows")\(described).", rows: rows,
      edits: check.action.map { action in rows.map { PatchEdit($0.index, action, check.check.id) } }
        ?? [])
  }

  /// Two people agree in about 63 % of HH's pairs (2401.06080); measured votes replace that.
  private static func ceiling(_ agreement: Double?) -> NoiseCeiling {
    if let agreement {
      return NoiseCeiling(
        value: 1 - Statistics.flipRate(agreement: agreement),
        basis: "two votes agree in \(NumberText.percent(agreement))", isMeasured: true)
    }
    return NoiseCeiling(
      value: 1 - Statistics.flipRate(agreement: 0.63),
      basis: "if people agree as they do on HH-RLHF, in 63 %", isMeasured: false)
  }

  private static func skipped(
    hasEvaluation: Bool, hasVotes: Bool, hasJudgements: Bool, hasScores: Bool,
    model: ModelReading?
  ) -> [(check: Check, reason: String)] {
    var skipped: [(check: Check, reason: String)] = []
    if !hasEvaluation {
      skipped += [
        (NearDuplicateChecks.leak, "no --eval-data"),
        (NearDuplicateChecks.nearLeak, "no --eval-data"),
      ]
    }
    if !hasVotes { skipped.append((OriginChecks.agreement, "fewer than 30 rows have votes")) }
    if !hasJudgements {
      for check in [CarelessAnnotatorCheck.check, AnnotatorAgreementCheck.check] {
        skipped.append((check, "no row says who judged it"))
      }
    }
    if !hasScores {
      skipped += [ArtifactChecks.artifact, TermSwapCheck.check].map {
        ($0, "fewer than \(ArtifactModel.fewest) pairs")
      }
    }
    if model == nil {
      skipped += (TokenChecks.all + LikelihoodChecks.all).map { ($0, "no --model") }
    } else if model?.likelihoods.count ?? 0 < LikelihoodChecks.fewest {
      skipped += LikelihoodChecks.all.map {
        ($0, "fewer than \(LikelihoodChecks.fewest) pairs were scored")
      }
    }
    return skipped
  }
}
