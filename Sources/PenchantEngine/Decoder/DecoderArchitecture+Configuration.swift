package import PenchantFormats

extension DecoderArchitecture {
  /// The decoder that a model folder's configuration describes.
  package init(_ configuration: ModelConfiguration) {
    var biased: Set<LinearKind> = []
    if configuration.hasQueryKeyValueBias { biased.formUnion([.query, .key, .value]) }
    if configuration.hasAttentionOutputBias { biased.insert(.output) }
    if configuration.hasFeedForwardBias { biased.formUnion([.gate, .up, .down]) }
    self.init(
      vocabularySize: configuration.vocabularySize, hiddenSize: configuration.hiddenSize,
      intermediateSize: configuration.intermediateSize, layerCount: configuration.layerCount,
      headCount: configuration.headCount, keyValueHeadCount: configuration.keyValueHeadCount,
      headDimension: configuration.headSize, normEpsilon: Float(configuration.normEpsilon),
      ropeTheta: configuration.ropeTheta, maxPositions: configuration.contextLength,
      tiesEmbeddings: configuration.tiesEmbeddings, biased: biased,
      window: configuration.slidingWindow)
  }
}
