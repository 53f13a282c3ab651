import PenchantEngine
import PenchantFormats

/// What keeping weights as int8 does to a model: its log-probabilities held against those of the files' weights.
package struct BaseWeightsEffect: Sendable, Equatable {
  /// Answer tokens compared.
  package var tokens = 0
  /// Mean and largest |Δ log p| of a token.
  package var mean = 0.0
  package var largest = 0.0

  /// Scores the examples twice, without an adapter; the files' weights are opened for it and let go.
  /// - Throws: what opening and scoring throw.
  package static func measure(
    _ model: LanguageModel, _ examples: [TokenizedExample]
  ) throws -> BaseWeightsEffect {
    guard let longest = examples.map(\.tokenCount).max() else { return BaseWeightsEffect() }
    let scorer = try Scorer(model.decoder, longest: longest, tokenBudget: longest, rank: 0)
    let checkpoint = try SafetensorsCheckpoint(folder: model.folder)
    let exact = try DecoderTensors.load(
      checkpoint, model.architecture, dtype: model.dtype, on: model.device)
    let pairs = try zip(
      scorer.score(examples, policy: model.basePolicy),
      scorer.score(examples, policy: Policy(weights: exact)))
    var effect = BaseWeightsEffect()
    for (ours, theirs) in pairs.flatMap({ zip($0, $1) }) {
      for (a, b) in zip(ours.tokenLogProbabilities, theirs.tokenLogProbabilities) {
        let difference = abs(Double(a) - Double(b))
        effect.tokens += 1
        effect.mean += difference
        effect.largest = max(effect.largest, difference)
      }
    }
    effect.mean /= Double(max(1, effect.tokens))
    return effect
  }
}
