package import PenchantCore

/// The figures of one optimizer step, with TRL's names and meanings, and ours beside them.
///
/// Rewards are β·ρ whatever the objective's own normalisation; `logps` are sums over the scored tokens; all are
/// plain means over the step's pairs.
package struct MetricsRecord: Sendable, Equatable {
  /// Counted from 1, as logs do.
  package var step = 0
  package var loss = 0.0
  package var rewardsChosen = 0.0
  package var rewardsRejected = 0.0
  package var rewardsMargins = 0.0
  /// TRL's: a tie counts as wrong, so that the first step reads 0.
  package var rewardsAccuracies = 0.0
  /// A tie counts one half.
  package var accuracy = 0.0
  package var logpsChosen = 0.0
  package var logpsRejected = 0.0
  /// Mean entropy of the rows behind all scored tokens, in nats.
  package var entropy = 0.0
  /// Mean log-ratio of policy to reference a scored token; how far answers of the data have drifted.
  package var driftChosen = 0.0
  package var driftRejected = 0.0
  package var lengthsChosen = 0.0
  package var lengthsRejected = 0.0
  /// Before clipping; nil where nothing was trained.
  package var gradNorm: Double?
  /// As used; nil where nothing was trained.
  package var learningRate: Double?
  /// Passes over the data at the end of the step.
  package var epoch = 0.0
  /// Tokens so far, a prompt counted once for each answer.
  package var numTokens = 0
  /// Whether there was a rejected answer; without one rewards, accuracy and drift have no meaning and are left out.
  package var comparesAnswers = true
  /// Whether rows have one answer each, liked or not: rewards then have a meaning, accuracy has none.
  package var judgesAnswers = false
  /// Whether a branch has one score in place of log-probabilities: figures of tokens are then left out.
  package var isScalar = false
  /// Pairs of this record.
  package var pairs = 0
  /// Wall time of the step; nil where bytes must be equal.
  package var seconds: Double?
  /// Tokens computed a second, a prompt counted once.
  package var tokensPerSecond: Double?
  /// Operations done a second over those the machine's own matrix kernel reaches; nil where that was not measured.
  package var utilization: Double?

  package init() {}

  /// Keys whose values differ from run to run.
  package static let timingKeys = ["step_seconds", "tokens_per_second", "mfu"]

  /// The record as metrics.jsonl has it; the order of the keys is fixed, timings come last.
  /// - Parameter prefix: `eval_` for measurements on held-out pairs.
  package func json(prefix: String = "") -> JSONObject {
    var object = JSONObject()
    object["step"] = .number(JSONNumber(step))
    func put(_ key: String, _ value: Double?) {
      guard let value else { return }
      object[prefix + key] = value.isFinite ? .number(JSONNumber(value)) : .null
    }
    put("loss", loss)
    let hasBoth = comparesAnswers || judgesAnswers
    if hasBoth {
      put("rewards/chosen", rewardsChosen)
      put("rewards/rejected", rewardsRejected)
      put("rewards/margins", rewardsMargins)
      put("rewards/accuracies", comparesAnswers ? rewardsAccuracies : nil)
      put("accuracy", comparesAnswers ? accuracy : nil)
    }
    if !isScalar {
      put("logps/chosen", logpsChosen)
      put("logps/rejected", hasBoth ? logpsRejected : nil)
      put("entropy", entropy)
      put("drift/chosen", hasBoth ? driftChosen : nil)
      put("drift/rejected", hasBoth ? driftRejected : nil)
      put("lengths/chosen", lengthsChosen)
      put("lengths/rejected", hasBoth ? lengthsRejected : nil)
    }
    put("grad_norm", gradNorm)
    put("learning_rate", learningRate)
    put("epoch", epoch)
    object[prefix + "num_tokens"] = .number(JSONNumber(numTokens))
    object[prefix + "pairs"] = .number(JSONNumber(pairs))
    put("step_seconds", seconds)
    put("tokens_per_second", tokensPerSecond)
    put("mfu", utilization)
    return object
  }
}
