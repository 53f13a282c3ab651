/// What one check is: everything a reader needs to judge its findings, in one place.
///
/// Reports, findings.json and docs/AUDIT.md all take their words from here.
package struct Check: Sendable, Equatable {
  /// A stable name for programs, in kebab case.
  package let id: String
  package let severity: Severity
  /// What a finding is called: `answers are the same`.
  package let title: String
  /// What is looked at.
  package let measures: String
  /// How it is computed.
  package let formula: String
  /// From where on it is a finding.
  package let threshold: String
  /// Why it matters for preference tuning.
  package let why: String
  /// What to do about it.
  package let remedy: String

  package init(
    _ id: String, _ severity: Severity, _ title: String, measures: String, formula: String,
    threshold: String, why: String, remedy: String
  ) {
    self.id = id
    self.severity = severity
    self.title = title
    self.measures = measures
    self.formula = formula
    self.threshold = threshold
    self.why = why
    self.remedy = remedy
  }
}
