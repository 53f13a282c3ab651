/// The linear layers of a decoder block that an adapter can attach to, by the name checkpoints give them.
package enum LinearKind: String, CaseIterable, Sendable, Codable {
  case query = "q_proj"
  case key = "k_proj"
  case value = "v_proj"
  case output = "o_proj"
  case gate = "gate_proj"
  case up = "up_proj"
  case down = "down_proj"

  /// Its position in arrays that hold one entry a linear layer.
  var index: Int {
    switch self {
    case .query: 0
    case .key: 1
    case .value: 2
    case .output: 3
    case .gate: 4
    case .up: 5
    case .down: 6
    }
  }

  /// The module that holds it.
  private var parent: String {
    switch self {
    case .query, .key, .value, .output: "self_attn"
    case .gate, .up, .down: "mlp"
    }
  }

  /// Its path in a Hugging Face checkpoint: `model.layers.0.self_attn.q_proj`.
  package func path(layer: Int) -> String { "model.layers.\(layer).\(parent).\(rawValue)" }
}

/// Linear layers that read the same input, so that their low-rank factors read it once.
enum LinearGroup: CaseIterable {
  case attentionInput
  case attentionOutput
  case feedForwardInput
  case feedForwardOutput

  var members: [LinearKind] {
    switch self {
    case .attentionInput: [.query, .key, .value]
    case .attentionOutput: [.output]
    case .feedForwardInput: [.gate, .up]
    case .feedForwardOutput: [.down]
    }
  }
}

/// The numbers that make a decoder of the Llama family (Llama, Mistral, Qwen2, SmolLM2): RMSNorm before each
/// half of a block, rotary positions, grouped-query attention, gated SiLU.
package struct DecoderArchitecture: Sendable, Equatable {
  package var vocabularySize: Int
  package var hiddenSize: Int
  package var intermediateSize: Int
  package var layerCount: Int
  package var headCount: Int
  package var keyValueHeadCount: Int
  package var headDimension: Int
  package var normEpsilon: Float
  package var ropeTheta: Double
  package var maxPositions: Int
  package var tiesEmbeddings: Bool
  /// Linear layers that have a bias.
  package var biased: Set<LinearKind>
  /// Sliding attention window in tokens; nil is none.
  package var window: Int?

  package init(
    vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int, headDimension: Int, normEpsilon: Float, ropeTheta: Double,
    maxPositions: Int, tiesEmbeddings: Bool, biased: Set<LinearKind> = [], window: Int? = nil
  ) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.layerCount = layerCount
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.normEpsilon = normEpsilon
    self.ropeTheta = ropeTheta
    self.maxPositions = maxPositions
    self.tiesEmbeddings = tiesEmbeddings
    self.biased = biased
    self.window = window
  }

  /// Width of all query heads.
  package var queryWidth: Int { headCount * headDimension }
  /// Width of all key (or value) heads.
  package var keyValueWidth: Int { keyValueHeadCount * headDimension }

  /// (out, in) of a linear layer.
  package func shape(of kind: LinearKind) -> (rows: Int, columns: Int) {
    switch kind {
    case .query: (queryWidth, hiddenSize)
    case .key, .value: (keyValueWidth, hiddenSize)
    case .output: (hiddenSize, queryWidth)
    case .gate, .up: (intermediateSize, hiddenSize)
    case .down: (hiddenSize, intermediateSize)
    }
  }

  package var attention: AttentionShape {
    AttentionShape(
      heads: headCount, keyValueHeads: keyValueHeadCount, headDimension: headDimension,
      scale: Float(1 / Double(headDimension).squareRoot()), window: window)
  }

  /// Parameters of the linear layers: N in the bill of a step, without embedding and head.
  package var linearParameterCount: Int {
    layerCount
      * LinearKind.allCases.reduce(0) { sum, kind in
        let (rows, columns) = shape(of: kind)
        return sum + rows * columns
      }
  }

  /// All parameters; a tied head counts once.
  package var parameterCount: Int {
    let biases = biased.reduce(0) { $0 + shape(of: $1).rows } * layerCount
    let norms = (2 * layerCount + 1) * hiddenSize
    return linearParameterCount + biases + norms
      + vocabularySize * hiddenSize * (tiesEmbeddings ? 1 : 2)
  }
}
