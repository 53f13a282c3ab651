/// Alignment via Optimal Transport: the distribution of rewards is compared, not each pair.
///
/// Melnyk et al., "Distributional Preference Alignment of LLMs via Optimal Transport" (arXiv 2406.05882), algorithm 1.
/// Two sets of figures are sorted, each on its own, over the whole optimizer step, and compared rank by rank:
///
///     paired     a_i = log π(y_w) − log π(y_l), b_i the same of the reference     d_k = a_(k) − b_(k)
///     unpaired   a_i = ρ_w, b_i = ρ_l                                             d_k = a_(k) − b_(k)
///     l_k = −(1 − e) log σ(βd_k) − e log σ(−βd_k)                                 L = mean of l_k
///
/// The derivative of l_k goes to the pairs that hold rank k. A step of one pair is DPO with soft labels; larger steps
/// make better estimates of the distributions. Rows have no weights here: ranks have no owner to be weighted.
package struct AOT: Objective, Equatable {
  /// What is sorted.
  package enum Kind: Sendable, Equatable {
    /// Differences within a pair, of policy and of reference.
    case paired
    /// Log-ratios of all chosen answers, and of all rejected ones.
    case unpaired
  }

  package let kind: Kind
  /// β, above 0; default 0.1.
  package let beta: Double
  /// e, share of labels thought wrong, 0 to below 0.5; default 0.
  package let labelSmoothing: Double
  /// LD-DPO's weight of tokens beyond the shorter answer; nil is 1.
  package let lengthDiscount: Double?

  /// - Throws: ``TuningError`` for a number out of range.
  package init(
    _ kind: Kind, beta: Double = 0.1, labelSmoothing: Double = 0, lengthDiscount: Double? = nil
  ) throws(TuningError) {
    self.kind = kind
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.labelSmoothing = try ParameterRange.minority.checked(labelSmoothing, "label-smoothing")
    self.lengthDiscount = lengthDiscount
  }

  package var name: String { kind == .paired ? "aot" : "aot_unpaired" }
  package var formula: String {
    let sorted =
      kind == .paired
      ? "log pi(chosen) - log pi(rejected) of policy and reference" : "rho_chosen and rho_rejected"
    return "-log sigmoid(\(beta) d) by rank, \(sorted) sorted over the step"
      + PairModifiers(lengthDiscount: lengthDiscount).text
  }
  package var rewardScale: Double { beta }
  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(scope: .step, components: [.init(name)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) {
    try facts.check(for: name, takesWeight: false)
  }

  package func shares(of facts: PairFacts) -> [Double] { [1] }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let modifiers = PairModifiers(lengthDiscount: lengthDiscount)
    let branches = pairs.map { $0.comparedBranches(for: name) }
    let weights = branches.map { chosen, rejected in
      let shared = min(chosen.answerTokens, rejected.answerTokens)
      return [chosen, rejected].map { modifiers.tokenWeights($0, shared: shared) }
    }
    // What is sorted: log-ratios for `unpaired`; else both differences, whose difference is ρ_w − ρ_l.
    let first = pairs.indices.map { i in
      let (chosen, rejected) = branches[i]
      return kind == .unpaired
        ? chosen.logRatio(weights: weights[i][0])
        : chosen.policyOnly.logRatio(weights: weights[i][0])
          - rejected.policyOnly.logRatio(weights: weights[i][1])
    }
    let second = pairs.indices.map { i in
      let (chosen, rejected) = branches[i]
      return kind == .unpaired
        ? rejected.logRatio(weights: weights[i][1])
        : chosen.referenceOnly.logRatio(weights: weights[i][0])
          - rejected.referenceOnly.logRatio(weights: weights[i][1])
    }
    let (upper, lower) = (Self.order(first), Self.order(second))
    var losses = [Double](repeating: 0, count: pairs.count)
    var slopes = [[Double]](repeating: [0, 0], count: pairs.count)
    for (a, b) in zip(upper, lower) {
      // dl/dz = −(1 − e) σ(−z) + e σ(z), z = β(a − b)
      let (loss, slope) = softLogistic(
        beta * (first[a] - second[b]), confidence: 1 - labelSmoothing)
      losses[a] = loss
      slopes[a][0] = slope * beta
      // In pairs the reference holds b and has no gradient; the rejected answer lowers its own a.
      slopes[kind == .paired ? a : b][1] = -slope * beta
    }
    let share = denominators[0] > 0 ? 1 / denominators[0] : 0
    let outcomes = pairs.indices.map { i in
      PairOutcome(
        loss: losses[i], numerators: [losses[i]],
        gradients: [
          branches[i].chosen.spread(slopes[i][0] * share, weights: weights[i][0]),
          branches[i].rejected.spread(slopes[i][1] * share, weights: weights[i][1]),
        ])
    }
    return ObjectiveOutput(pairs: outcomes, state: state)
  }

  /// The places of values from the least to the greatest; equal ones keep their order.
  private static func order(_ values: [Double]) -> [Int] {
    values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
  }
}

extension BranchInput {
  /// The branch as if there were no reference: log-ratios are log π.
  fileprivate var policyOnly: BranchInput {
    BranchInput(policy: policy, promptTokens: promptTokens)
  }

  /// The branch as the reference sees it.
  fileprivate var referenceOnly: BranchInput {
    BranchInput(policy: reference, promptTokens: promptTokens)
  }
}
