#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What changes the scores or the weight of a pair, whatever the loss.
package struct PairModifiers: Sendable, Equatable {
  /// LD-DPO: the weight of an answer's tokens beyond the other answer's length, 0…1; nil is 1.
  ///
  /// Liu et al., "Length Desensitization in Direct Preference Optimization" (arXiv 2409.06411), eq. 10: with
  /// p = min(n_w, n_l), log π(y) = Σ_{t ≤ p} log π(y_t) + α Σ_{t > p} log π(y_t), in policy and reference.
  package var lengthDiscount: Double?
  /// Which divergence holds the policy to the reference.
  package var divergence = Divergence.reverseKL
  /// WPO: pairs count by how likely the policy is to say them.
  ///
  /// Zhou et al., "WPO" (arXiv 2406.11827), eq. 2 with the sampled alignment: e^(m_w + m_l), m the mean over an
  /// answer's tokens of log π(y_t) − log Σ_v π(v)²; not differentiated.
  package var weighsByPolicy = false
  /// WPO's weights are at most this; nil does not cut them (TRL up to 0.24 cuts at 1).
  package var policyWeightLimit: Double?

  package init(
    lengthDiscount: Double? = nil, divergence: Divergence = .reverseKL,
    weighsByPolicy: Bool = false, policyWeightLimit: Double? = nil
  ) {
    self.lengthDiscount = lengthDiscount
    self.divergence = divergence
    self.weighsByPolicy = weighsByPolicy
    self.policyWeightLimit = policyWeightLimit
  }

  /// u, by how much WPO makes a pair count.
  func policyWeight(_ chosen: BranchInput, _ rejected: BranchInput) -> Double {
    guard weighsByPolicy else { return 1 }
    return min(exp(chosen.meanAlignment + rejected.meanAlignment), policyWeightLimit ?? .infinity)
  }

  /// v_t of an answer's tokens; nil where all are 1.
  func tokenWeights(_ branch: BranchInput, shared: Int) -> [Double]? {
    lengthDiscount.map { discount in
      (0..<branch.answerTokens).map { $0 < shared ? 1 : discount }
    }
  }

  /// What they add to a formula, for people.
  var text: String {
    var parts: [String] = []
    if let lengthDiscount {
      parts.append("tokens beyond the shorter answer count \(lengthDiscount)")
    }
    if divergence != .reverseKL { parts.append("\(divergence.name) divergence") }
    if weighsByPolicy { parts.append("pairs weighted by their likelihood (WPO)") }
    return parts.map { ", " + $0 }.joined()
  }
}

/// A pairwise loss with modifiers.
package struct ModifiedLoss: Objective {
  let loss: any PairLoss
  let modifiers: PairModifiers

  package init(_ loss: any PairLoss, _ modifiers: PairModifiers) {
    self.loss = loss
    self.modifiers = modifiers
  }

  package var name: String { loss.name }
  package var formula: String { loss.formula + modifiers.text }
  package var rewardScale: Double { loss.rewardScale }
  package var rewardsAreMeans: Bool { loss.rewardsAreMeans }

  package var requirements: ObjectiveRequirements {
    var requirements = loss.requirements
    if modifiers.weighsByPolicy { requirements.statistics.insert(.logSquareSum) }
    return requirements
  }

  package func check(_ facts: PairFacts) throws(TuningError) { try loss.check(facts) }
  package func shares(of facts: PairFacts) -> [Double] { loss.shares(of: facts) }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    PairEvaluation(loss: loss, modifiers: modifiers).evaluate(
      pairs, denominators: denominators, state: state)
  }
}
