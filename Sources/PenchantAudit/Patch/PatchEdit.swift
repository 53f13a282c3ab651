/// What a patch does to one row.
package enum PatchAction: Sendable, Equatable {
  /// Leaves the row out.
  case drop
  /// Exchanges chosen and rejected.
  case flip
  /// Sets the probability that the label is right.
  case soften(confidence: Double)

  package var name: String {
    switch self {
    case .drop: "drop"
    case .flip: "flip"
    case .soften: "soften"
    }
  }

  /// Which of two actions on one row stands: leaving out beats all, an exchange beats a doubt.
  var rank: Int {
    switch self {
    case .drop: 2
    case .flip: 1
    case .soften: 0
    }
  }
}

/// An action on a row of the audited pairs, and the check that asks for it.
package struct PatchEdit: Sendable, Equatable {
  /// Index into the pairs.
  package let index: Int
  package let action: PatchAction
  /// The check's id.
  package let reason: String

  package init(_ index: Int, _ action: PatchAction, _ reason: String) {
    self.index = index
    self.action = action
    self.reason = reason
  }
}
