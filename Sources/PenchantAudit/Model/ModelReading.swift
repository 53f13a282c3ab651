/// What a model's tokenizer and the model itself made of a set of pairs; the audit sees no more of a model.
package struct ModelReading: Sendable {
  /// A pair under the model's template and tokenizer, as a run of `tune` would encode it.
  package enum Fate: Sendable, Equatable {
    case fits
    /// The longer sequence exceeds the limit; whether the answers still differ once their ends are cut.
    case tooLong(tokens: Int, differsWhenCut: Bool)
    /// The prompt alone fills the limit.
    case promptTooLong(tokens: Int)
    /// The prompt's tokens are not a prefix of prompt + answer.
    case mismatch
    /// Both answers are the same tokens.
    case sameTokens
    /// The pair cannot be encoded for another reason, which other checks name.
    case other
  }

  /// log p of a pair's answers, and how alike the model holds them to be.
  package struct Likelihood: Sendable, Equatable {
    /// Σ log p.
    package let chosen: Double
    package let rejected: Double
    package let chosenTokens: Int
    package let rejectedTokens: Int
    /// Length-normalised CHES; the larger, the more alike.
    package let similarity: Double

    package init(
      chosen: Double, rejected: Double, chosenTokens: Int, rejectedTokens: Int, similarity: Double
    ) {
      self.chosen = chosen
      self.rejected = rejected
      self.chosenTokens = chosenTokens
      self.rejectedTokens = rejectedTokens
      self.similarity = similarity
    }

    /// Chosen minus rejected.
    var difference: Double { chosen - rejected }
    /// The same of log p per token, which length alone does not decide.
    var differencePerToken: Double {
      chosen / Double(max(1, chosenTokens)) - rejected / Double(max(1, rejectedTokens))
    }
  }

  /// Tokens of the longest prompt + answer.
  package let limit: Int
  /// One for each pair.
  package let fates: [Fate]
  /// Of the pairs that were scored, by index.
  package let likelihoods: [Int: Likelihood]

  package init(limit: Int, fates: [Fate], likelihoods: [Int: Likelihood]) {
    self.limit = limit
    self.fates = fates
    self.likelihoods = likelihoods
  }

  /// The rows with a fate, each with a note.
  func rows(_ note: (Fate) -> String?) -> [Finding.Row] {
    fates.enumerated().compactMap { index, fate in note(fate).map { .init(index, $0) } }
  }
}
