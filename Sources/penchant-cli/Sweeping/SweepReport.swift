import PenchantCore
import PenchantTuning

/// All runs of a sweep side by side: a table for the terminal, sweep.json, and sweep.html.
struct SweepReport {
  let outcomes: [SweepOutcome]
  let output: String

  /// The run with the highest accuracy; the smaller drift decides between equals.
  var best: Int? {
    outcomes.indices.max { left, right in
      let (a, b) = (outcomes[left], outcomes[right])
      return (a.record.accuracy, -abs(a.record.driftChosen))
        < (b.record.accuracy, -abs(b.record.driftChosen))
    }
  }

  /// What the figures allow to say about the best run.
  var conclusion: String {
    guard let best else { return "no run has ended" }
    let winner = outcomes[best]
    let place = winner.isHeldOut ? "held-out" : "training"
    let rivals = outcomes.indices.filter {
      $0 != best && outcomes[$0].interval.upper >= winner.interval.lower
    }
    let figure = "\(winner.label): \(NumberText.percent(winner.record.accuracy)) \(place) accuracy"
    if rivals.isEmpty { return "\(figure), above the intervals of all others" }
    return
      "\(figure), but its interval overlaps with \(rivals.count) of \(outcomes.count - 1) others: on "
      + "\(winner.record.pairs) pairs they cannot be told apart; take the one with the smaller drift, or more pairs"
  }

  var text: String {
    var table = TextTable(
      [.left, .right, .right, .right, .right, .right, .right, .left], indent: 0)
    table.add("run", "accuracy (95 %)", "margin", "drift", "KL", "tokens", "seconds", "verdict")
    for outcome in outcomes {
      table.add(
        outcome.label, Self.accuracy(outcome), NumberText.fixed(outcome.record.rewardsMargins, 3),
        NumberText.fixed(outcome.record.driftChosen, 3), Self.optional(outcome.kl, 2),
        Self.optional(outcome.length, 1), NumberText.fixed(outcome.seconds, 1),
        Self.short(outcome.conclusion))
    }
    return table.text
  }

  var json: JSON {
    [
      "runs": .array(outcomes.map(\.json)),
      "best": best.map { .string(outcomes[$0].name) } ?? .null, "conclusion": .string(conclusion),
    ]
  }

  /// Writes sweep.json and sweep.html.
  func write() throws {
    try AtomicFile.write(path: Self.json(in: output), text: json.text(.pretty) + "\n")
    try AtomicFile.write(path: Self.page(in: output), text: page.text)
  }

  static func json(in output: String) -> String { FileSystem.join(output, "sweep.json") }

  static func page(in output: String) -> String { FileSystem.join(output, "sweep.html") }

  private var page: ReportPage {
    let isHeldOut = outcomes.allSatisfy(\.isHeldOut)
    return ReportPage(
      title: "Sweep: \(FileSystem.name(of: output))",
      subtitle: "\(outcomes.count) runs on the same model and the same pairs",
      body: [
        ReportPart.callout(
          .note, HTML(conclusion),
          isHeldOut
            ? ReportPart.paragraph(
              "The best of several runs on the same held-out pairs looks better than it is; confirm it on pairs that none of them saw."
            )
            : ReportPart.paragraph(
              "Nothing was held out: these figures say how well the data was learnt.")),
        ReportPart.section(
          "Accuracy against drift", id: "charts",
          [
            ReportPart.paragraph("Marks are named by \(outcomes.first?.options ?? "")."), charts,
          ]),
        ReportPart.section("All runs", id: "runs", table),
      ], footer: "Made by penchant \(Penchant.version) from \(output).")
  }

  private var charts: HTML {
    func scatter(
      _ title: String, _ remark: String, _ label: String, _ x: (SweepOutcome) -> Double?
    ) -> HTML {
      ScatterChart(
        title, remark: remark, xLabel: label,
        marks: outcomes.enumerated().compactMap { index, outcome in
          x(outcome).map {
            .init(
              outcome.values, x: $0, y: outcome.record.accuracy, interval: outcome.interval,
              group: index)
          }
        }, rules: [(0.5, "a coin")]
      ).html
    }
    var charts = [
      scatter(
        "Accuracy against drift", "upper right is better; whiskers: 95 %",
        "drift of chosen answers, nats a token", \.record.driftChosen),
      scatter(
        "Accuracy against margin", "β nats; β differs between runs that sweep it", "margin",
        \.record.rewardsMargins),
    ]
    if outcomes.contains(where: { $0.kl != nil }) {
      charts.append(
        scatter(
          "Accuracy against KL", "on the model's own answers, k3", "nats an answer", \.kl))
      charts.append(
        BarChart(
          "Length of own answers", remark: "tokens, \(SampleProbe.newTokens) at most",
          bars: outcomes.map {
            .init($0.label, $0.length ?? 0, text: Self.optional($0.length, 1))
          }
        ).html)
    }
    charts.append(
      BarChart(
        "Time", remark: "seconds of training and measuring",
        bars: outcomes.map { .init($0.label, $0.seconds, text: NumberText.duration($0.seconds)) }
      ).html)
    return ReportPart.grid(charts)
  }

  private var table: HTML {
    ReportPart.table(
      caption:
        "the run with the highest accuracy stands out; each name leads to the run's own report",
      [
        .text("run"), .number("accuracy (95 %)"), .number("margin"), .number("drift chosen"),
        .number("drift rejected"), .number("KL"), .number("tokens"), .number("steps"),
        .number("seconds"), .text("verdict"),
      ],
      outcomes.map { outcome in
        [
          .link(to: outcome.name + "/report.html", HTML(outcome.label)),
          HTML(Self.accuracy(outcome)), HTML(NumberText.fixed(outcome.record.rewardsMargins, 3)),
          HTML(NumberText.fixed(outcome.record.driftChosen, 3)),
          HTML(NumberText.fixed(outcome.record.driftRejected, 3)),
          HTML(Self.optional(outcome.kl, 2)), HTML(Self.optional(outcome.length, 1)),
          HTML("\(outcome.steps)"), HTML(NumberText.fixed(outcome.seconds, 1)),
          HTML(
            Self.short(outcome.conclusion) + (outcome.stopReason.map { "; stopped: \($0)" } ?? "")),
        ]
      }, emphasised: best)
  }

  private static func accuracy(_ outcome: SweepOutcome) -> String {
    "\(NumberText.percent(outcome.record.accuracy)) (\(NumberText.fixed(outcome.interval.lower * 100, 1)) … "
      + "\(NumberText.fixed(outcome.interval.upper * 100, 1)))"
  }

  private static func optional(_ value: Double?, _ decimals: Int) -> String {
    value.map { NumberText.fixed($0, decimals) } ?? "—"
  }

  /// The verdict without its figures, which have columns of their own.
  private static func short(_ conclusion: Conclusion) -> String {
    switch conclusion {
    case .verdict(.barelyMoved): "barely moved"
    case .verdict(.wrongWay): "against the preferences"
    case .verdict(.moved): "moved"
    case .verdict(.movedTooFar): "moved too far"
    case .none: "none"
    }
  }
}
