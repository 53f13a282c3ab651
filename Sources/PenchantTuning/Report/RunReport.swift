package import PenchantCore

/// A run as one page: verdict first, then what it rests on.
///
/// Made from the run directory alone: metrics.jsonl, pairs.jsonl, heldout.jsonl, dropped.jsonl, samples.jsonl and
/// report.json.
package struct RunReport {
  let directory: RunDirectory
  let facts: RunFacts
  let curves: RunCurves
  let ledger: PairLedger
  let heldOut: HeldOutLedger
  let dropped: [JSONObject]
  let modelSamples: [JSONObject]

  /// - Throws: ``TuningError`` if the run has no report.json; `CoreError` for a file that cannot be read.
  package init(_ directory: RunDirectory) throws {
    self.directory = directory
    facts = try RunFacts(of: directory)
    curves = try RunCurves(directory.metrics)
    ledger = try PairLedger(directory.pairs)
    heldOut = try HeldOutLedger(directory.heldOut)
    var (dropped, samples): ([JSONObject], [JSONObject]) = ([], [])
    if FileSystem.isRegularFile(directory.dropped) {
      try JSONLines.read(directory.dropped) { dropped.append($0) }
    }
    if FileSystem.isRegularFile(directory.samples) {
      try JSONLines.read(directory.samples) { samples.append($0) }
    }
    (self.dropped, modelSamples) = (dropped, samples)
  }

  /// Ids of the pairs whose text a report will show, for ``RunFacts/texts``.
  package static func shownPairs(_ directory: RunDirectory) throws -> [String] {
    let ledger = try PairLedger(directory.pairs)
    let heldOut = try HeldOutLedger(directory.heldOut)
    return ledger.worst().map(\.id) + ledger.suspects().map(\.id) + heldOut.suspects().map(\.id)
  }

  /// What the run ends with; nil without a step.
  package var conclusion: Conclusion? {
    curves.conclusion.map { record, isHeldOut in
      Conclusion(
        record, of: facts.objective, isHeldOut: isHeldOut, hasReference: facts.hasReference,
        answers: OwnAnswers(curves, shown: facts.samples))
    }
  }

  /// Writes report.html.
  package func write() throws(CoreError) {
    try AtomicFile.write(path: directory.report, text: page.text)
  }

  package var page: ReportPage {
    let name = FileSystem.name(of: directory.path)
    return ReportPage(
      title: "\(curves.isPreference ? "Preference tuning" : "Supervised tuning"): \(name)",
      subtitle:
        "\(facts.objective) · \(NumberText.counted(facts.trainingPairs, facts.comparesAnswers ? "pair" : "row")) · \(NumberText.counted(curves.steps, "step")) · \(NumberText.duration(facts.seconds))",
      body: [
        verdict, tiles, devices, findings,
        ReportPart.section("Curves", id: "curves", charts),
        samples, sampledAnswers,
        ReportPart.section("Pairs", id: "pairs", pairs),
        ReportPart.section("Left out", id: "dropped", leftOut),
        ReportPart.section("Configuration", id: "configuration", configuration),
        ReportPart.section("What it was made from", id: "origin", origin),
        ReportPart.section("Next", id: "next", ReportPart.command(facts.next)),
      ],
      footer:
        "Made by \(facts.program) from \(directory.path). No figure on this page needs a network.")
  }

  // MARK: - On top

  private var tiles: HTML {
    guard let (record, isHeldOut) = curves.conclusion else { return .empty }
    let place = isHeldOut ? "held out" : "training"
    var tiles: [ReportPart.Tile] = []
    if record.comparesAnswers {
      let interval = Interval.wilson(
        successes: record.accuracy * Double(record.pairs), trials: record.pairs)
      tiles.append(
        .init(
          "accuracy, \(place)", NumberText.percent(record.accuracy),
          "95 %: \(NumberText.fixed(interval.lower * 100, 1)) … \(NumberText.percent(interval.upper)), n = \(record.pairs)"
        ))
      tiles.append(
        .init("margin, \(place)", NumberText.fixed(record.rewardsMargins, 3), "β nats, 0 before"))
      tiles.append(
        .init(
          "drift of chosen answers", NumberText.fixed(record.driftChosen, 3),
          "nats a token, rejected \(NumberText.fixed(record.driftRejected, 3))"))
    } else {
      tiles.append(
        .init(
          "loss, \(place)", NumberText.fixed(record.loss, 3),
          curves.isPreference ? "mean over rows" : "nats a token"))
    }
    if let kl = curves.last("kl_k3") {
      tiles.append(.init("KL on own answers", NumberText.fixed(kl, 2), "nats an answer (k3)"))
    }
    tiles.append(
      .init(
        "time", NumberText.duration(facts.seconds),
        NumberText.counted(curves.steps, "step")
          + (curves.recent("tokens_per_second").map { ", \(NumberText.short($0)) tokens/s" } ?? ""))
    )
    return ReportPart.tiles(tiles)
  }

  /// That the run went on elsewhere, where it did.
  private var devices: HTML {
    guard let sentence = facts.devices.sentence else { return .empty }
    return ReportPart.callout(.note, HTML(Self.capitalized(sentence)))
  }

  /// What the figures mean, as long as there is something to say.
  private var findings: HTML {
    var list: [Diagnosis] = []
    if let (record, _) = curves.conclusion { list += Diagnosis.findings(record) }
    list += Diagnosis.findings(
      kl: curves.last("kl_k3"), tokens: curves.last("samples/tokens"),
      tokensAtStart: lengthAtStart)
    return HTML(
      list.map { finding in
        ReportPart.callout(
          finding.isWarning ? .warning : .note, HTML(Self.capitalized(finding.finding)),
          [
            ReportPart.paragraph(HTML(finding.explanation)),
            ReportPart.paragraph("Options to try:"),
            .element(
              "ul", [:], HTML(finding.remedies.map { .element("li", [:], HTML($0)) })),
          ])
      })
  }

  /// Mean tokens of the model's own answers before the first step; nil where none were drawn.
  private var lengthAtStart: Double? {
    let tokens = modelSamples.filter { $0["step"]?.int == 0 }.compactMap { $0["tokens"]?.double }
    return tokens.isEmpty ? nil : tokens.reduce(0, +) / Double(tokens.count)
  }

  static func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }
}
