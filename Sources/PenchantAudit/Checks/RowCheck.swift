/// A check that looks at one row at a time.
///
/// To add one, add a file with a conforming type and its line in ``RowChecks/all``.
protocol RowCheck: Sendable {
  var check: Check { get }
  /// What the patch does to a row with this problem; nil leaves it alone.
  var action: PatchAction? { get }
  /// What is the matter with a row, in a few words and without its text; nil where nothing is.
  func problem(of row: PairText) -> String?
}

extension RowCheck {
  var action: PatchAction? { nil }
}

/// The row checks there are, those that block first.
package enum RowChecks {
  static let all: [any RowCheck] = [
    IdenticalCheck(), EmptyCheck(), RolesCheck(), HistoryCheck(), EchoCheck(), SpecialTokenCheck(),
    ScoreOrderCheck(), ScoreTieCheck(), InvisibleCheck(), NearIdenticalCheck(), RepetitionCheck(),
    ScriptCheck(), PersonalDataCheck(),
  ]

  /// Those whose findings block.
  static let blocking = all.filter { $0.check.severity == .block }
}
