/// Anchored Preference Optimization, zero, for rows with one answer: liked ones up, others down.
///
/// D'Oosterlinck et al. (arXiv 2408.06266), eq. 7, taken apart; KTO with z = 0:
///
///     liked       l = 1 − σ(βρ)
///     not liked   l = σ(βρ)
package struct APOZeroUnpaired: Objective, Equatable {
  /// β, above 0; default 0.1.
  package let beta: Double
  /// Weight of liked rows, 0 or more; default 1.
  package let desirableWeight: Double
  /// Weight of rows not liked, 0 or more; default 1.
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

  package var name: String { "apo_zero_unpaired" }
  package var formula: String {
    "liked: \(desirableWeight) (1 - sigmoid(\(beta) rho)); not liked: \(undesirableWeight) sigmoid(\(beta) rho)"
  }
  package var rewardScale: Double { beta }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(isUnpaired: true, components: [.init(name)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) { try facts.check(for: name) }

  package func shares(of facts: PairFacts) -> [Double] { [facts.weight ?? 1] }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    ObjectiveOutput(
      pairs: pairs.map { pair in
        pair.judged(denominators[0]) { ratio, isLiked in
          // l = w σ(u), u = ∓βρ; dl/dρ = ∓β w σ(u) σ(−u)
          let sign: Double = isLiked ? -1 : 1
          let u = sign * beta * ratio
          let weight = isLiked ? desirableWeight : undesirableWeight
          return (weight * sigmoid(u), sign * beta * weight * sigmoid(u) * sigmoid(-u))
        }
      }, state: state)
  }
}
