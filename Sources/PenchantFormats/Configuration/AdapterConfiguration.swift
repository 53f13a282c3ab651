/// A LoRA adapter as PEFT describes it in `adapter_config.json`.
///
/// Only plain LoRA can be read: one rank, one alpha, no bias, and of other trained modules the score head of a reward
/// model alone. Everything else PEFT can express is refused by the name of its key.
package struct AdapterConfiguration: Sendable, Equatable {
  /// Rank of every low-rank product.
  package var rank: Int
  package var alpha: Double
  /// Names, or ends of names, of the modules that have an adapter: `q_proj`.
  package var targetModules: [String]
  /// Whether the scale is α/√r (rank-stabilized LoRA) in place of α/r.
  package var isRankStabilized: Bool
  /// Whether the base's weights are stored (in, out), as GPT-2's are (`fan_in_fan_out`).
  ///
  /// PEFT corrects the flag by the module it meets, so that it changes no result.
  package var isStoredTransposed: Bool
  /// Dropout while it was trained; has no effect on results.
  package var dropout: Double
  /// Whether it comes with a score head (`score`, a sequence classifier of one label): a reward model.
  package var hasScoreHead: Bool
  /// The model it was trained on, as its author named it.
  package var baseModel: String?

  /// - Parameter rank: 1 or more.
  package init(
    rank: Int, alpha: Double, targetModules: [String], isRankStabilized: Bool = false,
    isStoredTransposed: Bool = false, dropout: Double = 0, hasScoreHead: Bool = false,
    baseModel: String? = nil
  ) {
    self.rank = rank
    self.alpha = alpha
    self.targetModules = targetModules
    self.isRankStabilized = isRankStabilized
    self.isStoredTransposed = isStoredTransposed
    self.dropout = dropout
    self.hasScoreHead = hasScoreHead
    self.baseModel = baseModel
  }

  /// What B·A is multiplied by.
  package var scale: Double {
    isRankStabilized ? alpha / Double(rank).squareRoot() : alpha / Double(rank)
  }

  /// Whether the module at `path` has an adapter: a target equals the path or follows a dot at its end.
  package func targets(_ path: String) -> Bool {
    targetModules.contains { path == $0 || path.hasSuffix("." + $0) }
  }

  /// The largest rank that is read; a larger one is a mistake, beyond the width of any model.
  package static let largestRank = 1 << 16

  /// The name Transformers gives the score head.
  package static let scoreModule = "score"

  /// Name of the file in an adapter folder.
  package static let fileName = "adapter_config.json"
  /// Name of the weights in an adapter folder.
  package static let weightsFileName = "adapter_model.safetensors"
}
