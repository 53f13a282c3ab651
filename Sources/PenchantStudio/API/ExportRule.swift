/// How several people's judgements of the same answers become one pair.
package enum ExportRule: String, Sendable, Equatable, CaseIterable {
  /// The answer that more people prefer; as many for one as for the other is a tie.
  case majority
  /// Only where all who preferred one answer preferred the same, and nobody saw a tie.
  case unanimous
  /// The answer that more people prefer, with the share of votes as `confidence`.
  case soft

  /// What the rule does, in one sentence for a page or a help text.
  package var explanation: String {
    switch self {
    case .majority:
      "the answer preferred more often is chosen; as many votes for each make a tie"
    case .unanimous: "only pairs on which everybody agrees"
    case .soft:
      "the answer preferred more often is chosen, with the share of its votes as confidence"
    }
  }
}
