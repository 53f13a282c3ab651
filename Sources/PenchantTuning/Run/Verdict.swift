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
///   as likely as before, where text begins to degenerate while margins still look good.
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
  }

  static let least = 0.1
  static let lossSlack = 0.05
  static let driftLimit = -0.5

  /// What an objective's loss is while policy and reference are the same; nil where that is not one number.
  private static func lossOfNoTraining(_ objective: String) -> Double? {
    objective == "sigmoid" ? 0.6931471805599453 : nil
  }

  /// - Parameters:
  ///   - objective: the name of what was minimised.
  ///   - isHeldOut: whether the figures are of pairs that were not trained on.
  package init(_ record: MetricsRecord, of objective: String, isHeldOut: Bool) {
    let limit = Self.lossOfNoTraining(objective).map { $0 + Self.lossSlack } ?? .infinity
    if record.driftChosen < Self.driftLimit {
      self = .movedTooFar(.chosenDrift(record.driftChosen))
    } else if record.rewardsMargins < -Self.least {
      self = .wrongWay(margin: record.rewardsMargins)
    } else if isHeldOut, record.loss > limit {
      self = .movedTooFar(.heldOutLoss(record.loss))
    } else if record.rewardsMargins < Self.least {
      self = .barelyMoved(margin: record.rewardsMargins)
    } else {
      self = .moved(margin: record.rewardsMargins, accuracy: record.accuracy)
    }
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
    }
  }

  /// What to change; nil where nothing needs to.
  package var advice: String? {
    switch self {
    case .barelyMoved: "raise --learning-rate (three times as much) or --epochs"
    case .wrongWay: "look at the data: are chosen and rejected swapped? else lower --learning-rate"
    case .moved: nil
    case .movedTooFar(.heldOutLoss): "lower --epochs or --learning-rate"
    case .movedTooFar(.chosenDrift): "lower --learning-rate, or raise --beta"
    }
  }

  /// Three decimals.
  private static func text(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    return "\((value * 1000).rounded() / 1000)"
  }
}
