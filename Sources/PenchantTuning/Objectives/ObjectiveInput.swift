/// What is known of a pair before any model has run.
package struct PairFacts: Sendable, Equatable {
  package var id: String
  /// Answer tokens of each branch, in the order the objective declares them; 0 for a branch that is absent.
  package var answerTokens: [Int]
  /// Scored tokens of each branch, those in the prompt included.
  package var scoredTokens: [Int]
  /// How much the pair counts, at least 0; nil is 1.
  package var weight: Double?
  /// By how much the chosen answer is better.
  package var margin: Double?
  /// Probability that the label is right.
  package var confidence: Double?

  package init(
    id: String, answerTokens: [Int], scoredTokens: [Int], weight: Double? = nil,
    margin: Double? = nil, confidence: Double? = nil
  ) {
    self.id = id
    self.answerTokens = answerTokens
    self.scoredTokens = scoredTokens
    self.weight = weight
    self.margin = margin
    self.confidence = confidence
  }
}

/// The models' figures for one branch, one entry a scored token.
package struct BranchInput: Sendable, Equatable {
  /// log π(y_t | x, y_<t); with a scalar head one number.
  package var policy: [Double]
  /// log π_ref of the same tokens; empty without a reference.
  package var reference: [Double]
  /// Entropy of the policy's rows; empty unless asked for.
  package var entropy: [Double]
  /// log Σ p² of the policy's rows; empty unless asked for.
  package var logSquareSum: [Double]
  /// How many of the scored tokens lie in the prompt; they come first.
  package var promptTokens: Int

  package init(
    policy: [Double], reference: [Double] = [], entropy: [Double] = [],
    logSquareSum: [Double] = [], promptTokens: Int = 0
  ) {
    self.policy = policy
    self.reference = reference
    self.entropy = entropy
    self.logSquareSum = logSquareSum
    self.promptTokens = promptTokens
  }

  /// Σ log π over the answer's tokens.
  package var policySum: Double { policy.dropFirst(promptTokens).reduce(0, +) }
  /// Σ log π_ref.
  package var referenceSum: Double { reference.dropFirst(promptTokens).reduce(0, +) }
  /// Scored tokens of the answer.
  package var answerTokens: Int { policy.count - promptTokens }
  /// ρ = Σ log π − Σ log π_ref; with the same bits in both exactly 0.
  package var logRatio: Double { policySum - referenceSum }
}

/// A pair as an objective sees it.
package struct PairInput: Sendable, Equatable {
  package var facts: PairFacts
  /// In the order the objective declares; nil for a branch the row does not have (unpaired data).
  package var branches: [BranchInput?]

  package init(facts: PairFacts, branches: [BranchInput?]) {
    self.facts = facts
    self.branches = branches
  }
}

/// What an objective remembers from step to step (a running mean, say); part of every checkpoint.
package struct ObjectiveState: Sendable, Codable, Equatable {
  package var values: [String: [Double]]

  package init(values: [String: [Double]] = [:]) { self.values = values }
}

/// One pair's part in the loss.
package struct PairOutcome: Sendable, Equatable {
  /// The pair's own loss before its weight, for the ledger.
  package var loss: Double
  /// What the pair adds to each component's sum, its weight included.
  package var numerators: [Double]
  /// ∂L/∂(log p) of each scored token of each branch; empty where a branch has no gradient.
  package var gradients: [[Double]]

  package init(loss: Double, numerators: [Double], gradients: [[Double]]) {
    self.loss = loss
    self.numerators = numerators
    self.gradients = gradients
  }
}

/// What an objective makes of pairs.
package struct ObjectiveOutput: Sendable, Equatable {
  /// In the order of the pairs.
  package var pairs: [PairOutcome]
  /// The state after this step; scope `pair` returns what it was given.
  package var state: ObjectiveState

  package init(pairs: [PairOutcome], state: ObjectiveState) {
    self.pairs = pairs
    self.state = state
  }
}

extension ObjectiveRequirements {
  /// L from the pairs' parts, summed in the order given; a component in which nothing counts is 0.
  package func loss(_ outcomes: [PairOutcome], denominators: [Double]) -> Double {
    var total = 0.0
    for (index, component) in components.enumerated() where denominators[index] > 0 {
      let mean = exactQuotient(outcomes.lazy.map { $0.numerators[index] }, denominators[index])
      total += component.weight * mean
    }
    return total
  }
}
