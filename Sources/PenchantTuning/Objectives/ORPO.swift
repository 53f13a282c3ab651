#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Odds Ratio Preference Optimization: supervised tuning with a penalty on the odds of the rejected answer.
///
/// Hong et al., "ORPO: Monolithic Preference Optimization without Reference Model" (arXiv 2403.07691), eq. 6 and 7:
///
///     L = −mean over tokens of log π(x, y_w) + β · mean over pairs of −log σ(o)
///     o = log odds(y_w) − log odds(y_l)      odds(y) = p / (1 − p), log p = log π(y) / n
///
/// The likelihood covers prompt and chosen answer, as the authors' code and TRL have it. β is the paper's λ. The
/// numbers of both terms are in double; TRL rounds the second to float32.
package struct ORPO: Objective, Equatable {
  /// Closer to certainty than this a mean log-probability is not followed: the odds have no finite value at p = 1.
  static let mostLikely = -1e-12

  /// β, above 0; default 0.1 (TRL's and the paper's λ).
  package let beta: Double

  /// - Throws: ``TuningError`` if β is not a positive finite number.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "orpo" }
  package var formula: String {
    "-mean log pi(prompt, chosen) - \(beta) log sigmoid(log odds(chosen) - log odds(rejected))"
  }
  package var rewardScale: Double { beta }
  package var rewardsAreMeans: Bool { true }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(
      branches: [.init(.chosen, scored: .promptAndAnswer), .init(.rejected)], reference: .none,
      components: [.init("likelihood", per: .tokens), .init("odds", weight: beta)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) { try facts.check(for: name) }

  package func shares(of facts: PairFacts) -> [Double] {
    let weight = facts.weight ?? 1
    return [weight * Double(facts.scoredTokens[0]), weight]
  }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let outcomes = pairs.map { pair in
      let (chosen, rejected) = pair.comparedBranches(for: name)
      let weight = pair.facts.weight ?? 1
      let (w, l) = (Self.odds(chosen), Self.odds(rejected))
      let o = w.value - l.value
      let penalty = -logSigmoid(o)
      let likelihood = -chosen.policy.reduce(0, +)
      func share(_ component: Int) -> Double {
        denominators[component] > 0 ? weight / denominators[component] : 0
      }
      // d(penalty)/do = −σ(−o), do/d(log π(y_w)) = 1 / (n (1 − p)), and the likelihood's −1 for every token.
      let slope = -beta * sigmoid(-o) * share(1)
      var gradient = chosen.spread(slope * w.slope)
      for token in gradient.indices { gradient[token] -= share(0) }
      return PairOutcome(
        loss: likelihood / Double(max(1, chosen.policy.count)) + beta * penalty,
        numerators: [weight * likelihood, weight * penalty],
        gradients: [gradient, rejected.spread(-slope * l.slope)])
    }
    return ObjectiveOutput(pairs: outcomes, state: state)
  }

  /// log odds of an answer, and its derivative by each token's log-probability.
  private static func odds(_ branch: BranchInput) -> (value: Double, slope: Double) {
    let count = Double(max(1, branch.answerTokens))
    let mean = min(branch.policySum / count, mostLikely)
    // log p − log(1 − p), d/d(log p) = 1 / (1 − p)
    return (mean - log(-expm1(mean)), 1 / (-expm1(mean) * count))
  }
}
