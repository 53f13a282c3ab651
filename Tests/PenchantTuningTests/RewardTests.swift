import PenchantCore
import PenchantEngine
import PenchantFormats
import PenchantModel
import PenchantTuning
import Testing

@Suite(.serialized) struct RewardTests {
  private func adapter(_ model: TinyModel, random: Bool) throws -> Adapter {
    let adapter = try Adapter(
      LoRAConfiguration(rank: 4, alpha: 8, hasScoreHead: true),
      architecture: model.decoder.architecture, dtype: model.decoder.dtype, trainable: true,
      on: model.decoder.device)
    adapter.initialize(seed: 5, on: model.decoder.device)
    guard random else { return adapter }
    for (index, entry) in adapter.parameters.entries.enumerated() {
      var generator = Philox(seed: 7, stream: .parameters, step: UInt64(index)).generator()
      model.decoder.device.write(
        (0..<entry.count).map { _ in Float(0.2 * (2 * generator.nextDouble() - 1)) },
        to: adapter.parameters.view(entry, of: adapter.parameters.master))
    }
    adapter.parameters.refreshWorking(on: model.decoder.device)
    return adapter
  }

  private func rows() throws -> [TokenizedExample] {
    try Fixture.examples("tiny-llama").map(\.scoredAtEnds)
  }

  private func setup(
    _ run: RunDirectory, steps: Int, rate: Double = 5e-3, beginning: RunDirectory.Beginning = .new
  ) throws -> TrainingSetup {
    let model = try TinyModel("tiny-llama")
    var setup = try model.setup(
      run, plan: plan(pairs: 8, steps: steps, rate: rate, saveEvery: 2), beginning: beginning,
      objective: try BradleyTerry(centering: 0.01))
    setup.trainable = .adapter(try adapter(model, random: false), on: model.base)
    setup.reference = nil
    setup.training = ExampleList(Array(try rows().prefix(8)))
    setup.heldOut = ExampleList(Array(try rows().suffix(2)))
    return setup
  }

  @Test("the first loss is ln 2, and it falls") func learns() throws {
    let folder = try TemporaryFolder()
    let summary = try Trainer(try setup(folder.run, steps: 24, rate: 2e-2)).run()
    let metrics = try Trace(folder.run).metrics.filter { $0["loss"] != nil }
    #expect(metrics[0]["loss"]?.double == 0.6931471805599453)
    #expect(try required(metrics.last?["loss"]?.double) < 0.4)
    #expect(metrics[0]["logps/chosen"] == nil && metrics[0]["accuracy"]?.double == 0.5)
    let stored = try AdapterConfiguration(folder: try required(summary.result))
    #expect(stored.hasScoreHead)
    let model = try TinyModel("tiny-llama")
    let loaded = try Adapter.load(
      folder: try required(summary.result), model.decoder.architecture, dtype: .float32,
      trainable: false, on: model.decoder.device)
    let entry = try required(loaded.parameters.entry(named: Adapter.scoreName))
    let weights = model.decoder.device.read(
      loaded.parameters.view(entry, of: loaded.parameters.master))
    #expect(weights.contains { $0 != 0 })
  }

  @Test("stopped and resumed it ends with the same bytes") func resume() throws {
    let folder = try TemporaryFolder()
    _ = try Trainer(try setup(folder.run("whole"), steps: 6)).run()
    let polls = Countdown(20)
    let first = try Trainer(
      try setup(folder.run("parts"), steps: 6), isCancelled: { polls.isOver() }
    ).run()
    #expect(first.wasInterrupted)
    _ = try Trainer(try setup(folder.run("parts"), steps: 6, beginning: .resume)).run()
    #expect(try Trace(folder.run("whole")) == Trace(folder.run("parts")))
  }

  @Test("the gradient of a score is that of finite differences") func gradient() throws {
    let model = try TinyModel("tiny-llama")
    let (decoder, device) = (model.decoder, model.decoder.device)
    let adapter = try adapter(model, random: true)
    let policy = Policy(weights: model.base, adapter: adapter)
    let packed = try required(Packer.pack(Array(try rows().prefix(2)), tokenBudget: 4000).first)
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: packed.batch.tokenCount, targetRows: packed.batch.targetRows.count, rank: 4,
        purpose: .training(full: false)), decoder.architecture, dtype: .float32, on: device)
    let coefficients = packed.batch.targetRows.indices.map { 0.5 - 0.3 * Double($0) }
    func value() throws -> Double {
      let pass = try decoder.forwardScores(
        packed.batch, policy: policy, workspace: workspace, keepStash: false)
      return zip(pass.scores, coefficients).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let training = try required(adapter.parameters.training)
    device.zero(training.gradient)
    let pass = try decoder.forwardScores(
      packed.batch, policy: policy, workspace: workspace, keepStash: true)
    try decoder.backward(pass, coefficients: coefficients, workspace: workspace)
    let names = [
      Adapter.scoreName, "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight",
      "base_model.model.model.layers.1.mlp.down_proj.lora_A.weight",
    ]
    for name in names {
      let entry = try required(adapter.parameters.entry(named: name))
      let view = adapter.parameters.view(entry, of: adapter.parameters.master)
      let gradient = device.read(adapter.parameters.view(entry, of: training.gradient))
      let weights = device.read(view)
      let largest = Double(gradient.map(abs).max() ?? 0)
      for place in [0, entry.count / 2, entry.count - 1] {
        let h: Float = 1e-2
        func moved(_ shift: Float) throws -> Double {
          var values = weights
          values[place] += shift
          device.write(values, to: view)
          return try value()
        }
        let slope = (try moved(h) - moved(-h)) / (2 * Double(h))
        device.write(weights, to: view)
        // Float32 passes: an error of about 1e-6 in the value, over 2h.
        #expect(abs(slope - Double(gradient[place])) < 5e-3 * largest + 2e-4, "\(name) \(place)")
      }
    }
  }
}
