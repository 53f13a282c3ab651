import PenchantCore

/// The answer a run ends with: whether it did anything, and whether too much.
///
/// Taken from held-out pairs where there are any, else from the last training steps. The thresholds are rules
/// of thumb, in units that do not depend on the model:
///
/// - A mean margin below 0.1 is *barely moved*: under the model's own Bradley–Terry reading, σ(0.1) = 52.5 %
///   preference for the chosen answer against 50 % before.
/// - A mean margin below −0.1 is *against the preferences*, by the same measure.
/// - *Too far* is, where the loss of no training is known (`sigmoid`: ln 2), a loss on held-out pairs 0.05 above
///   it, worse than having learnt nothing, or chosen
///   answers that lost more than 0.5 nats a token against the reference: each token less than e^−0.5 = 61 %
///   as likely as before, where text begins to degenerate while margins still look good. What the model says itself
///   tells as much: answers that have become empty or endless, or that are 0.5 nats a token from the reference.
///
/// docs/METRICS.md has the thresholds with their reasons.
package enum Verdict: Sendable, Equatable {
  case barelyMoved(margin: Double)
  case wrongWay(margin: Double)
  case moved(margin: Double, accuracy: Double)
  case movedTooFar(Reason)

  package enum Reason: Sendable, Equatable {
    /// Held-out pairs are told apart worse than by a coin.
    case heldOutLoss(Double)
    /// Chosen answers have become unlikely.
    case chosenDrift(Double)
    /// The model says nothing where it said something before: shares of its answers.
    case emptyAnswers(Double, before: Double)
    /// The model no longer comes to an end, though the chosen answers do: shares of its own answers.
    case endlessAnswers(Double, before: Double)
    /// What the model says the reference would hardly say: KL on its own answers, nats a token.
    case ownDivergence(Double)
  }

  static let least = 0.1
  static let lossSlack = 0.05
  static let driftLimit = -0.5
  /// By how much the share of empty answers may rise: two of the eight prompts, for one may be chance.
  static let emptyRise = 0.25
  /// The same of the three likeliest answers that are shown: two of them.
  static let shownEmptyRise = 0.5
  /// By how much the share of unfinished answers may rise: half of them, for lengths vary.
  static let unfinishedRise = 0.5
  /// Nats a token: what is said is e^0.5 = 1.6 times as likely a token as under the reference.
  static let divergenceLimit = 0.5

  /// What an objective's loss is while policy and reference are the same; nil where that is not one number.
  private static func lossOfNoTraining(_ objective: String) -> Double? {
    objective == "sigmoid" ? 0.6931471805599453 : nil
  }

  /// - Parameters:
  ///   - objective: the name of what was minimised.
  ///   - isHeldOut: whether the figures are of pairs that were not trained on.
  ///   - answers: what the model says itself; nil where it was not asked.
  package init(
    _ record: MetricsRecord, of objective: String, isHeldOut: Bool, answers: OwnAnswers? = nil
  ) {
    let limit = Self.lossOfNoTraining(objective).map { $0 + Self.lossSlack } ?? .infinity
    if record.driftChosen < Self.driftLimit {
      self = .movedTooFar(.chosenDrift(record.driftChosen))
    } else if record.rewardsMargins < -Self.least {
      self = .wrongWay(margin: record.rewardsMargins)
    } else if isHeldOut, record.loss > limit {
      self = .movedTooFar(.heldOutLoss(record.loss))
    } else if let collapse = answers.flatMap({ Self.collapse($0, record) }) {
      self = .movedTooFar(collapse)
    } else if let divergence = answers?.klPerToken, divergence > Self.divergenceLimit {
      self = .movedTooFar(.ownDivergence(divergence))
    } else if record.rewardsMargins < Self.least {
      self = .barelyMoved(margin: record.rewardsMargins)
    } else {
      self = .moved(margin: record.rewardsMargins, accuracy: record.accuracy)
    }
  }

  /// Whether the model's own answers have become empty or endless; with answers as long as the limit in the data
  /// nothing can be said of ends.
  static func collapse(_ answers: OwnAnswers, _ record: MetricsRecord) -> Reason? {
    let (before, after) = (answers.before, answers.after)
    if let shown = answers.shown, shown.after - shown.before >= shownEmptyRise {
      return .emptyAnswers(shown.after, before: shown.before)
    }
    if after.empty - before.empty >= emptyRise {
      return .emptyAnswers(after.empty, before: before.empty)
    }
    if after.unfinished - before.unfinished >= unfinishedRise,
      record.lengthsChosen < Double(SampleProbe.newTokens)
    {
      return .endlessAnswers(after.unfinished, before: before.unfinished)
    }
    return nil
  }

  /// One sentence.
  package var wording: String {
    switch self {
    case .barelyMoved(let margin): "barely moved: the mean margin is \(Self.text(margin))"
    case .wrongWay(let margin):
      "moved against the preferences: the mean margin is \(Self.text(margin))"
    case .moved(let margin, let accuracy):
      "moved: the mean margin is \(Self.text(margin)), accuracy \(NumberText.percent(accuracy))"
    case .movedTooFar(.heldOutLoss(let loss)):
      "moved too far: the held-out loss is \(Self.text(loss)), above the \(Self.text(0.6931471805599453)) of no training"
    case .movedTooFar(.chosenDrift(let drift)):
      "moved too far: chosen answers lost \(Self.text(-drift)) nats a token"
    case .movedTooFar(.emptyAnswers(let share, let before)):
      "moved too far: \(NumberText.percent(share)) of the model's answers are empty, \(NumberText.percent(before)) before"
    case .movedTooFar(.endlessAnswers(let share, let before)):
      "moved too far: \(NumberText.percent(share)) of the model's own answers do not end within "
        + "\(SampleProbe.newTokens) tokens, \(NumberText.percent(before)) before"
    case .movedTooFar(.ownDivergence(let divergence)):
      "moved too far: the model's own answers are \(Self.text(divergence)) nats a token from the reference"
    }
  }

  /// What to change; nil where nothing needs to.
  package var advice: String? {
    switch self {
    case .barelyMoved: "raise --learning-rate (three times as much) or --epochs"
    case .wrongWay: "look at the data: are chosen and rejected swapped? else lower --learning-rate"
    case .moved: nil
    case .movedTooFar(.heldOutLoss): "lower --epochs or --learning-rate"
    case .movedTooFar(.chosenDrift), .movedTooFar(.ownDivergence):
      "lower --learning-rate, or raise --beta"
    case .movedTooFar(.emptyAnswers), .movedTooFar(.endlessAnswers):
      "lower --learning-rate, or --epochs; samples.jsonl has the answers"
    }
  }

  /// Three decimals.
  private static func text(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    return "\((value * 1000).rounded() / 1000)"
  }
}
