import PenchantCore

extension Audit {
  /// The outcome in one sentence.
  package var verdict: String {
    let warnings = findings.count { $0.severity == .warn }
    let tail =
      warnings == 0 ? "" : " \(warnings) \(warnings == 1 ? "warning" : "warnings") besides."
    switch severity {
    case .block?:
      return
        "Do not tune on this yet: \(blockedRows) of \(pairs.count) rows cannot teach what they are meant to."
        + tail
    case .warn?:
      return
        "It can be tuned on; \(warnings) \(warnings == 1 ? "thing" : "things") would be learnt that perhaps nobody meant."
    default: return "Nothing found that should keep anyone from tuning on this."
    }
  }

  /// What the headline number says, in a sentence.
  package var headline: String? {
    guard let best = scores.max(by: { $0.accuracy < $1.accuracy }) else { return nil }
    guard best.interval.lower > 0.5 else {
      return "A model that does not read cannot tell the preferred answer from the other."
    }
    return
      "A model that sees \(best.view.title) tells the preferred answer in \(NumberText.percent(best.accuracy)) of the pairs; "
      + "always taking the longer one agrees with people in \(NumberText.percent(ArtifactChecks.longestAgainstPeople)), "
      + "one person in \(NumberText.percent(ArtifactChecks.onePersonAgainstPeople)) (AlpacaEval)."
  }
}
