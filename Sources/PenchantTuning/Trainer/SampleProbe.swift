package import PenchantEngine
package import PenchantModel

/// Asks the model the same prompts again and again while it is trained.
package final class SampleProbe {
  package struct Prompt: Sendable {
    package let id: String
    package let tokens: [Int32]

    package init(id: String, tokens: [Int32]) {
      self.id = id
      self.tokens = tokens
    }
  }

  /// New tokens of an answer at most.
  package static let newTokens = 64

  private let model: LanguageModel
  private let prompts: [Prompt]
  private let reference: Policy
  private let seed: UInt64
  /// Steps from one measurement to the next; 0 measures at the beginning and at the end.
  package let every: Int

  /// - Parameters:
  ///   - reference: what the answers' probabilities are compared with.
  ///   - seed: an answer depends on it, the prompt's place and the model alone, so that steps can be compared.
  package init(
    _ model: LanguageModel, prompts: [Prompt], reference: Policy, every: Int, seed: UInt64
  ) {
    self.model = model
    self.prompts = prompts
    self.reference = reference
    self.every = every
    self.seed = seed
  }

  /// Whether the prompts are asked after this many steps of so many.
  func samples(after step: Int, of steps: Int) -> Bool {
    step == 0 || step == steps || (every > 0 && step % every == 0)
  }

  /// Draws an answer to each prompt and computes its probability under policy and reference.
  func measure(_ policy: Policy, step: Int) throws -> SampleMeasurement {
    let answers = try TextGenerator(
      model, policy: policy, sampler: Sampler(temperature: 1, seed: seed),
      limits: .init(newTokens: Self.newTokens)
    ).generate(prompts.map(\.tokens))
    let examples = zip(prompts, answers).enumerated().map { index, pair in
      let (prompt, answer) = pair
      return TokenizedExample(
        id: prompt.id, index: index, prompt: prompt.tokens,
        branches: [
          .init(
            tokens: answer.tokens,
            scored: Array(prompt.tokens.count..<prompt.tokens.count + answer.tokens.count))
        ])
    }
    let longest = examples.map(\.tokenCount).max() ?? 1
    func scores(_ policy: Policy) throws -> [[Float]] {
      try Scorer(
        model.decoder, longest: longest, tokenBudget: longest,
        rank: policy.adapter?.configuration.rank ?? 0
      ).score(examples, policy: policy).map { $0[0].tokenLogProbabilities }
    }
    let (own, others) = (try scores(policy), try scores(reference))
    let samples = answers.indices.map { index in
      // log r = log π_ref − log π
      let logs = zip(others[index], own[index]).map { Double($0) - Double($1) }
      return ModelSample(
        step: step, id: prompts[index].id, text: answers[index].text,
        tokens: answers[index].tokens.count, isFinished: answers[index].finish == .stop,
        logRatio: logs.reduce(0) { $0 - $1 },
        divergence: logs.reduce(0) { $0 + Self.expMinusOne($1) - $1 })
    }
    return SampleMeasurement(step: step, samples: samples)
  }
}
