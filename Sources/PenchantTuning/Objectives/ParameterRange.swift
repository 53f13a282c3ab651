/// The numbers an option of an objective takes.
package enum ParameterRange: Sendable, Equatable {
  /// Above 0.
  case positive
  /// 0 or more.
  case nonnegative
  /// 0 to 1.
  case share
  /// Above 0, below 1.
  case inside
  /// 0 to below 0.5.
  case minority
  /// Any finite number.
  case finite

  /// In words, for messages.
  package var text: String {
    switch self {
    case .positive: "above 0"
    case .nonnegative: "0 or more"
    case .share: "0 to 1"
    case .inside: "above 0 and below 1"
    case .minority: "0 to below 0.5"
    case .finite: "a finite number"
    }
  }

  package func contains(_ value: Double) -> Bool {
    guard value.isFinite else { return false }
    return switch self {
    case .positive: value > 0
    case .nonnegative: value >= 0
    case .share: (0...1).contains(value)
    case .inside: value > 0 && value < 1
    case .minority: value >= 0 && value < 0.5
    case .finite: true
    }
  }

  /// The value, if it is in the range.
  /// - Throws: ``TuningError`` naming the option.
  package func checked(_ value: Double, _ option: String) throws(TuningError) -> Double {
    guard contains(value) else {
      throw TuningError(.valueOutOfRange(option: option, value: "\(value)", range: text))
    }
    return value
  }
}
