/// How much a finding asks for.
package enum Severity: String, Sendable, CaseIterable, Comparable {
  /// Worth knowing; nothing has to be done.
  case info
  /// The tuned model will probably learn something nobody meant.
  case warn
  /// The rows cannot teach what they are meant to; training on them is a mistake.
  case block

  private var rank: Int {
    switch self {
    case .info: 0
    case .warn: 1
    case .block: 2
    }
  }

  package static func < (left: Severity, right: Severity) -> Bool { left.rank < right.rank }
}
