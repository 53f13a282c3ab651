/// What a run ends with: a verdict, or why there can be none.
package enum Conclusion: Sendable, Equatable {
  case verdict(Verdict)
  case none(Absence)

  /// What is missing for a verdict.
  package enum Absence: Sendable, Equatable {
    /// Answers are judged one by one.
    case judgedAnswers
    /// Rows have one answer.
    case oneAnswer
    /// A margin has nothing it is measured against.
    case noReference
    /// Nothing is generated, and scores have a scale of their own.
    case rewardModel

    /// One sentence.
    package var wording: String {
      switch self {
      case .judgedAnswers:
        "rows have one answer each, so no margin within a pair says what is preferred now"
      case .oneAnswer: "rows have one answer each and nothing is preferred; the loss is the measure"
      case .noReference:
        "without a reference a margin is a level, not a change: it does not say how far the model has moved"
      case .rewardModel: "a reward model is measured by its accuracy alone"
      }
    }
  }

  /// - Parameters:
  ///   - objective: the name of what was minimised.
  ///   - isHeldOut: whether the figures are of pairs that were not trained on.
  ///   - hasReference: whether rewards are differences to a reference.
  ///   - answers: what the model says itself; nil where it was not asked. Answers that have become empty or endless are a
  ///     verdict whatever was minimised.
  package init(
    _ record: MetricsRecord, of objective: String, isHeldOut: Bool, hasReference: Bool,
    answers: OwnAnswers?
  ) {
    guard let absence = Self.absence(record, hasReference: hasReference) else {
      self = .verdict(Verdict(record, of: objective, isHeldOut: isHeldOut, answers: answers))
      return
    }
    if let collapse = answers.flatMap({ Verdict.collapse($0, record) }) {
      self = .verdict(.movedTooFar(collapse))
    } else {
      self = .none(absence)
    }
  }

  private static func absence(_ record: MetricsRecord, hasReference: Bool) -> Absence? {
    if record.judgesAnswers { return .judgedAnswers }
    if !record.comparesAnswers { return .oneAnswer }
    if record.isScalar { return .rewardModel }
    return hasReference ? nil : .noReference
  }

  package var verdict: Verdict? { if case .verdict(let verdict) = self { verdict } else { nil } }

  /// One sentence; of none, what is missing.
  package var wording: String {
    switch self {
    case .verdict(let verdict): verdict.wording
    case .none(let absence): "none: \(absence.wording)"
    }
  }
}
