import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

@Suite struct TokenBudgetTests {
  @Test(
    "the largest power of two whose forecast leaves a tenth free",
    arguments: [
      // 0.9 · 10,220 is just above 1000 + 8192; at 10,210 it is just below.
      (10_220, 8192, 9192), (10_210, 4096, 5096), (1 << 40, 65536, 66536), (100, 2048, 3048),
    ])
  func choice(available: Int, tokens: Int, bytes: Int) {
    var configuration = TuneConfiguration()
    let choice = TuneDefaults.microTokens(&configuration, available: available) { 1000 + $0 }
    #expect(configuration.microTokens == tokens)
    #expect(choice?.option == "micro-tokens" && choice?.value == "\(tokens)")
    #expect(
      choice?.reason.hasPrefix("takes \(ForecastPart.text(bytes: bytes)) of the device's ") == true)
  }

  @Test("a number that was given stays") func given() {
    var configuration = TuneConfiguration()
    configuration.microTokens = 300
    let choice = TuneDefaults.microTokens(&configuration, available: 1 << 40) { $0 }
    #expect(choice == nil && configuration.microTokens == 300)
  }

  @Test("on a GPU it is chosen when its memory is known; what it runs on is a choice with a reason")
  func device() {
    func resolve(_ asked: DeviceChoice, on device: DeviceChoice) -> (
      TuneConfiguration, [TuneDefaults.Choice]
    ) {
      var configuration = TuneConfiguration()
      configuration.device = asked
      return TuneDefaults.resolve(
        configuration, .init(trainingPairs: 50, heldOutPairs: 0, context: 512, device: device))
    }
    let gpu = resolve(.auto, on: .cuda(1))
    #expect(gpu.0.microTokens == nil && gpu.0.device == .cuda(1))
    #expect(gpu.1.first { $0.option == "device" }?.value == "cuda:1")
    let cpu = resolve(.auto, on: .cpu)
    #expect(cpu.0.microTokens == 2048 && cpu.0.device == .cpu)
    #expect(resolve(.cpu, on: .cpu).1.contains { $0.option == "device" } == false)
  }

  @Test("a device's memory is what it has free and what the run holds already") func available()
    throws
  {
    let device = try LimitedDevice(availableBytes: 1000)
    let model = try TinyModel("tiny-llama", device: device)
    let shape = WorkspaceShape(
      tokens: 10, targetRows: 5, rank: 4, purpose: .training(full: false))
    let forecast = Forecast(
      model.decoder.architecture, dtype: .float32, trained: .adapter(parameters: 100),
      workspace: shape, weightBytes: 5000, device: device)
    #expect(forecast.heldBytes == 5000 + 100 * 16)
    #expect(forecast.available(on: device) == 1000 + forecast.heldBytes)
    #expect(throws: TuningError.self) {
      try forecast.check(available: forecast.available(on: device))
    }
    device.availableBytes = nil
    #expect(forecast.available(on: device) == SystemMemory.byteCount)
  }
}

/// A run whose device refuses the memory that was planned.
@Suite struct RefusedMemoryTests {
  private static let asked = 400
  private static let granted = 200

  private static func setup(
    _ run: RunDirectory, on device: any Device, microTokens: Int = asked,
    beginning: RunDirectory.Beginning = .new
  ) throws -> TrainingSetup {
    let model = try TinyModel("tiny-llama", device: device)
    var setup = try model.setup(
      run, plan: plan(pairs: 8, batch: 8, steps: 4, microTokens: microTokens, saveEvery: 1),
      beginning: beginning)
    setup.configuration.microTokens = microTokens
    return setup
  }

  /// Lets a device grant the passes' memory for so many tokens and no more.
  private static func limit(_ device: LimitedDevice, to tokens: Int, _ setup: TrainingSetup) {
    let (stash, scratch) = Workspace.byteCount(
      setup.workspaceShape(microTokens: tokens), setup.decoder.architecture,
      dtype: setup.decoder.dtype)
    device.largestAllocation = max(stash, scratch)
  }

  private static func savedBudget(_ run: RunDirectory) throws -> Int? {
    try Checkpoint.newest(in: run).checkpoint.state.configuration["micro-tokens"]?.int
  }

  @Test("it takes half the tokens, says so, records it, and ends as a run with that budget")
  func halved() throws {
    let folder = try TemporaryFolder()
    let device = try LimitedDevice()
    let setup = try Self.setup(folder.run, on: device)
    Self.limit(device, to: Self.granted, setup)
    var said: [[Int]] = []
    let trainer = try Trainer(setup, isCancelled: { false }) { event in
      if case .smallerBudget(let tokens, let asked) = event { said.append([tokens, asked]) }
    }
    _ = try trainer.run()
    #expect(said == [[Self.granted, Self.asked]])
    #expect(device.refusals > 0)
    #expect(trainer.setup.configuration.microTokens == Self.granted)
    #expect(try Self.savedBudget(folder.run) == Self.granted)
    let yaml = String(decoding: try FileSystem.read(folder.run.configuration), as: UTF8.self)
    #expect(yaml.contains("micro-tokens: \(Self.granted)\n"))

    let cpu = try CPUDevice(threads: 1)
    let small = folder.run("small")
    _ = try Trainer(try Self.setup(small, on: cpu, microTokens: Self.granted)).run()
    #expect(try Trace(folder.run) == Trace(small))
    let large = folder.run("large")
    _ = try Trainer(try Self.setup(large, on: cpu)).run()
    #expect(try Trace(large).result != Trace(small).result, "the packing leaves no trace")
  }

  @Test("memory that operations take for themselves is refused as early, and leads to the same")
  func scratchHalved() throws {
    let folder = try TemporaryFolder()
    let device = try LimitedDevice()
    device.mostScratchTokens = Self.granted
    let trainer = try Trainer(try Self.setup(folder.run, on: device))
    #expect(device.refusals == 1)
    #expect(trainer.setup.plan.microTokens == Self.granted)
    device.mostScratchTokens = 1
    #expect {
      _ = try Trainer(try Self.setup(folder.run("none"), on: device))
    } throws: { error in
      (error as? EngineError)?.identifier == "out-of-memory"
    }
  }

  @Test("resumed, it packs as it was begun, whatever is free then") func resumed() throws {
    let folder = try TemporaryFolder()
    let device = try LimitedDevice()
    let first = try Self.setup(folder.run, on: device)
    Self.limit(device, to: Self.granted, first)
    let countdown = Countdown(15)
    let summary = try Trainer(first, isCancelled: { countdown.isOver() }).run()
    #expect(summary.wasInterrupted)

    device.largestAllocation = .max
    let asked = try Self.setup(folder.run, on: device, beginning: .resume)
    #expect {
      _ = try Trainer(asked)
    } throws: { error in
      "\(error)".contains("micro-tokens was \(Self.granted), is \(Self.asked)")
    }
    // With less memory than the run was begun with there is no going on.
    let kept = try Self.setup(
      folder.run, on: device, microTokens: Self.granted, beginning: .resume)
    Self.limit(device, to: Self.granted / 2, kept)
    #expect {
      _ = try Trainer(kept)
    } throws: { error in
      (error as? EngineError)?.identifier == "out-of-memory"
    }
    device.largestAllocation = .max
    _ = try Trainer(kept).run()
    let whole = folder.run("whole")
    _ = try Trainer(
      try Self.setup(whole, on: try CPUDevice(threads: 1), microTokens: Self.granted)
    ).run()
    #expect(try Trace(folder.run) == Trace(whole))
  }

  @Test("what does not fit at all is an error, and nothing was begun") func refused() throws {
    let folder = try TemporaryFolder()
    let device = try LimitedDevice()
    let setup = try Self.setup(folder.run, on: device)
    device.largestAllocation = 100
    #expect {
      _ = try Trainer(setup)
    } throws: { error in
      (error as? EngineError)?.identifier == "out-of-memory"
    }
    #expect(!FileSystem.exists(folder.run.path))
  }

  @Test("the budget does not fall below the longest pair") func longest() throws {
    let folder = try TemporaryFolder()
    let device = try LimitedDevice()
    let setup = try Self.setup(folder.run, on: device)
    let longest = setup.training.longest
    Self.limit(device, to: longest, setup)
    let trainer = try Trainer(setup)
    #expect(trainer.setup.plan.microTokens == longest)
    #expect(longest > 1 && longest < Self.granted)
  }

  @Test("scores are computed in smaller batches, to the same bits") func scores() throws {
    let device = try LimitedDevice(availableBytes: 1 << 30)
    #expect(Scorer.tokenBudget(on: device) == 16384)
    let model = try TinyModel("tiny-llama", device: device)
    #expect(Scorer.tokenBudget(on: try CPUDevice(threads: 1)) == 2048)
    let examples = try Fixture.examples("tiny-llama")
    let longest = examples.map(\.tokenCount).max() ?? 1
    func scorer() throws -> Scorer {
      try Scorer(model.decoder, longest: longest, tokenBudget: 800, rank: 0)
    }
    let whole = try scorer()
    let (stash, scratch) = Workspace.byteCount(
      WorkspaceShape(tokens: 200, targetRows: 200, rank: 0, purpose: .scoring),
      model.decoder.architecture, dtype: .float32)
    device.largestAllocation = max(stash, scratch)
    let small = try scorer()
    #expect(whole.tokenBudget == 800 && small.tokenBudget == 200)
    let policy = Policy(weights: model.base)
    #expect(try whole.score(examples, policy: policy) == small.score(examples, policy: policy))
  }

  @Test("as many answers are drawn at once as the device's budget has room for") func waves() throws
  {
    func waves(_ device: any Device, _ limits: TextGenerator.Limits) throws -> [Range<Int>] {
      let model = try LanguageModel(
        folder: Fixture.model("tiny-llama"), dtype: .float32, device: device)
      let prompts = [[Int32]](repeating: [1, 2, 3, 4], count: 50)
      return TextGenerator(
        model, policy: model.basePolicy, sampler: Sampler(), limits: limits
      ).waves(of: prompts)
    }
    let (cpu, gpu) = (try CPUDevice(threads: 1), try LimitedDevice(availableBytes: 1 << 30))
    #expect(try waves(cpu, .init()) == [0..<16, 16..<32, 32..<48, 48..<50])
    // 4 + 508 rows each, the whole context: 32 fill 16,384.
    #expect(try waves(gpu, .init(newTokens: 508)) == [0..<32, 32..<50])
    #expect(try waves(gpu, .init(together: 20)) == [0..<20, 20..<40, 40..<50])
  }

  @Test("a wave that does not fit is answered in halves, to the same tokens") func halves() throws {
    let device = try LimitedDevice(availableBytes: 1 << 30)
    let model = try LanguageModel(
      folder: Fixture.model("tiny-llama"), dtype: .float32, device: device)
    let prompts = (1...5).map { [Int32](repeating: Int32($0), count: $0) }
    func answers() throws -> [GeneratedText] {
      try TextGenerator(
        model, policy: model.basePolicy, sampler: Sampler(temperature: 1, seed: 4),
        limits: .init(newTokens: 8)
      ).generate(prompts)
    }
    let together = try answers()
    // The first two prompts with their answers take 19 rows, the other three 36.
    let (stash, scratch) = Workspace.byteCount(
      WorkspaceShape(tokens: 5, targetRows: 0, rank: 0, purpose: .scoring), model.architecture,
      dtype: .float32)
    device.largestAllocation = KeyValueCache.byteCount(
      rows: 30, model.architecture, dtype: .float32)
    #expect(device.largestAllocation >= max(stash, scratch))
    #expect(try answers() == together)
    #expect(device.refusals > 0)
    device.largestAllocation = 100
    #expect(throws: EngineError.self) { try answers() }
  }
}
