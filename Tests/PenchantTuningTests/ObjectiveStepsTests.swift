import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

/// Ten steps against TRL's own trainers, for objectives of different kinds; scripts/trl_objective_steps.py made the
/// figures.
@Suite(.serialized) struct ObjectiveStepsTests {
  /// Both sides compute in float32; TRL reports float32.
  private static let tolerance = 1e-4

  private static let choices: [String: ObjectiveChoice] = [
    "ipo": .init("ipo", values: [.beta: 0.1]),
    "aot": .init("aot", values: [.beta: 0.1]),
    "sigmoid:1,sft:0.5": .init("sigmoid:1,sft:0.5", values: [.beta: 0.1]),
    "sigmoid wpo js ld-alpha": .init(
      "sigmoid", values: [.beta: 0.1], lengthDiscount: 0.5, divergence: .jensenShannon,
      weighsByPolicy: true),
    "simpo": .init("simpo", values: [.beta: 2, .gamma: 1]),
    "orpo": .init("orpo", values: [.beta: 0.1]),
    "kto": .init("kto", values: [.beta: 0.1]),
  ]

  /// The fixture's pairs as the objective wants its rows.
  private func rows(_ needs: ObjectiveRequirements) throws -> [TokenizedExample] {
    try Fixture.examples("tiny-llama").prefix(8).enumerated().map { index, example in
      var example = example
      if needs.isUnpaired { example.branches[index % 2 == 0 ? 1 : 0] = .absent }
      if needs.branches[0].scored == .promptAndAnswer {
        example.branches[0].scored.insert(contentsOf: 1..<example.prompt.count, at: 0)
      }
      return example
    }
  }

  @Test("learns what TRL's trainer learns", arguments: choices.keys.sorted())
  func tenSteps(name: String) throws {
    let golden = try required(Fixture.parity("objective-steps.json")["runs"]?[name]?.array)
    let objective = try ObjectiveCatalog.objective(try required(Self.choices[name]))
    let model = try TinyModel("tiny-llama")
    let folder = try TemporaryFolder()
    let adapter = try model.storedAdapter(trainable: true)
    let reference = try adapter.frozenCopy(
      architecture: model.decoder.architecture, dtype: .float32, on: model.decoder.device)
    let hasReference = objective.requirements.reference != .none
    let trainer = try Trainer(
      TrainingSetup(
        decoder: model.decoder, trainable: .adapter(adapter, on: model.base),
        reference: hasReference ? Policy(weights: model.base, adapter: reference) : nil,
        referenceIsInitial: hasReference, objective: objective,
        training: ExampleList(try rows(objective.requirements)),
        plan: TrainingPlan(
          pairs: 8, batchSize: 4,
          schedule: Schedule(shape: .constant, rate: 1e-3, steps: 10, warmupRatio: 0),
          microTokens: 150, shuffles: false),
        configuration: TuneConfiguration(), inputs: .init(data: "", model: ""),
        directory: folder.run))
    _ = try trainer.run()
    let text = String(decoding: try FileSystem.read(folder.run.metrics), as: UTF8.self)
    let steps = try text.split(separator: "\n").map { try JSON.parse(String($0)) }
    #expect(steps.count == 10 && golden.count == 10)
    // TRL reports log-probabilities as its loss takes them: means without a reference, with LD's weights where they
    // are on. Ours are sums, and rewards those of all tokens.
    let keys =
      name.contains("ld-alpha")
      ? ["loss", "grad_norm"]
      : objective.rewardsAreMeans
        ? ["loss", "grad_norm", "rewards/chosen", "rewards/rejected"]
        : [
          "loss", "grad_norm", "rewards/chosen", "rewards/rejected", "logps/chosen",
          "logps/rejected",
        ]
    for (index, (ours, theirs)) in zip(steps, golden).enumerated() {
      for key in keys {
        let (a, b) = (try required(ours[key]?.double), try required(theirs[key]?.double))
        #expect(
          abs(a - b) <= Self.tolerance * max(1, abs(b)),
          "\(name), step \(index + 1): \(key) \(a) \(b)")
      }
    }
  }
}
