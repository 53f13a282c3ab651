package import PenchantFormats

extension DecoderArchitecture {
  /// The decoder that a model folder's configuration describes.
  package init(_ configuration: ModelConfiguration) {
    let family = configuration.family
    self.init(
      vocabularySize: configuration.vocabularySize, hiddenSize: configuration.hiddenSize,
      intermediateSize: configuration.intermediateSize, layerCount: configuration.layerCount,
      headCount: configuration.headCount, keyValueHeadCount: configuration.keyValueHeadCount,
      headDimension: configuration.headSize, normEpsilon: Float(configuration.normEpsilon),
      ropeTheta: 1, maxPositions: configuration.contextLength,
      tiesEmbeddings: configuration.tiesEmbeddings)
    names = CheckpointNames(family)
    if configuration.isLanguagePart { names = names.asLanguagePart }
    norm.kind = family == .gpt2 ? .layer : .rootMeanSquare
    norm.gainOffset = family.isGemma ? 1 : 0
    queryKeyNorm = family.queryKeyNorm ?? .head
    activation = configuration.activation
    layers = configuration.layers
    rotaries = configuration.rotaries
    attentionSoftCap = Float(configuration.attentionSoftCap ?? 0)
    embeddingScale = Float(configuration.embeddingScale)
    roundsEmbeddingScale = family.isGemma
    residualScale = Float(configuration.residualScale)
    head = HeadShape(
      scale: Float(configuration.logitScale), softCap: Float(configuration.logitSoftCap ?? 0))
    storesTransposed = family == .gpt2

    var groups: Set<LinearGroup> = []
    if configuration.hasQueryKeyValueBias { groups.insert(.attentionInput) }
    if configuration.hasAttentionOutputBias { groups.insert(.attentionOutput) }
    if configuration.hasFeedForwardBias {
      groups.formUnion([.feedForwardInput, .feedForwardOutput])
    }
    biased = Set(linears.filter { groups.contains($0.group) })
  }
}

extension CheckpointNames {
  /// What a family's checkpoints call things.
  init(_ family: ModelConfiguration.Family) {
    switch family {
    case .gpt2: self = .gpt2
    case .phi3: self = .phi3
    default: self = .llama
    }
    switch family.normPlacement {
    case .before: break
    case .after:
      norms = [
        .attentionOutput: "post_attention_layernorm",
        .feedForwardOutput: "post_feedforward_layernorm",
      ]
    case .around:
      norms = [
        .attentionInput: "input_layernorm", .attentionOutput: "post_attention_layernorm",
        .feedForwardInput: "pre_feedforward_layernorm",
        .feedForwardOutput: "post_feedforward_layernorm",
      ]
    }
    if family.queryKeyNorm != nil {
      norms[.query] = "self_attn.q_norm"
      norms[.key] = "self_attn.k_norm"
    }
  }
}
