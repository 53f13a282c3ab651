/// Every figure of metrics.jsonl: its unit and meaning, in one place for documentation, rules and reports.
package enum MetricCatalog {
  package enum Kind: Sendable {
    /// Of a training step; with `eval_` before it, of the held-out pairs.
    case step
    /// Of a training step only.
    case training
    /// Of the model's own answers.
    case samples
  }

  package struct Entry: Sendable {
    package let key: String
    package let kind: Kind
    package let unit: String
    package let meaning: String
    /// Whether rows with one answer lack it.
    package var needsComparison = false
  }

  package static let entries: [Entry] = [
    Entry(key: "step", kind: .step, unit: "", meaning: "optimizer steps done, counted from 1"),
    Entry(
      key: "loss", kind: .step, unit: "nats",
      meaning: "what is minimised: a mean over the pairs (sft: tokens) of the whole step"),
    Entry(
      key: "rewards/chosen", kind: .step, unit: "β nats",
      meaning: "β times the log-ratio of policy to reference, summed over the chosen answer",
      needsComparison: true),
    Entry(
      key: "rewards/rejected", kind: .step, unit: "β nats",
      meaning: "the same of the rejected answer",
      needsComparison: true),
    Entry(
      key: "rewards/margins", kind: .step, unit: "β nats", meaning: "chosen minus rejected reward",
      needsComparison: true),
    Entry(
      key: "rewards/accuracies", kind: .step, unit: "0-1",
      meaning: "share of pairs with a margin above 0; TRL's figure, a tie counts as wrong",
      needsComparison: true),
    Entry(
      key: "accuracy", kind: .step, unit: "0-1", meaning: "the same with a tie as one half",
      needsComparison: true),
    Entry(
      key: "logps/chosen", kind: .step, unit: "nats",
      meaning: "log-probability of the chosen answer, summed over its tokens, mean over pairs"),
    Entry(
      key: "logps/rejected", kind: .step, unit: "nats", meaning: "the same of the rejected answer",
      needsComparison: true),
    Entry(
      key: "entropy", kind: .step, unit: "nats a token",
      meaning: "mean entropy of the policy where it predicts the answers' tokens"),
    Entry(
      key: "drift/chosen", kind: .step, unit: "nats a token",
      meaning: "log-ratio of policy to reference on the chosen answers; measured on data, so no KL",
      needsComparison: true),
    Entry(
      key: "drift/rejected", kind: .step, unit: "nats a token",
      meaning: "the same on the rejected answers", needsComparison: true),
    Entry(
      key: "lengths/chosen", kind: .step, unit: "tokens",
      meaning: "mean scored tokens of the chosen answers"),
    Entry(
      key: "lengths/rejected", kind: .step, unit: "tokens",
      meaning: "mean scored tokens of the rejected answers", needsComparison: true),
    Entry(
      key: "grad_norm", kind: .training, unit: "", meaning: "norm of the gradient before clipping"),
    Entry(
      key: "learning_rate", kind: .training, unit: "", meaning: "the rate of this step, as used"),
    Entry(
      key: "epoch", kind: .step, unit: "", meaning: "passes over the data at the end of the step"),
    Entry(
      key: "num_tokens", kind: .step, unit: "tokens",
      meaning: "tokens so far, a prompt counted once for each of its answers"),
    Entry(key: "pairs", kind: .step, unit: "", meaning: "pairs behind the figures"),
    Entry(key: "step_seconds", kind: .training, unit: "s", meaning: "wall time of the step"),
    Entry(
      key: "tokens_per_second", kind: .training, unit: "tokens/s",
      meaning: "tokens computed a second, a prompt counted once"),
    Entry(
      key: "mfu", kind: .training, unit: "0-1",
      meaning: "operations a second over those the machine's matrix kernel reaches; where measured"),
    Entry(
      key: "kl", kind: .samples, unit: "nats an answer",
      meaning:
        "KL(policy ‖ reference) on the model's own answers, estimator k1; noisy, may be below 0"),
    Entry(
      key: "kl_k3", kind: .samples, unit: "nats an answer",
      meaning: "the same, estimator k3: never below 0, less noisy"),
    Entry(key: "kl_per_token", kind: .samples, unit: "nats a token", meaning: "k3 over all tokens"),
    Entry(
      key: "samples/tokens", kind: .samples, unit: "tokens", meaning: "mean length of these answers"
    ),
    Entry(
      key: "samples/unfinished", kind: .samples, unit: "0-1",
      meaning: "share of these answers that reached the limit of 64 tokens"),
    Entry(
      key: "samples/empty", kind: .samples, unit: "0-1",
      meaning: "share of these answers without a word"),
  ]

  /// All keys that a line can have.
  package static var keys: [String] {
    entries.map(\.key)
      + entries.filter { $0.kind == .step && $0.key != "step" }.map { "eval_" + $0.key }
  }

  package static func contains(_ key: String) -> Bool { keys.contains(key) }

  /// What a key means, `eval_` left aside.
  package static func entry(_ key: String) -> Entry? {
    let name = key.hasPrefix("eval_") ? String(key.dropFirst(5)) : key
    return entries.first { $0.key == name }
  }
}
