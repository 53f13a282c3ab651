package import PenchantCore

/// One answer of the model to a fixed prompt, drawn at temperature 1.
package struct ModelSample: Sendable, Equatable {
  package var step: Int
  /// Of the prompt.
  package var id: String
  package var text: String
  package var tokens: Int
  /// Whether the model ended its turn itself.
  package var isFinished: Bool
  /// Σ log π − log π_ref over the answer's tokens.
  package var logRatio: Double
  /// Σ (r − 1 − log r) with r = π_ref / π of each token.
  package var divergence: Double

  package init(
    step: Int, id: String, text: String, tokens: Int, isFinished: Bool, logRatio: Double,
    divergence: Double
  ) {
    self.step = step
    self.id = id
    self.text = text
    self.tokens = tokens
    self.isFinished = isFinished
    self.logRatio = logRatio
    self.divergence = divergence
  }

  package var json: JSONObject {
    var object = JSONObject()
    object["step"] = .number(JSONNumber(step))
    object["id"] = .string(id)
    object["text"] = .string(text)
    object["tokens"] = .number(JSONNumber(tokens))
    object["finished"] = .bool(isFinished)
    object["log_ratio"] = .number(JSONNumber(logRatio))
    return object
  }
}

/// The model's own answers to the fixed prompts after a step, and how far they are from the reference's.
///
/// With answers y drawn from the policy, both are estimates of KL(π ‖ π_ref) of a whole answer (J. Schulman,
/// "Approximating KL divergence"): `kl` (k1) is the mean of Σ_t log π − log π_ref, unbiased and noisy, also below 0;
/// `kl_k3` the mean of Σ_t (r_t − 1 − log r_t), r = π_ref/π: as unbiased, never below 0, less noisy. Answers that reach
/// the limit count as far as they go.
package struct SampleMeasurement: Sendable, Equatable {
  package var step: Int
  package var samples: [ModelSample]

  package init(step: Int, samples: [ModelSample]) {
    self.step = step
    self.samples = samples
  }

  private func mean(_ value: (ModelSample) -> Double) -> Double {
    samples.reduce(0) { $0 + value($1) } / Double(max(1, samples.count))
  }

  package var kl: Double { mean(\.logRatio) }
  package var klK3: Double { mean(\.divergence) }
  /// k3 a token.
  package var klPerToken: Double {
    samples.reduce(0) { $0 + $1.divergence } / max(1, samples.reduce(0) { $0 + Double($1.tokens) })
  }
  package var length: Double { mean { Double($0.tokens) } }
  package var unfinished: Double { mean { $0.isFinished ? 0 : 1 } }
  /// Share of the answers without a word.
  package var empty: Double { mean { $0.text.allSatisfy(\.isWhitespace) ? 1 : 0 } }

  /// The line in metrics.jsonl.
  package var json: JSONObject {
    var object = JSONObject()
    object["step"] = .number(JSONNumber(step))
    let figures = [
      ("kl", kl), ("kl_k3", klK3), ("kl_per_token", klPerToken), ("samples/tokens", length),
      ("samples/unfinished", unfinished), ("samples/empty", empty),
    ]
    for (name, value) in figures {
      object[name] = value.isFinite ? .number(JSONNumber(value)) : .null
    }
    return object
  }
}
