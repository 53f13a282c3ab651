/// The linear layers of a decoder block that an adapter can attach to, by what they do.
///
/// Which of them a decoder has, and what its checkpoints call them, is said by ``CheckpointNames``. The raw
/// values are the names most checkpoints use.
package enum LinearKind: String, CaseIterable, Sendable, Codable {
  case query = "q_proj"
  case key = "k_proj"
  case value = "v_proj"
  /// Query, key and value below each other in one matrix.
  case queryKeyValue = "qkv_proj"
  case output = "o_proj"
  case gate = "gate_proj"
  /// The only one of the two in a block without a gate.
  case up = "up_proj"
  /// Gate and up below each other in one matrix.
  case gateUp = "gate_up_proj"
  case down = "down_proj"

  /// The layers it shares its input with.
  var group: LinearGroup {
    switch self {
    case .query, .key, .value, .queryKeyValue: .attentionInput
    case .output: .attentionOutput
    case .gate, .up, .gateUp: .feedForwardInput
    case .down: .feedForwardOutput
    }
  }
}

/// Linear layers that read the same input, so that their low-rank factors read it once.
enum LinearGroup: CaseIterable {
  case attentionInput
  case attentionOutput
  case feedForwardInput
  case feedForwardOutput
}

/// The places in a block where a decoder may normalise.
package enum NormPlace: CaseIterable, Sendable {
  /// What attention reads, and what it adds to the residual stream.
  case attentionInput, attentionOutput
  /// The same for the feed-forward half.
  case feedForwardInput, feedForwardOutput
  /// Queries and keys before they turn.
  case query, key
}
