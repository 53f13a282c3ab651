/// Kahneman–Tversky Optimization: answers judged one by one against what the policy gains on average.
///
/// Ethayarajh et al., "KTO: Model Alignment as Prospect Theoretic Optimization" (arXiv 2402.01306), eq. 8, without
/// its constant:
///
///     liked       l = w_D (1 − σ(β(ρ − z)))
///     not liked   l = w_U (1 − σ(β(z − ρ)))
///     z = max(0, mean over the step of ρ(y'_i | x_i))      y'_i: another row's answer to this row's prompt
///     L = Σ_i w_i l_i / Σ_i w_i
///
/// z estimates the KL divergence to the reference and has no gradient. The answers are rotated by one within the
/// optimizer step; `--semantics trl-1` rotates within micro-batches. Advice (eq. 8): w_D n_D / (w_U n_U) in 1…4/3,
/// n counting liked and not liked rows.
package struct KTO: Objective, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// w_D, 0 or more; default 1.
  package let desirableWeight: Double
  /// w_U, 0 or more; default 1.
  package let undesirableWeight: Double

  /// - Throws: ``TuningError`` for a number out of range.
  package init(
    beta: Double = 0.1, desirableWeight: Double = 1, undesirableWeight: Double = 1
  ) throws(TuningError) {
    self.beta = try ParameterRange.positive.checked(beta, "beta")
    self.desirableWeight = try ParameterRange.nonnegative.checked(
      desirableWeight, "desirable-weight")
    self.undesirableWeight = try ParameterRange.nonnegative.checked(
      undesirableWeight, "undesirable-weight")
  }

  package var name: String { "kto" }
  package var formula: String {
    "liked: \(desirableWeight) (1 - sigmoid(\(beta) (rho - z))); not liked: \(undesirableWeight) "
      + "(1 - sigmoid(\(beta) (z - rho))); z = max(0, mean rho of mismatched answers)"
  }
  package var rewardScale: Double { beta }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(
      branches: [.init(.chosen), .init(.rejected), .init(.mismatched, hasGradient: false)],
      isUnpaired: true, scope: .step, components: [.init(name)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) { try facts.check(for: name) }

  package func shares(of facts: PairFacts) -> [Double] { [facts.weight ?? 1] }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    let mismatched = pairs.compactMap { $0.branches[2]?.logRatio }
    let mean = mismatched.reduce(0, +) / Double(max(1, mismatched.count))
    let z = max(0, mean)
    return ObjectiveOutput(
      pairs: pairs.map { pair in
        pair.judged(denominators[0]) { ratio, isLiked in
          // l = w σ(u), u = ±β(z − ρ); dl/du = w σ(u) σ(−u)
          let sign: Double = isLiked ? 1 : -1
          let u = sign * beta * (z - ratio)
          let weight = isLiked ? desirableWeight : undesirableWeight
          return (weight * sigmoid(u), -sign * beta * weight * sigmoid(u) * sigmoid(-u))
        }
      }, state: state)
  }
}

extension PairInput {
  /// The outcome of a row with one answer, from a loss of ρ and whether the answer is liked.
  ///
  /// The first branch is the liked answer, the second the other; one of them is there.
  func judged(
    _ denominator: Double, loss: (_ ratio: Double, _ isLiked: Bool) -> (Double, slope: Double)
  ) -> PairOutcome {
    let isLiked = branches[0] != nil
    guard let answer = branches[0] ?? branches[1] else {
      preconditionFailure("row \(facts.id) has no answer")
    }
    let (value, slope) = loss(answer.logRatio, isLiked)
    let weight = facts.weight ?? 1
    let share = denominator > 0 ? weight / denominator : 0
    var gradients = [[Double]](repeating: [], count: branches.count)
    gradients[isLiked ? 0 : 1] = answer.spread(slope * share)
    return PairOutcome(loss: value, numerators: [weight * value], gradients: gradients)
  }
}
