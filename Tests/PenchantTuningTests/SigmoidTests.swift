import PenchantTuning
import Testing

@Suite struct SigmoidTests {
  /// A pair whose log-probs are spread over a few tokens.
  private func pair(
    _ chosen: Double, _ rejected: Double, _ referenceChosen: Double, _ referenceRejected: Double,
    weight: Double? = nil, margin: Double? = nil
  ) -> PairInput {
    func branch(_ policy: Double, _ reference: Double, _ count: Int) -> BranchInput {
      BranchInput(
        policy: Array(repeating: policy / Double(count), count: count),
        reference: Array(repeating: reference / Double(count), count: count))
    }
    return PairInput(
      facts: PairFacts(
        id: "a", answerTokens: [4, 2], scoredTokens: [4, 2], weight: weight, margin: margin),
      branches: [branch(chosen, referenceChosen, 4), branch(rejected, referenceRejected, 2)])
  }

  private func evaluate(_ objective: Sigmoid, _ pairs: [PairInput]) -> (Double, ObjectiveOutput) {
    let denominator = pairs.reduce(0) { $0 + objective.shares(of: $1.facts)[0] }
    let output = objective.evaluate(
      pairs, denominators: [denominator], state: ObjectiveState())
    return (objective.requirements.loss(output.pairs, denominators: [denominator]), output)
  }

  @Test("gives the golden value of the formula") func golden() throws {
    let (loss, _) = evaluate(try Sigmoid(beta: 0.1), [pair(-10, -14, -11, -13)])
    #expect(abs(loss - 0.598138869382) < 1e-12)
  }

  @Test("is ln 2 where policy and reference agree") func equal() throws {
    let (loss, output) = evaluate(try Sigmoid(), [pair(-10, -14, -10, -14)])
    #expect(loss == 0.6931471805599453)
    #expect(output.pairs[0].gradients[0] == Array(repeating: -0.05, count: 4))
  }

  @Test("stays finite and exact at the ends", arguments: [-1000.0, -100, 100, 1000])
  func limits(z: Double) throws {
    let (loss, output) = evaluate(try Sigmoid(beta: 1), [pair(z, 0, 0, 0)])
    // −log σ(z) → −z far below, e^−z far above.
    if z < 0 { #expect(abs(loss + z) < 1e-12 * -z) }
    if z == 100 { #expect(abs(loss / 3.720075976020836e-44 - 1) < 1e-9) }
    #expect(output.pairs[0].gradients.joined().allSatisfy { $0.isFinite })
  }

  @Test("with a small β tends to ln 2 with half of β as slope") func smallBeta() throws {
    let (loss, output) = evaluate(try Sigmoid(beta: 1e-9), [pair(-10, -14, -11, -13)])
    #expect(abs(loss - 0.6931471805599453) < 1e-8)
    #expect(abs(output.pairs[0].gradients[0][0] + 0.5e-9) < 1e-15)
  }

  @Test("has the derivative that finite differences give", arguments: [0.0, 0.4, -2])
  func derivative(margin: Double) throws {
    let objective = try Sigmoid(beta: 0.3)
    let pairs = [
      pair(-10, -14, -11, -13, weight: 2, margin: margin), pair(-3, -2.5, -3, -9, weight: 0.5),
    ]
    let (_, output) = evaluate(objective, pairs)
    let h = 1e-5
    for (i, input) in pairs.enumerated() {
      for branch in 0..<2 {
        for token in (input.branches[branch]?.policy ?? []).indices {
          var (up, down) = (pairs, pairs)
          up[i].branches[branch]?.policy[token] += h
          down[i].branches[branch]?.policy[token] -= h
          let slope = (evaluate(objective, up).0 - evaluate(objective, down).0) / (2 * h)
          #expect(abs(slope - output.pairs[i].gradients[branch][token]) < 1e-9)
        }
      }
    }
  }

  @Test("weights make a weighted mean, whatever their scale") func weights() throws {
    let objective = try Sigmoid()
    let light = pair(-10, -14, -11, -13)
    let heavy = pair(-3, -2, -3, -9, weight: 3)
    let (loss, output) = evaluate(objective, [light, heavy])
    let (a, b) = (output.pairs[0].loss, output.pairs[1].loss)
    #expect(abs(loss - (a + 3 * b) / 4) < 1e-15)
    var scaled = [light, heavy]
    scaled[0].facts.weight = 10
    scaled[1].facts.weight = 30
    #expect(abs(evaluate(objective, scaled).0 - loss) < 1e-15)
  }

  @Test("a step in which nothing counts costs nothing and moves nothing") func noWeight() throws {
    let (loss, output) = evaluate(try Sigmoid(), [pair(-10, -14, -11, -13, weight: 0)])
    #expect(loss == 0)
    #expect(output.pairs[0].gradients.joined().allSatisfy { $0 == 0 })
  }

  @Test("refuses a β that pulls nowhere", arguments: [0.0, -1, .nan, .infinity])
  func range(beta: Double) {
    #expect(throws: TuningError.self) { try Sigmoid(beta: beta) }
  }

  @Test("refuses rows it would read wrongly") func fields() throws {
    let objective = try Sigmoid()
    var facts = PairFacts(id: "7", answerTokens: [1, 1], scoredTokens: [1, 1], confidence: 0.8)
    #expect {
      try objective.check(facts)
    } throws: { error in
      "\(error)"
        == "pair 7 has a confidence, which has no meaning with --objective sigmoid\n"
        + "  remove the field, or use it: cdpo is the objective that takes a confidence"
    }
    facts.confidence = nil
    facts.weight = -1
    #expect(throws: TuningError.self) { try objective.check(facts) }
    facts.weight = 0
    facts.margin = .infinity
    #expect(throws: TuningError.self) { try objective.check(facts) }
  }
}
