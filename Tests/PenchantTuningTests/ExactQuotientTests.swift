import PenchantTuning
import Testing

@Suite("The mean of losses")
struct ExactQuotientTests {
  private static func mean(_ losses: [Double], weights: [Double]? = nil) -> Double {
    let requirements = ObjectiveRequirements(components: [.init("only")])
    let weights = weights ?? losses.map { _ in 1 }
    let outcomes = zip(losses, weights).map {
      PairOutcome(loss: $0, numerators: [$0 * $1], gradients: [])
    }
    return requirements.loss(outcomes, denominators: [weights.reduce(0, +)])
  }

  @Test("equal losses have that loss as their mean, bit for bit, for any number of pairs")
  func equal() {
    let ln2 = 0.6931471805599453
    for count in 1...600 {
      #expect(Self.mean(Array(repeating: ln2, count: count)) == ln2, "\(count) pairs")
    }
  }

  @Test("small terms beside large ones are not lost")
  func cancellation() {
    #expect(Self.mean([1e16, 1, -1e16, 1]) == 0.5)
  }

  @Test("weights count, and what is no number stays none")
  func weights() {
    #expect(Self.mean([1, 4], weights: [3, 1]) == 1.75)
    #expect(Self.mean([1, .nan]).isNaN)
    #expect(Self.mean([1, .infinity]) == .infinity)
  }
}
