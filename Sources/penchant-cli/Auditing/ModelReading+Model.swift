import PenchantAudit
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel

extension ModelReading {
  /// Encodes every pair as a run of `tune` would by default and scores a sample, spread evenly over the rows.
  /// - Parameters:
  ///   - limit: tokens of the longest prompt + answer; nil is what `tune` takes.
  ///   - sample: pairs to score at most.
  /// - Throws: what opening and scoring throw; a pair that cannot be encoded is a finding, not an error.
  init(
    _ pairs: [Pair], model: LanguageModel, promptFormat: EncodingOptions.PromptFormat,
    limit: Int?, sample: Int, progress: ProgressLine
  ) throws {
    let context = model.architecture.maxPositions
    let limit = min(limit ?? 2048, context)
    func encoder(_ truncation: EncodingOptions.Truncation) throws -> ExampleEncoder {
      try ExampleEncoder(
        model,
        options: EncodingOptions(
          promptFormat: promptFormat, maxLength: limit, truncation: truncation, onMismatch: .drop))
    }
    let (whole, cut) = (try encoder(.drop), try encoder(.keepStart))
    var fates: [Fate] = []
    var fitting: [Int] = []
    for (index, pair) in pairs.enumerated() {
      let fate = Self.fate(pair, index, whole, cut)
      if fate == .fits { fitting.append(index) }
      fates.append(fate)
      if index % 256 == 0 {
        try Interruption.check()
        progress.update(
          stage: "encoding", completed: index, total: pairs.count, unit: "pairs")
      }
    }
    let count = min(sample, fitting.count)
    let chosen = (0..<count).map { fitting[$0 * fitting.count / count] }
    let examples = try chosen.compactMap { index -> TokenizedExample? in
      guard case .example(let example) = try whole.encode(pairs[index], index: index) else {
        return nil
      }
      return example
    }
    var likelihoods: [Int: Likelihood] = [:]
    if !examples.isEmpty {
      let scorer = try Scorer(
        model.decoder, longest: examples.map(\.tokenCount).max() ?? 1, rank: 0)
      let scores = try scorer.scoreWithSimilarity(examples, policy: model.basePolicy) {
        progress.update(stage: "scoring", completed: $0, total: examples.count, unit: "pairs")
      }
      for (example, (branches, similarity)) in zip(examples, scores) {
        likelihoods[example.index] = Likelihood(
          chosen: branches[0].sum, rejected: branches[1].sum,
          chosenTokens: example.branches[0].scored.count,
          rejectedTokens: example.branches[1].scored.count, similarity: similarity.mean)
      }
    }
    self.init(limit: limit, fates: fates, likelihoods: likelihoods)
  }

  private static func fate(
    _ pair: Pair, _ index: Int, _ whole: ExampleEncoder, _ cut: ExampleEncoder
  ) -> Fate {
    // What a row's roles or turns make impossible, other checks say in their own words.
    guard let outcome = try? whole.encode(pair, index: index) else { return .other }
    switch outcome {
    case .example: return .fits
    case .dropped(let dropped):
      switch dropped.reason {
      case .mismatch: return .mismatch
      case .identical: return .sameTokens
      case .promptTooLong(let tokens, _): return .promptTooLong(tokens: tokens)
      case .tooLong(let tokens, _):
        switch try? cut.encode(pair, index: index) {
        case .example: return .tooLong(tokens: tokens, differsWhenCut: true)
        case .dropped(let after):
          if case .promptTooLong = after.reason { return .promptTooLong(tokens: tokens) }
          return .tooLong(tokens: tokens, differsWhenCut: false)
        case nil: return .other
        }
      case .emptyAnswer, .tie, .notLiked: return .other
      }
    }
  }
}
