import PenchantAudit
import PenchantCore

/// An audit in a screenful: verdict, what can be told without reading, findings, where to read on.
struct AuditSummary {
  let audit: Audit
  let terminal: Terminal
  let output: String
  let seconds: Double

  init(_ audit: Audit, terminal: Terminal, output: String, seconds: Double) {
    self.audit = audit
    self.terminal = terminal
    self.output = output
    self.seconds = seconds
  }

  private static let most = 20

  var text: String {
    var text = "\n" + terminal.style(audit.verdict, .bold) + "\n\n"
    text += scores + findings
    text +=
      "\nreport    \(FileSystem.join(output, AuditFolder.report))  (\(NumberText.duration(seconds)))\n"
    if !audit.patch.lines.isEmpty {
      text +=
        "patch     \(audit.patch.summary): penchant tune … --patch "
        + ShellWord.quoted(FileSystem.join(output, AuditFolder.patch)) + "\n"
    }
    return text
  }

  private var scores: String {
    guard !audit.scores.isEmpty else { return "" }
    var table = TextTable([.left, .right, .left])
    for score in audit.scores {
      table.add(
        score.view.title, NumberText.percent(score.accuracy),
        "95 %: \(NumberText.fixed(score.interval.lower * 100, 1)) … \(NumberText.percent(score.interval.upper))"
      )
    }
    table.add(
      "longest, AlpacaEval", NumberText.percent(ArtifactChecks.longestAgainstPeople),
      "agrees with people")
    table.add(
      "one person, AlpacaEval", NumberText.percent(ArtifactChecks.onePersonAgainstPeople),
      "agrees with people")
    table.add("ceiling by noise", NumberText.percent(audit.ceiling.value), audit.ceiling.basis)
    return "what can be told without reading\n" + table.text + "\n"
  }

  private var findings: String {
    guard !audit.findings.isEmpty else { return "no findings\n" }
    var table = TextTable([.left, .right, .right, .left])
    for finding in audit.findings.prefix(Self.most) {
      let styles: Terminal.Style =
        switch finding.severity {
        case .block: .red
        case .warn: .yellow
        case .info: .dim
        }
      table.add(
        terminal.style(finding.severity.rawValue, styles), NumberText.grouped(finding.count),
        NumberText.percent(finding.share), finding.check.title)
    }
    let rest = audit.findings.count - Self.most
    return "findings\n" + table.text + (rest > 0 ? "  … and \(rest) more\n" : "")
  }
}
