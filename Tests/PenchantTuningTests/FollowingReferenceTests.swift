import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

@Suite(.serialized) struct FollowingReferenceTests {
  private func adapter(
    _ model: TinyModel, rank: Int, alpha: Double, seed: UInt64, trainable: Bool = false
  ) throws -> Adapter {
    let adapter = try Adapter(
      LoRAConfiguration(rank: rank, alpha: alpha), architecture: model.decoder.architecture,
      dtype: .float32, trainable: trainable, on: model.decoder.device)
    for (index, entry) in adapter.parameters.entries.enumerated() {
      var generator = Philox(seed: seed, stream: .parameters, step: UInt64(index)).generator()
      model.decoder.device.write(
        (0..<entry.count).map { _ in Float(0.2 * (2 * generator.nextDouble() - 1)) },
        to: adapter.parameters.view(entry, of: adapter.parameters.master))
    }
    adapter.parameters.refreshWorking(on: model.decoder.device)
    return adapter
  }

  /// s·B·A of one linear layer in float64, row by row.
  private func update(_ adapter: Adapter, _ path: String, _ model: TinyModel) throws -> [Double] {
    func factor(_ letter: String) throws -> (ParameterSet.Entry, [Double]) {
      let name = "base_model.model.\(path).lora_\(letter).weight"
      let entry = try required(adapter.parameters.entry(named: name))
      let view = adapter.parameters.view(entry, of: adapter.parameters.master)
      return (entry, model.decoder.device.read(view).map(Double.init))
    }
    let ((a, aValues), (b, bValues)) = (try factor("A"), try factor("B"))
    var result = [Double](repeating: 0, count: b.rows * a.columns)
    for row in 0..<b.rows {
      for k in 0..<b.columns {
        let factor = adapter.configuration.scale * bValues[row * b.columns + k]
        for column in 0..<a.columns {
          result[row * a.columns + column] += factor * aValues[k * a.columns + column]
        }
      }
    }
    return result
  }

  private let paths = ["self_attn.q_proj", "self_attn.v_proj", "mlp.down_proj"].map {
    "model.layers.1.\($0)"
  }

  @Test("adapters side by side are the weighted sum of their updates, in float64")
  func mixture() throws {
    let model = try TinyModel("tiny-llama")
    let first = try adapter(model, rank: 4, alpha: 8, seed: 1)
    let second = try adapter(model, rank: 3, alpha: 9, seed: 2)
    let mixed = try Adapter.mixture(
      of: [(first, 0.6), (second, 0.4)], architecture: model.decoder.architecture, dtype: .float32,
      on: model.decoder.device)
    #expect(mixed.configuration.rank == 7)
    for path in paths {
      let (a, b) = (try update(first, path, model), try update(second, path, model))
      let ours = try update(mixed, path, model)
      let largest = zip(a, b).map { abs(0.6 * $0 + 0.4 * $1) }.max() ?? 0
      for index in ours.indices {
        #expect(abs(ours[index] - (0.6 * a[index] + 0.4 * b[index])) < 1e-6 * largest)
      }
    }
  }

  @Test("three updates hold what mixing whole weights gives") func threeUpdates() throws {
    let model = try TinyModel("tiny-llama")
    let policies = try (1...3).map {
      try adapter(model, rank: 4, alpha: 8, seed: UInt64($0), trainable: true)
    }
    let following = try FollowingReference(
      Policy(weights: model.base), following: .adapter(policies[0], on: model.base),
      pace: .init(steps: 1, share: 0.6), decoder: model.decoder)
    var expected = [String: [Double]]()
    for policy in policies {
      try following.follow(.adapter(policy, on: model.base))
      for path in paths {
        let update = try update(policy, path, model)
        let before = expected[path] ?? Array(repeating: 0, count: update.count)
        expected[path] = zip(update, before).map { 0.6 * $0 + 0.4 * $1 }
      }
    }
    let reference = try required(following.policy.adapter)
    #expect(reference.configuration.rank == 12)
    for path in paths {
      let (ours, golden) = (try update(reference, path, model), try required(expected[path]))
      let largest = golden.map(abs).max() ?? 0
      for index in ours.indices { #expect(abs(ours[index] - golden[index]) < 1e-6 * largest) }
    }
  }

  @Test("whole weights are mixed in float64") func fullWeights() throws {
    let model = try TinyModel("tiny-llama")
    let device = model.decoder.device
    let full = try FullParameters(
      copying: model.base, model.decoder.architecture, dtype: .float32, on: device)
    let start = device.read(full.parameters.master)
    device.write(start.map { $0 + 0.25 }, to: full.parameters.master)
    let following = try FollowingReference(
      Policy(weights: model.base), following: .full(full), pace: .init(steps: 1, share: 0.6),
      decoder: model.decoder)
    try following.follow(.full(full))
    try following.follow(.full(full))
    // After two updates 1 − 0.4² of the way.
    guard case .weights(let held) = following.held else { throw Missing() }
    for (now, was) in zip(device.read(held.parameters.master), start) {
      #expect(abs(Double(now) - (Double(was) + 0.84 * 0.25)) < 1e-6)
    }
  }

  private func setup(
    _ run: RunDirectory, share: Double, steps: Int, saveEvery: Int = 0, full: Bool = false,
    beginning: RunDirectory.Beginning = .new, dtype: DType = .float32
  ) throws -> TrainingSetup {
    let model = try TinyModel("tiny-llama", dtype: dtype)
    var setup = try model.setup(
      run, plan: plan(pairs: 8, steps: steps, saveEvery: saveEvery), heldOut: 2,
      beginning: beginning)
    setup.referencePace = .init(steps: 2, share: share)
    if full {
      setup.trainable = .full(
        try FullParameters(
          copying: model.base, model.decoder.architecture, dtype: dtype, on: model.decoder.device))
    }
    return setup
  }

  @Test(
    "a reference that becomes the policy has margin 0 again",
    arguments: [(false, DType.float32), (false, .bfloat16), (true, .float32), (true, .bfloat16)])
  func hardUpdate(full: Bool, dtype: DType) throws {
    let folder = try TemporaryFolder()
    _ = try Trainer(try setup(folder.run, share: 1, steps: 5, full: full, dtype: dtype)).run()
    let margins = try Trace(folder.run).metrics.compactMap { $0["rewards/margins"]?.double }
    // The first step's rate is 0 (warm-up); after the second and the fourth the reference is the policy.
    #expect(margins[2] == 0 && margins[3] != 0 && margins[4] == 0, "\(margins)")
  }

  @Test("a run that was stopped and resumed ends with the same bytes", arguments: [false, true])
  func resume(full: Bool) throws {
    let folder = try TemporaryFolder()
    _ = try Trainer(try setup(folder.run("whole"), share: 0.6, steps: 7, full: full)).run()
    let interrupted = folder.run("parts")
    let polls = Countdown(30)
    let first = try Trainer(
      try setup(interrupted, share: 0.6, steps: 7, saveEvery: 1, full: full),
      isCancelled: { polls.isOver() }
    ).run()
    #expect(first.wasInterrupted && first.steps > 2)
    _ = try Trainer(
      try setup(interrupted, share: 0.6, steps: 7, saveEvery: 1, full: full, beginning: .resume)
    ).run()
    #expect(try Trace(folder.run("whole")) == Trace(interrupted))
  }

  @Test("counts the snapshots that still matter") func snapshots() {
    #expect(FollowingReference.Pace(steps: 10, share: 0.6).snapshots(steps: 35) == 3)
    #expect(FollowingReference.Pace(steps: 1, share: 0.6).snapshots(steps: 1000) == 18)
    #expect(FollowingReference.Pace(steps: 1, share: 1).snapshots(steps: 1000) == 1)
  }
}
