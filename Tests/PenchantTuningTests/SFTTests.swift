import FoundationEssentials
import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

@Suite("Supervised tuning")
struct SFTTests {
  private static func row(
    _ logProbabilities: [Double], weight: Double? = nil
  ) -> PairInput {
    let count = logProbabilities.count
    return PairInput(
      facts: PairFacts(id: "a", answerTokens: [count], scoredTokens: [count], weight: weight),
      branches: [BranchInput(policy: logProbabilities)])
  }

  private static func loss(_ rows: [PairInput]) -> (Double, [PairOutcome]) {
    let objective = SFT()
    let denominator = rows.reduce(0) { $0 + objective.shares(of: $1.facts)[0] }
    let output = objective.evaluate(
      rows, denominators: [denominator], state: ObjectiveState())
    return (
      objective.requirements.loss(output.pairs, denominators: [denominator]), output.pairs
    )
  }

  @Test("is a mean over tokens, not over rows")
  func tokenMean() {
    let (loss, outcomes) = Self.loss([Self.row([-1, -2, -3]), Self.row([-4])])
    #expect(loss == 2.5)
    #expect(outcomes.map(\.loss) == [2, 4])
    #expect(outcomes.flatMap(\.gradients).flatMap { $0 } == [-0.25, -0.25, -0.25, -0.25])
  }

  @Test("a row's weight counts for each of its tokens")
  func weights() {
    let (loss, outcomes) = Self.loss([Self.row([-1, -3], weight: 3), Self.row([-8])])
    #expect(abs(loss - (3 * 4 + 8) / 7.0) < 1e-15)
    #expect(outcomes[0].gradients[0][0] == -3 / 7.0)
    #expect(outcomes[1].gradients[0][0] == -1 / 7.0)
  }

  @Test("has the derivative that finite differences give")
  func derivative() {
    let values = [[-0.7, -2.1], [-3.3, -0.2, -1.9]]
    let (_, outcomes) = Self.loss(values.map { Self.row($0) })
    for row in values.indices {
      for token in values[row].indices {
        func moved(_ by: Double) -> Double {
          var other = values
          other[row][token] += by
          return Self.loss(other.map { Self.row($0) }).0
        }
        let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5
        #expect(abs(slope - outcomes[row].gradients[0][token]) < 1e-9)
      }
    }
  }

  @Test("refuses what it would ignore")
  func refusals() {
    var facts = PairFacts(id: "a", answerTokens: [1], scoredTokens: [1])
    facts.margin = 1
    #expect(throws: TuningError.self) { try SFT().check(facts) }
    facts.margin = nil
    facts.confidence = 0.9
    #expect(throws: TuningError.self) { try SFT().check(facts) }
    #expect(throws: TuningError.self) {
      try ObjectiveCatalog.objective(named: "sft", [.beta: 0.1])
    }
    var configuration = TuneConfiguration()
    configuration.objective = "sft"
    configuration.reference = "base"
    #expect(throws: TuningError.self) { try configuration.check() }
  }

  /// One-answer rows of the fixture.
  private static func rows() throws -> [TokenizedExample] {
    try Fixture.examples("tiny-llama").map { example in
      var example = example
      example.branches = [example.branches[0]]
      return example
    }
  }

  private static func run(
    _ folder: TemporaryFolder, microTokens: Int, steps: Int = 6
  ) throws -> (TrainingSummary, [JSON]) {
    let model = try TinyModel("tiny-llama")
    var setup = try model.setup(
      folder.run, plan: plan(batch: 10, steps: steps, rate: 2e-2, microTokens: microTokens),
      objective: SFT())
    setup.training = ExampleList(try rows())
    setup.heldOut = ExampleList(Array(try rows().suffix(3)))
    setup.reference = nil
    setup.referenceIsInitial = false
    let summary = try Trainer(setup).run()
    let text = String(decoding: try FileSystem.read(folder.run.metrics), as: UTF8.self)
    return (summary, try text.split(separator: "\n").map { try JSON.parse(String($0)) })
  }

  @Test("the first loss is that of Transformers' log-probs, and tuning lowers it")
  func parity() throws {
    let golden = try required(Fixture.parity("tiny-llama.json")["pairs"]?.array)
    let sum = golden.reduce(0.0) { $0 + ($1["chosen_sum"]?.double ?? 0) }
    let tokens = golden.reduce(0) { $0 + ($1["chosen"]?.array?.count ?? 0) }
    let folder = try TemporaryFolder()
    let (summary, metrics) = try Self.run(folder, microTokens: 400)
    let first = try required(metrics[0]["loss"]?.double)
    #expect(abs(first + sum / Double(tokens)) < 1e-5)
    let last = try required(metrics.last { $0["loss"] != nil }?["loss"]?.double)
    #expect(last < first - 0.01)
    // Nothing is compared, so nothing is claimed.
    #expect(metrics.allSatisfy { $0["rewards/margins"] == nil && $0["accuracy"] == nil })
    #expect(summary.evaluation?.pairs == 3)
  }

  @Test("5: the loss does not depend on how a step is cut into passes")
  func microBatches() throws {
    let (one, other) = (try TemporaryFolder(), try TemporaryFolder())
    let whole = try Self.run(one, microTokens: 4000, steps: 2).1
    let cut = try Self.run(other, microTokens: 1, steps: 2).1
    for (a, b) in zip(whole, cut) {
      guard let a = a["loss"]?.double, let b = b["loss"]?.double else { continue }
      #expect(abs(a - b) < 1e-6)
    }
  }
}
