import ArgumentParser
import PenchantEngine
import PenchantFormats

/// Decoders to measure with; the weights are random, for times do not depend on them.
enum BenchmarkShape: String, CaseIterable, ExpressibleByArgument {
  case tiny
  case smolLM2 = "smollm2-135m"
  case qwen2 = "qwen2.5-0.5b"
  case llama3 = "llama-3.1-8b"

  var architecture: DecoderArchitecture {
    switch self {
    case .tiny:
      DecoderArchitecture(
        vocabularySize: 300, hiddenSize: 48, intermediateSize: 80, layerCount: 2, headCount: 3,
        keyValueHeadCount: 1, headDimension: 16, normEpsilon: 1e-5, ropeTheta: 1e4,
        maxPositions: 2048, tiesEmbeddings: true)
    case .smolLM2:
      DecoderArchitecture(
        vocabularySize: 49152, hiddenSize: 576, intermediateSize: 1536, layerCount: 30,
        headCount: 9, keyValueHeadCount: 3, headDimension: 64, normEpsilon: 1e-5, ropeTheta: 1e5,
        maxPositions: 8192, tiesEmbeddings: true)
    case .qwen2:
      DecoderArchitecture(
        vocabularySize: 151_936, hiddenSize: 896, intermediateSize: 4864, layerCount: 24,
        headCount: 14, keyValueHeadCount: 2, headDimension: 64, normEpsilon: 1e-6, ropeTheta: 1e6,
        maxPositions: 32768, tiesEmbeddings: true, biased: [.query, .key, .value])
    case .llama3: Self.llama3Architecture
    }
  }

  private static var llama3Architecture: DecoderArchitecture {
    var architecture = DecoderArchitecture(
      vocabularySize: 128_256, hiddenSize: 4096, intermediateSize: 14336, layerCount: 32,
      headCount: 32, keyValueHeadCount: 8, headDimension: 128, normEpsilon: 1e-5, ropeTheta: 5e5,
      maxPositions: 131_072, tiesEmbeddings: false)
    architecture.rotaries = [
      RotaryConfiguration(
        theta: 5e5, dimension: 128,
        scaling: .llama3(factor: 8, low: 1, high: 4, trainedLength: 8192))
    ]
    return architecture
  }
}
