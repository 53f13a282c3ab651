import PenchantData
import PenchantEngine
import PenchantModel

/// One prompt with a model's answers before and after tuning.
struct AnswerSample {
  let prompt: String
  let before: Answer
  let after: Answer

  /// What a model said, as far as it was asked to.
  struct Answer: Equatable {
    let text: String
    /// Whether the model came to an end itself.
    let isFinished: Bool

    /// For people: with a mark where it was cut.
    var shown: String { isFinished ? text : text + " …" }
  }

  /// Pairs to show: the first with different prompts.
  static func choose(_ pairs: [Pair], count: Int = 3) -> [Pair] {
    var chosen: [Pair] = []
    for pair in pairs where chosen.count < count {
      if !chosen.contains(where: { $0.prompt == pair.prompt }) { chosen.append(pair) }
    }
    return chosen
  }

  /// Answers prompts greedily; a prompt that fills the context is left out.
  static func answers(
    _ pairs: [Pair], model: LanguageModel, policy: Policy, encoder: ConversationEncoder,
    newTokens: Int = 48
  ) throws -> [Answer] {
    let prompts = try pairs.map { try encoder.prompt(of: $0) }
    let generator = TextGenerator(
      model, policy: policy, sampler: .init(), limits: .init(newTokens: newTokens))
    return try generator.generate(prompts).map {
      Answer(text: $0.text, isFinished: $0.finish == .stop)
    }
  }
}
