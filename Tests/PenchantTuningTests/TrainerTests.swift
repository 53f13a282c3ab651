import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

/// What a run leaves behind, timings set aside.
struct Trace: Equatable {
  var metrics: [JSON]
  var pairs: [UInt8]
  var result: [UInt8]

  init(_ run: RunDirectory) throws {
    let text = String(decoding: try FileSystem.read(run.metrics), as: UTF8.self)
    metrics = try text.split(separator: "\n").map { line in
      var object = try required(try JSON.parse(String(line)).object)
      for key in MetricsRecord.timingKeys { object[key] = nil }
      return .object(object)
    }
    pairs = try FileSystem.read(run.pairs)
    let adapter = FileSystem.join(run.adapter, "adapter_model.safetensors")
    let model = FileSystem.join(run.model, "model.safetensors")
    result = try FileSystem.read(FileSystem.exists(adapter) ? adapter : model)
  }

  var losses: [Double] { metrics.compactMap { $0["loss"]?.double } }
}

/// Lets a number of polls pass and says stop ever after.
final class Countdown: @unchecked Sendable {
  // Touched by the test's own thread alone.
  private var left: Int
  init(_ polls: Int) { left = polls }
  func isOver() -> Bool {
    left -= 1
    return left < 0
  }
}

@Suite(.serialized) struct TrainerTests {
  private func train(
    _ run: RunDirectory, _ plan: TrainingPlan, dtype: DType = .float32, threads: Int = 1,
    heldOut: Int = 0, objective: (any Objective)? = nil
  ) throws -> Trace {
    let model = try TinyModel("tiny-llama", dtype: dtype, threads: threads)
    let trainer = try Trainer(
      try model.setup(run, plan: plan, heldOut: heldOut, objective: objective))
    _ = try trainer.run()
    return try Trace(run)
  }

  @Test("the first step's margin is 0 and its loss ln 2", arguments: [DType.float32, .bfloat16])
  func firstStep(dtype: DType) throws {
    let folder = try TemporaryFolder()
    let trace = try train(folder.run, plan(steps: 2), dtype: dtype)
    #expect(trace.losses[0] == 0.6931471805599453)
    #expect(trace.metrics[0]["rewards/margins"] == 0)
    #expect(trace.metrics[0]["rewards/accuracies"] == 0 && trace.metrics[0]["accuracy"] == 0.5)
  }

  @Test("the loss falls", arguments: [DType.float32, .bfloat16])
  func learns(dtype: DType) throws {
    let folder = try TemporaryFolder()
    let trace = try train(folder.run, plan(batch: 10, steps: 12, rate: 2e-2), dtype: dtype)
    #expect(try required(trace.losses.last) < 0.3)
  }

  @Test("small and large micro-batches train the same to rounding") func microBatches() throws {
    let folder = try TemporaryFolder()
    let large = try train(folder.run("large"), plan(microTokens: 2000))
    let small = try train(folder.run("small"), plan(microTokens: 1))
    #expect(large.losses[0] == small.losses[0])
    for (a, b) in zip(large.losses, small.losses) { #expect(abs(a - b) < 1e-5) }
  }

  @Test("the number of threads changes no byte", arguments: [DType.float32, .bfloat16])
  func threads(dtype: DType) throws {
    let folder = try TemporaryFolder()
    let one = try train(folder.run("one"), plan(steps: 4), dtype: dtype, heldOut: 2)
    let two = try train(folder.run("two"), plan(steps: 4), dtype: dtype, threads: 2, heldOut: 2)
    #expect(one == two)
  }

  @Test("an objective that sees the whole step first trains the same") func wholeStep() throws {
    let folder = try TemporaryFolder()
    let pairwise = try train(folder.run("pair"), plan(steps: 4, microTokens: 100))
    let whole = try train(
      folder.run("step"), plan(steps: 4, microTokens: 100),
      objective: WholeStep(inner: try Sigmoid(beta: 0.5)))
    #expect(pairwise == whole)
  }

  @Test("every pair is seen once an epoch, in an order of its own") func order() {
    var order = PairOrder(plan(pairs: 10, batch: 4))
    let epochs = (0..<2).map { epoch in
      (0..<3).flatMap { order.pairs(ofStep: 3 * epoch + $0) }
    }
    #expect(epochs.allSatisfy { $0.sorted() == Array(0..<10) })
    #expect(epochs[0] != epochs[1])
    let short = order.pairs(ofStep: 2)
    #expect(short.count == 2)
    var inOrder = PairOrder(
      TrainingPlan(pairs: 5, batchSize: 2, schedule: plan().schedule, shuffles: false))
    let steps = (0..<4).map { inOrder.pairs(ofStep: $0) }
    #expect(steps == [[0, 1], [2, 3], [4], [0, 1]])
  }

  @Test("held-out pairs are measured when due and at the end") func evaluation() throws {
    let folder = try TemporaryFolder()
    let trace = try train(
      folder.run, plan(pairs: 8, steps: 5, evalEvery: 2), heldOut: 2)
    let steps = trace.metrics.filter { $0["eval_loss"] != nil }.compactMap { $0["step"]?.int }
    #expect(steps == [2, 4, 5])
    #expect(trace.metrics.last?["eval_pairs"] == 2)
  }

  @Test("a number that is none names the pair and changes nothing") func notFinite() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel("tiny-llama")
    var setup = try model.setup(folder.run, plan: plan(batch: 10))
    let adapter = try model.newAdapter()
    let entry = try required(adapter.parameters.entries.first)
    model.decoder.device.write(
      [Float](repeating: .nan, count: entry.count),
      to: adapter.parameters.view(entry, of: adapter.parameters.master))
    setup.trainable = .adapter(adapter, on: model.base)
    do {
      let trainer = try Trainer(setup)
      #expect {
        _ = try trainer.run()
      } throws: { error in
        "\(error)".hasPrefix("step 1: the log-probability is not finite for pair")
          && (error as? TuningError)?.category == .runtime
      }
      #expect(try FileSystem.size(of: folder.run.metrics) == 0)
      #expect(try folder.run.checkpointSteps() == [])
      withExtendedLifetime(trainer) {}
    }
    // The same command begins again.
    #expect(!FileSystem.exists(folder.run.path))
    #expect(!FileSystem.exists(folder.run.adapter))
  }

  @Test("a reference that should be the policy and is not is found out") func initialMargin() throws
  {
    let folder = try TemporaryFolder()
    let model = try TinyModel("tiny-llama")
    var setup = try model.setup(folder.run, plan: plan())
    setup.reference = Policy(
      weights: model.base, adapter: try model.storedAdapter(trainable: false))
    #expect {
      _ = try Trainer(setup).run()
    } throws: { error in
      (error as? TuningError)?.identifier == "initial-margin-not-zero"
    }
    var margins: [Double] = []
    setup.referenceIsInitial = false
    setup.beginning = .overwrite
    let events: TrainingEventHandler = { event in
      if case .initialMargin(let margin) = event { margins.append(margin) }
    }
    _ = try Trainer(setup, events: events).run()
    #expect(margins.count == 1 && margins[0] != 0)
  }

  @Test("an existing run is neither overwritten nor continued unasked") func exists() throws {
    let folder = try TemporaryFolder()
    _ = try train(folder.run, plan(steps: 1))
    let model = try TinyModel("tiny-llama")
    #expect {
      _ = try Trainer(try model.setup(folder.run, plan: plan(steps: 1)))
    } throws: { error in
      "\(error)"
        == "\(folder.run.path) is there already\n  --resume goes on with it, --overwrite begins anew"
    }
    _ = try Trainer(
      try model.setup(folder.run, plan: plan(steps: 2), beginning: .overwrite)
    ).run()
    #expect(try Trace(folder.run).metrics.count == 2)
  }
}

/// The sigmoid loss as an objective of scope `step`.
struct WholeStep: Objective {
  let inner: Sigmoid
  var name: String { inner.name }
  var formula: String { inner.formula }
  var rewardScale: Double { inner.rewardScale }
  var requirements: ObjectiveRequirements {
    var requirements = inner.requirements
    requirements.scope = .step
    return requirements
  }
  func check(_ facts: PairFacts) throws(TuningError) { try inner.check(facts) }
  func shares(of facts: PairFacts) -> [Double] { inner.shares(of: facts) }
  func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    inner.evaluate(pairs, denominators: denominators, state: state)
  }
}
