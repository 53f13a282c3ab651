package import PenchantFormats

/// The numbers and names that make a decoder: everything in which the architectures here differ.
///
/// A block is x += s·N(attention(N(x))), x += s·N(feedForward(N(x))), where each norm N may be missing. There are
/// no subclasses: what an architecture does not have is nil, 0, 1 or has no name.
package struct DecoderArchitecture: Sendable, Equatable {
  package var vocabularySize: Int
  package var hiddenSize: Int
  package var intermediateSize: Int
  package var headCount: Int
  package var keyValueHeadCount: Int
  package var headDimension: Int
  package var maxPositions: Int
  package var tiesEmbeddings: Bool
  /// Linear layers that have a bias.
  package var biased: Set<LinearKind>
  package var norm: NormShape
  /// What of a query or key its norm takes together.
  package var queryKeyNorm = ModelConfiguration.QueryKeyNorm.head
  package var activation = Activation.silu
  /// The attention of every block.
  package var layers: [ModelConfiguration.AttentionLayer]
  /// The rotary positions that blocks choose from.
  package var rotaries: [RotaryConfiguration]
  /// Bounds attention scores as cap · tanh(score / cap); 0 is no bound.
  package var attentionSoftCap: Float = 0
  /// Multiplies embeddings on their way into the residual stream.
  package var embeddingScale: Float = 1
  /// Whether that factor is rounded to the matrix dtype first, as Gemma's is.
  package var roundsEmbeddingScale = false
  /// Multiplies what a half block adds to the residual stream.
  package var residualScale: Float = 1
  /// What becomes of logits.
  package var head = HeadShape()
  /// Whether linear layers are stored (in, out), as GPT-2's are, in place of (out, in).
  package var storesTransposed = false
  package var names = CheckpointNames.llama

  /// A decoder of the Llama family: RMSNorm before each half, rotary positions, gated SiLU.
  package init(
    vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int, headCount: Int,
    keyValueHeadCount: Int, headDimension: Int, normEpsilon: Float, ropeTheta: Double,
    maxPositions: Int, tiesEmbeddings: Bool, biased: Set<LinearKind> = [], window: Int? = nil
  ) {
    self.vocabularySize = vocabularySize
    self.hiddenSize = hiddenSize
    self.intermediateSize = intermediateSize
    self.headCount = headCount
    self.keyValueHeadCount = keyValueHeadCount
    self.headDimension = headDimension
    self.maxPositions = maxPositions
    self.tiesEmbeddings = tiesEmbeddings
    self.biased = biased
    norm = NormShape(epsilon: normEpsilon)
    rotaries = [RotaryConfiguration(theta: ropeTheta, dimension: headDimension)]
    layers = [ModelConfiguration.AttentionLayer](
      repeating: .init(window: window, scale: 1 / Double(headDimension).squareRoot()),
      count: layerCount)
  }
}

extension DecoderArchitecture {
  package var layerCount: Int { layers.count }
  /// Width of all query heads.
  package var queryWidth: Int { headCount * headDimension }
  /// Width of all key (or value) heads.
  package var keyValueWidth: Int { keyValueHeadCount * headDimension }

  /// The linear layers a block has.
  package var linears: [LinearKind] { LinearKind.allCases.filter { names.linears[$0] != nil } }

  /// Those of a block's linear layers that read the same input.
  func members(of group: LinearGroup) -> [LinearKind] { linears.filter { $0.group == group } }

  func has(_ place: NormPlace) -> Bool { names.norms[place] != nil }

  /// Whether queries and keys are normalised.
  var normsQueries: Bool { has(.query) }

  /// Whether the feed-forward half multiplies its activation with a second projection.
  var isGated: Bool { names.linears[.gate] != nil || names.linears[.gateUp] != nil }

  /// (out, in) of a linear layer, however it is stored.
  package func shape(of kind: LinearKind) -> (rows: Int, columns: Int) {
    switch kind {
    case .query: (queryWidth, hiddenSize)
    case .key, .value: (keyValueWidth, hiddenSize)
    case .queryKeyValue: (queryWidth + 2 * keyValueWidth, hiddenSize)
    case .output: (hiddenSize, queryWidth)
    case .gate, .up: (intermediateSize, hiddenSize)
    case .gateUp: (2 * intermediateSize, hiddenSize)
    case .down: (hiddenSize, intermediateSize)
    }
  }

  /// The number of gains a norm has.
  func width(of place: NormPlace) -> Int {
    switch (place, queryKeyNorm) {
    case (.query, .head), (.key, .head): headDimension
    case (.query, .width): queryWidth
    case (.key, .width): keyValueWidth
    default: hiddenSize
    }
  }

  package func attention(layer: Int) -> AttentionShape {
    AttentionShape(
      heads: headCount, keyValueHeads: keyValueHeadCount, headDimension: headDimension,
      scale: Float(layers[layer].scale), softCap: attentionSoftCap, window: layers[layer].window)
  }

  /// The widest operand of a block's products.
  var widest: Int {
    linears.reduce(hiddenSize) { max($0, shape(of: $1).rows, shape(of: $1).columns) }
  }

  /// Parameters of the linear layers: N in the bill of a step, without embedding and head.
  package var linearParameterCount: Int {
    layerCount
      * linears.reduce(0) { sum, kind in
        let (rows, columns) = shape(of: kind)
        return sum + rows * columns
      }
  }

  /// All parameters; a tied head counts once.
  package var parameterCount: Int {
    DecoderTensors.parameters(of: self).reduce(0) { $0 + $1.rows * $1.columns }
  }
}
