/// The way from the log-probabilities of a pair's tokens to a pairwise loss, and back.
///
///     ρ = Σ_t v_t (log π(y_t) − log π_ref(y_t))     v: LD weights, 1 without LD-DPO
///     s = f'(e^ρ)                                   the f-map, ρ itself for the reverse KL
///     l = loss(s_w, s_l)
///     L = Σ_i w_i u_i l_i / Σ_i w_i                 w: the row's weight; u: WPO's, 1 without it
///     ∂L/∂log π(y_t) = w u / Σ w · ∂l/∂s · ds/dρ · v_t      u is not differentiated (WPO, eq. 2)
package struct PairEvaluation: Sendable {
  package let loss: any PairLoss
  package let modifiers: PairModifiers

  package init(loss: any PairLoss, modifiers: PairModifiers = PairModifiers()) {
    self.loss = loss
    self.modifiers = modifiers
  }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    ObjectiveOutput(pairs: pairs.map { outcome(of: $0, denominators[0]) }, state: state)
  }

  private func outcome(of pair: PairInput, _ denominator: Double) -> PairOutcome {
    let (chosen, rejected) = pair.comparedBranches(for: loss.name)
    let shared = min(chosen.answerTokens, rejected.answerTokens)
    let tokens = [chosen, rejected].map { modifiers.tokenWeights($0, shared: shared) }
    let w = modifiers.divergence.score(chosen.logRatio(weights: tokens[0]))
    let l = modifiers.divergence.score(rejected.logRatio(weights: tokens[1]))
    let value = loss.value(
      at: PairPoint(
        chosen: w.value, rejected: l.value, chosenTokens: Double(max(1, chosen.answerTokens)),
        rejectedTokens: Double(max(1, rejected.answerTokens)), margin: pair.facts.margin ?? 0,
        confidence: pair.facts.confidence))
    let likely = modifiers.policyWeight(chosen, rejected)
    let weight = pair.facts.weight ?? 1
    let share = denominator > 0 ? weight * likely / denominator : 0
    return PairOutcome(
      loss: likely * value.loss, numerators: [weight * likely * value.loss],
      gradients: [
        chosen.spread(share * value.dChosen * w.slope, weights: tokens[0]),
        rejected.spread(share * value.dRejected * l.slope, weights: tokens[1]),
      ])
  }
}

extension PairInput {
  /// The first two branches, which a comparison cannot do without.
  func comparedBranches(for objective: String) -> (chosen: BranchInput, rejected: BranchInput) {
    guard let chosen = branches[0], let rejected = branches[1] else {
      preconditionFailure("\(objective).evaluate: pair \(facts.id) has one branch")
    }
    return (chosen, rejected)
  }
}

extension BranchInput {
  /// Σ v_t log π − Σ v_t log π_ref over the answer's tokens; with the same bits in both exactly 0.
  func logRatio(weights: [Double]?) -> Double {
    guard let weights else { return logRatio }
    func sum(_ values: [Double]) -> Double {
      zip(values.dropFirst(promptTokens), weights).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return sum(policy) - sum(reference)
  }

  /// The derivative of a multiple of ρ by each scored token; tokens of the prompt have none.
  func spread(_ slope: Double, weights: [Double]? = nil) -> [Double] {
    let prompt = [Double](repeating: 0, count: promptTokens)
    guard let weights else { return prompt + Array(repeating: slope, count: answerTokens) }
    return prompt + weights.map { slope * $0 }
  }

  /// WPO's weight in logarithms: the mean over tokens of log π(y_t) − log Σ_v π(v)².
  var meanAlignment: Double {
    let sum = zip(policy, logSquareSum).dropFirst(promptTokens).reduce(0) { $0 + $1.0 - $1.1 }
    return sum / Double(max(1, answerTokens))
  }
}
