import PenchantEngine

/// An example as the engine sees it: a prompt's tokens, the branches that continue it, and which of their
/// tokens count.
package struct TokenizedExample: Sendable, Equatable {
  /// One continuation of the prompt: the chosen answer, the rejected one.
  package struct Branch: Sendable, Equatable {
    /// The tokens after the prompt.
    package var tokens: [Int32]
    /// Which tokens of prompt + branch have their log-probability counted, ascending.
    ///
    /// Never the first of all, which nothing predicts. Usually all of the branch; they may lie in the prompt
    /// and need not be a suffix.
    package var scored: [Int]
    /// Tokens that truncation took away from the end.
    package var cutTokens: Int

    /// A branch that the row does not have: of judged answers, the liked or the other one.
    package static let absent = Branch(tokens: [], scored: [])
    package var isAbsent: Bool { tokens.isEmpty && scored.isEmpty }

    package init(tokens: [Int32], scored: [Int], cutTokens: Int = 0) {
      self.tokens = tokens
      self.scored = scored
      self.cutTokens = cutTokens
    }
  }

  /// The pair's id in the data.
  package var id: String
  /// Its place among the pairs that were read, counted from 0.
  package var index: Int
  package var prompt: [Int32]
  /// In the order the objective declares: chosen, rejected; ``Branch/absent`` where the row does not have one.
  package var branches: [Branch]
  package var weight: Double?
  package var margin: Double?
  package var confidence: Double?
  /// Tokens of the prompt that truncation took away.
  package var cutPromptTokens: Int

  package init(
    id: String, index: Int, prompt: [Int32], branches: [Branch], weight: Double? = nil,
    margin: Double? = nil, confidence: Double? = nil, cutPromptTokens: Int = 0
  ) {
    self.id = id
    self.index = index
    self.prompt = prompt
    self.branches = branches
    self.weight = weight
    self.margin = margin
    self.confidence = confidence
    self.cutPromptTokens = cutPromptTokens
  }

  /// Tokens computed: the prompt once and every branch.
  package var tokenCount: Int { branches.reduce(prompt.count) { $0 + $1.tokens.count } }

  /// Tokens of the first branches as separate sequences, the prompt counted once a branch (TRL's `num_tokens`).
  package func sequenceTokenCount(ofFirst count: Int) -> Int {
    branches.prefix(count).reduce(0) { $1.isAbsent ? $0 : $0 + prompt.count + $1.tokens.count }
  }

  /// The example with one row a branch, its last token's: what a scalar head reads.
  package var scoredAtEnds: TokenizedExample {
    var example = self
    for index in branches.indices where !branches[index].isAbsent {
      example.branches[index].scored = [prompt.count + branches[index].tokens.count]
    }
    return example
  }

  /// The longest prompt + branch.
  package var longestSequence: Int {
    prompt.count + (branches.map(\.tokens.count).max() ?? 0)
  }

  /// What to ask of the engine, branch after branch: the row that predicts each scored token, and the token.
  var targets: [Batch.Target] {
    var list: [Batch.Target] = []
    var start = prompt.count
    for branch in branches {
      for index in branch.scored {
        // One past the end asks for the last token's row alone: what a score is read from.
        let token =
          index < prompt.count
          ? prompt[index]
          : index < prompt.count + branch.tokens.count ? branch.tokens[index - prompt.count] : 0
        let row = index - 1 < prompt.count ? index - 1 : start + index - 1 - prompt.count
        list.append(Batch.Target(row: row, token: token))
      }
      start += branch.tokens.count
    }
    return list
  }
}
