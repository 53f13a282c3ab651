/// Binary Classifier Optimization: a classifier of liked and other answers whose logit is the implicit reward.
///
/// Jung et al., "Binary Classifier Optimization for Large Language Model Alignment" (arXiv 2404.04656), eq. 12:
///
///     liked       l = −log σ(r − δ)
///     not liked   l = −log σ(−(r − δ))      r = βρ
///     δ = the mean of all rewards so far, those of the step included
///
/// δ moves the classifier's threshold to where rewards are, and has no gradient. The paper takes the mean of the liked
/// and the other rows' means; one running mean over all rows is TRL's reading, and the same where the halves are equal. The paper's density ratio for answers from other sources (UDM) needs an
/// embedding model and is not offered.
package struct BCO: Objective, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double

  /// - Throws: ``TuningError`` if β is not a positive finite number.
  package init(beta: Double = 0.1) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
  }

  package var name: String { "bco" }
  package var formula: String {
    "liked: -log sigmoid(r - delta); not liked: -log sigmoid(delta - r); r = \(beta) rho, delta its running mean"
  }
  package var rewardScale: Double { beta }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(isUnpaired: true, scope: .step, components: [.init(name)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) { try facts.check(for: name) }

  package func shares(of facts: PairFacts) -> [Double] { [facts.weight ?? 1] }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let rewards = pairs.compactMap { ($0.branches[0] ?? $0.branches[1])?.logRatio }
      .map { beta * $0 }
    let running = RunningMean(state, key: name).adding(rewards)
    let delta = running.mean
    return ObjectiveOutput(
      pairs: pairs.map { pair in
        pair.judged(denominators[0]) { ratio, isLiked in
          // l = −log σ(u), u = ±(βρ − δ); dl/dρ = ∓β σ(−u)
          let sign: Double = isLiked ? 1 : -1
          let u = sign * (beta * ratio - delta)
          return (-logSigmoid(u), -sign * beta * sigmoid(-u))
        }
      }, state: running.stored(in: state, key: name))
  }
}

/// A mean over all values so far, kept in an ``ObjectiveState`` as mean and count.
struct RunningMean: Equatable {
  private(set) var mean = 0.0
  private(set) var count = 0.0

  init(_ state: ObjectiveState, key: String) {
    guard let values = state.values[key], values.count == 2 else { return }
    (mean, count) = (values[0], values[1])
  }

  func adding(_ values: [Double]) -> RunningMean {
    var result = self
    guard !values.isEmpty else { return result }
    let total = count + Double(values.count)
    result.mean += (values.reduce(0, +) - Double(values.count) * mean) / total
    result.count = total
    return result
  }

  func stored(in state: ObjectiveState, key: String) -> ObjectiveState {
    var state = state
    state.values[key] = [mean, count]
    return state
  }
}
