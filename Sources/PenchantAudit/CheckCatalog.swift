/// Every check there is, in the order of the documentation.
package enum CheckCatalog {
  package static let all: [Check] =
    RowChecks.all.map(\.check) + [
      DuplicateChecks.repeated, DuplicateChecks.contradiction, DuplicateChecks.cycle,
      NearDuplicateChecks.rows, NearDuplicateChecks.prompts, NearDuplicateChecks.leak,
      NearDuplicateChecks.nearLeak, OpenerCheck.check, SideChecks.length, SideChecks.style,
      SideChecks.traits, SideChecks.refusal, SideChecks.sycophancy, ToxicityChecks.toxic,
      ToxicityChecks.identity, OriginChecks.source,
      OriginChecks.agreement, CarelessAnnotatorCheck.check, AnnotatorAgreementCheck.check,
      OriginChecks.power, ArtifactChecks.artifact, ArtifactChecks.flips,
      TermSwapCheck.check,
    ] + TokenChecks.all + LikelihoodChecks.all

  /// The checks as a part of docs/AUDIT.md.
  package static var markdown: String {
    all.map { check in
      """
      ### `\(check.id)` — \(check.title) (\(check.severity.rawValue))

      - *Measures:* \(check.measures).
      - *Formula:* \(check.formula).
      - *Threshold:* \(check.threshold).
      - *Why:* \(check.why)
      - *What to do:* \(check.remedy)

      """
    }.joined(separator: "\n")
  }
}
