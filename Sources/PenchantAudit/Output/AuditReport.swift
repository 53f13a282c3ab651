import PenchantCore
import PenchantData

/// report.html: the audit as a page to read.
package struct AuditReport {
  let audit: Audit
  let version: String
  /// The patch's path as a command will say it.
  let patchPath: String

  private static let examples = 3
  private static let longestExcerpt = 600

  package init(_ audit: Audit, version: String, patchPath: String) {
    self.audit = audit
    self.version = version
    self.patchPath = patchPath
  }

  package var text: String {
    ReportPage(
      title: "What these pairs teach",
      subtitle: "Audit of \(audit.files.joined(separator: ", "))",
      body: HTML([verdict, headline, findings, patch, charts, coverage]),
      footer: "penchant audit \(version). Figures and thresholds are explained in docs/AUDIT.md."
    ).text
  }

  // MARK: - Verdict

  private func count(_ severity: Severity) -> Int {
    audit.findings.count { $0.severity == severity }
  }

  private var verdict: HTML {
    let tone: ReportPart.Tone =
      switch audit.severity {
      case .block?: .problem
      case .warn?: .warning
      default: .good
      }
    return [
      ReportPart.callout(tone, HTML(audit.verdict), audit.headline.map { HTML($0) } ?? .empty),
      ReportPart.tiles([
        .init(
          "pairs", NumberText.grouped(audit.pairs.count),
          "\(NumberText.grouped(audit.promptCount)) different prompts"),
        .init(
          "blocking", "\(count(.block))", "\(NumberText.grouped(audit.blockedRows)) rows concerned"),
        .init("warnings", "\(count(.warn))", "worth a look before tuning"),
        .init("edits proposed", NumberText.grouped(audit.patch.lines.count), audit.patch.summary),
      ]),
    ]
  }

  // MARK: - Headline number

  private var headline: HTML {
    guard !audit.scores.isEmpty else { return .empty }
    var bars = audit.scores.map {
      BarChart.Bar(
        $0.view.title, $0.accuracy * 100, text: NumberText.percent($0.accuracy),
        interval:
          Interval(lower: $0.interval.lower * 100, upper: $0.interval.upper * 100))
    }
    for (name, value) in [
      ("longest, AlpacaEval", ArtifactChecks.longestAgainstPeople),
      ("one person, AlpacaEval", ArtifactChecks.onePersonAgainstPeople),
      ("ceiling by noise", audit.ceiling.value),
    ] {
      bars.append(.init(name, value * 100, text: NumberText.percent(value)))
    }
    let chart = BarChart(
      "Right in how many pairs", remark: "per cent, with 95 % intervals; 50 is guessing",
      bars: bars,
      covering: [100])
    return ReportPart.section(
      "What can be told without reading", id: "headline",
      [
        ReportPart.paragraph(
          "Three small models try to tell the chosen answer from the rejected one. None of them reads: one sees how long the answers are, one how they are formatted, one which words occur. Each is asked only about prompts it has not seen. What they can do, preference tuning learns first."
        ),
        ReportPart.grid([chart.html, wordChart]),
        ReportPart.paragraph(
          HTML(
            "The ceiling is what a perfect model would score on single labels \(audit.ceiling.isMeasured ? "here" : "")(\(audit.ceiling.basis)). Words: p = \(NumberText.significant(audit.scores.last?.p ?? 1, 2)) that a coin does as well, area under the curve \(NumberText.fixed(audit.scores.last?.areaUnderCurve ?? 0.5, 3))."
          )),
        ReportPart.details("The words the third model goes by", wordTable),
      ])
  }

  /// As many words as the chart beside it has bars.
  private var wordChart: HTML {
    let words = audit.scores.first { $0.view == .words }?.weights.prefix(6) ?? []
    return BarChart(
      "Words that tell", remark: "weight of a word on one side alone; above 0 it speaks for chosen",
      bars: words.map {
        .init($0.name, $0.value, text: NumberText.fixed($0.value, 2).replacing("-", with: "−"))
      }
    ).html
  }

  private var wordTable: HTML {
    guard let words = audit.scores.first(where: { $0.view == .words }) else { return .empty }
    let preferred = words.weights.filter { $0.value > 0 }
    let other = words.weights.filter { $0.value < 0 }
    let rows = (0..<min(10, max(preferred.count, other.count))).map { index -> [HTML] in
      [
        index < preferred.count ? HTML.quote(preferred[index].name) : .empty,
        index < other.count ? HTML.quote(other[index].name) : .empty,
      ]
    }
    return ReportPart.table(
      caption: "Words the third model goes by, the strongest first.",
      [.text("speak for chosen"), .text("speak for rejected")], rows)
  }

  // MARK: - Findings

  private var findings: HTML {
    guard !audit.findings.isEmpty else {
      return ReportPart.section(
        "Findings", id: "findings", ReportPart.callout(.good, "No check found anything."))
    }
    return ReportPart.section("Findings", id: "findings", HTML(audit.findings.map(finding)))
  }

  private func finding(_ finding: Finding) -> HTML {
    let tone: ReportPart.Tone =
      switch finding.severity {
      case .block: .problem
      case .warn: .warning
      case .info: .note
      }
    let check = finding.check
    let opening = check.title.prefix(1).uppercased() + check.title.dropFirst()
    let share =
      "\(NumberText.grouped(finding.count)) of \(NumberText.grouped(finding.population)), \(NumberText.percent(finding.share))"
    return ReportPart.callout(
      tone, HTML("\(opening) — \(share)"),
      [
        ReportPart.paragraph(HTML(finding.summary)), table(finding),
        ReportPart.paragraph([.strong("Why it matters. "), HTML(check.why)]),
        ReportPart.paragraph([.strong("What to do. "), HTML(check.remedy)]),
        examples(finding),
      ])
  }

  private func table(_ finding: Finding) -> HTML {
    guard let table = finding.table else { return .empty }
    return ReportPart.table(
      caption: .empty,
      table.columns.enumerated().map { $0.offset == 0 ? .text($0.element) : .number($0.element) },
      table.rows.map { $0.map { HTML($0) } })
  }

  private func examples(_ finding: Finding) -> HTML {
    guard !finding.rows.isEmpty else { return .empty }
    let shown = finding.rows.prefix(Self.examples)
    let summary =
      finding.rows.count > shown.count
      ? "\(shown.count) of \(NumberText.grouped(finding.rows.count)) rows"
      : shown.count == 1 ? "The row" : "The \(shown.count) rows"
    return ReportPart.details(HTML(summary), HTML(shown.map(example)))
  }

  private func example(_ row: Finding.Row) -> HTML {
    let pair = audit.pairs[row.index]
    func side(_ title: String, _ text: String) -> HTML {
      .element("div", [:], [.element("h4", [:], HTML(title)), .quote(Self.excerpt(text))])
    }
    return .element(
      "div", ["class": "card"],
      [
        .element("p", ["class": "remark"], HTML("\(pair.source) — \(row.note)")),
        side("prompt", String(decoding: PairText(pair).question, as: UTF8.self)),
        .element(
          "div", ["class": "versus"],
          [
            side("chosen", pair.chosen.text), side("rejected", pair.rejected?.text ?? ""),
          ]),
      ])
  }

  private static func excerpt(_ text: String) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > longestExcerpt else { return text }
    return String(String.UnicodeScalarView(scalars.prefix(longestExcerpt))) + " …"
  }

  // MARK: - The rest

  private var patch: HTML {
    guard !audit.patch.lines.isEmpty else { return .empty }
    let reasons = Dictionary(grouping: audit.patch.lines, by: { "\($0.action.name) \($0.reason)" })
      .sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }
    return ReportPart.section(
      "The patch", id: "patch",
      [
        ReportPart.paragraph(
          "patch.jsonl holds one edit a line; read it, take out what you disagree with, and let the run apply it. The data itself stays as it is."
        ),
        ReportPart.table(
          caption: .empty, [.text("action"), .text("because of"), .number("rows")],
          reasons.map { _, lines in
            [
              HTML(lines[0].action.name), .code(lines[0].reason),
              HTML(NumberText.grouped(lines.count)),
            ]
          }),
        ReportPart.command("penchant tune … --patch \(patchPath)"),
      ])
  }

  private var charts: HTML {
    let styles = audit.styleShares.filter { $0.chosen > 0 || $0.rejected > 0 }
    func bars(_ value: KeyPath<(name: String, chosen: Double, rejected: Double), Double>)
      -> [BarChart.Bar]
    {
      styles.map {
        .init($0.name, $0[keyPath: value] * 100, text: NumberText.percent($0[keyPath: value]))
      }
    }
    let most = styles.flatMap { [$0.chosen, $0.rejected] }.max() ?? 1
    // Tails would leave the middle in two bins.
    let sorted = audit.lengthDifferences.sorted()
    let (low, high) =
      sorted.isEmpty
      ? (0, 0) : (sorted[sorted.count / 100], sorted[sorted.count - 1 - sorted.count / 100])
    let middle = sorted.filter { $0 >= low && $0 <= high }
    return ReportPart.section(
      "How the sides look", id: "sides",
      ReportPart.grid([
        Histogram(
          "Length: chosen minus rejected", remark: "characters; 1 % on either end left out",
          values: middle,
          xLabel: "characters"
        ).html,
        BarChart(
          "Chosen answers with", remark: "per cent of answers", bars: bars(\.chosen),
          covering: [most * 100]
        ).html,
        BarChart(
          "Rejected answers with", remark: "per cent of answers", bars: bars(\.rejected),
          covering: [most * 100]
        ).html,
      ]))
  }

  /// Every check with what became of it.
  private var coverage: HTML {
    let rows = CheckCatalog.all.map { check -> [HTML] in
      let found = audit.findings.filter { $0.check.id == check.id }
      let reason = audit.skipped.first { $0.check.id == check.id }?.reason
      let outcome =
        found.isEmpty
        ? reason.map { "not run: \($0)" } ?? "nothing found"
        : found.map { "\(NumberText.grouped($0.count))" }.joined(separator: ", ")
      return [.code(check.id), HTML(check.severity.rawValue), HTML(outcome), HTML(check.threshold)]
    }
    return ReportPart.section(
      "What was checked", id: "checks",
      ReportPart.details(
        HTML("\(CheckCatalog.all.count) checks and their thresholds"),
        ReportPart.table(
          caption: .empty,
          [.text("check"), .text("severity"), .text("outcome"), .text("threshold")], rows)))
  }
}
