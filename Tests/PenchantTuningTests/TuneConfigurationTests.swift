import FoundationEssentials
import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

@Suite struct TuneConfigurationTests {
  private func decode(_ text: String) throws -> TuneConfiguration {
    try JSONDecoder().decode(TuneConfiguration.self, from: Data(text.utf8))
  }

  @Test("survives being written and read") func roundTrip() throws {
    var configuration = TuneConfiguration()
    configuration.model = "m"
    configuration.data = ["a.jsonl", "b.jsonl"]
    configuration.beta = 0.05
    configuration.learningRate = 1e-6
    configuration.truncation = .cutPrompt
    configuration.trainOn = .lastTurn
    configuration.dtype = .float32
    configuration.epochs = 3
    configuration.noShuffle = true
    let data = try JSONEncoder().encode(configuration)
    #expect(try JSONDecoder().decode(TuneConfiguration.self, from: data) == configuration)
  }

  @Test("every option is written under its long name") func json() {
    let json = TuneConfiguration().json
    #expect(json.count == TuneConfiguration.options.count)
    #expect(json["schedule"] == "cosine" && json["beta"] == .null && json["warmup-ratio"] == 0.1)
    #expect(Set(json.keys).count == json.count)
  }

  @Test("as YAML is one option a line, nothing for nil") func yaml() {
    var configuration = TuneConfiguration()
    configuration.data = ["x.jsonl"]
    let lines = configuration.yaml.split(separator: "\n")
    #expect(lines.contains("data: [\"x.jsonl\"]") && lines.contains("no-shuffle: false"))
    #expect(!configuration.yaml.contains("beta"))
  }

  @Test("names the nearest option for a key it does not know") func unknown() {
    #expect {
      try decode(#"{"learning_rate": 1}"#)
    } throws: { error in
      "\(error)" == "there is no option learning_rate; did you mean learning-rate?"
    }
  }

  @Test(
    "answers other trainers' names with ours",
    arguments: [("lora_r", "lora-rank"), ("per_device_train_batch_size", "batch-size")])
  func foreign(name: String, ours: String) {
    #expect {
      try decode("{\"\(name)\": 4}")
    } throws: { error in
      "\(error)" == "there is no option \(name); it is called \(ours) here"
    }
  }

  @Test("every foreign name leads to an option") func foreignNames() {
    let names = Set(TuneConfiguration.options.map(\.name))
    #expect(TuneConfiguration.foreignNames.values.allSatisfy { names.contains($0) })
  }

  @Test("says what a value should have been") func wrongType() {
    #expect {
      try decode(#"{"epochs": "many"}"#)
    } throws: { error in
      "\(error)" == "--epochs takes a whole number"
    }
    #expect {
      try decode(#"{"schedule": "step"}"#)
    } throws: { error in
      "\(error)" == "--schedule takes one of constant, linear, cosine"
    }
  }

  @Test("accepts what is right") func good() throws { try TuneConfiguration().check() }

  @Test("refuses what is out of range, not built, or contradictory") func bad() {
    let changes: [(inout TuneConfiguration) -> Void] = [
      { $0.batchSize = 0 }, { $0.batchSize = .max }, { $0.epochs = .max }, { $0.seed = -1 },
      { $0.epochs = 0 }, { $0.beta = 0 }, { $0.learningRate = -1 },
      { $0.learningRate = .nan }, { $0.warmupRatio = 1.5 }, { $0.holdout = 1 },
      { $0.reference = "adapter:" }, { $0.reference = "best" }, { $0.stopWhen = ["kl"] },
      { $0.semantics = .trl1 }, { $0.microPairs = 2 }, { $0.referenceMix = 0.5 },
      {
        $0.objective = "simpo"; $0.reference = "base"
      },
      {
        $0.objective = "kto"; $0.batchSize = 1
      },
      { $0.gamma = 1 },
      {
        $0.fAlpha = 0.3; $0.fDivergence = .jensenShannon
      }, { $0.sampleEvery = -1 },
      {
        $0.baseWeights = .int8
        $0.full = true
      },
      {
        $0.baseWeights = .int8
        $0.dtype = .float32
      },
      { $0.labelSmoothing = 0.1 }, { $0.objective = "ipoo" }, { $0.dtype = .int32 },
      { $0.dtype = .int8 },
      {
        $0.full = true
        $0.loraRank = 8
      },
      {
        $0.resume = true
        $0.overwrite = true
      },
      {
        $0.initAdapter = "a"
        $0.loraAlpha = 8
      },
      {
        $0.objective = "sft"
        $0.referenceCache = "x"
      },
      {
        $0.samplePrompts = "none"
        $0.sampleEvery = 5
      },
    ]
    for change in changes {
      var configuration = TuneConfiguration()
      change(&configuration)
      #expect(throws: TuningError.self) { try configuration.check() }
    }
  }

  @Test("tells which options differ, but for those that change no bit") func differences() {
    var later = TuneConfiguration()
    later.threads = 2
    later.saveEvery = 7
    later.device = .cuda(1)
    let earlier = JSON.object(TuneConfiguration().json)
    #expect(later.differences(from: earlier).isEmpty)
    later.seed = 1
    #expect(
      later.differences(from: earlier).map { "\($0.option) \($0.was) \($0.now)" } == ["seed 0 1"])
  }
}

@Suite struct TuneDefaultsTests {
  private func resolve(
    _ configuration: TuneConfiguration = TuneConfiguration(), training: Int, heldOut: Int = 0,
    context: Int = 32768
  ) -> (TuneConfiguration, [TuneDefaults.Choice]) {
    TuneDefaults.resolve(
      configuration, .init(trainingPairs: training, heldOutPairs: heldOut, context: context))
  }

  @Test(
    "takes the fewest epochs that give 100 steps",
    arguments: [(50, 3), (270, 3), (400, 2), (800, 1), (5000, 1)])
  func epochs(pairs: Int, expected: Int) {
    #expect(resolve(training: pairs).0.epochs == expected)
  }

  @Test("the adapter's rate falls with the planned steps within its bounds") func rate() {
    #expect(resolve(training: 80).0.learningRate == 5e-5)
    #expect(resolve(training: 800).0.learningRate == 2.5e-5)
    #expect(resolve(training: 80_000).0.learningRate == 5e-6)
    var full = TuneConfiguration()
    full.full = true
    #expect(resolve(full, training: 800).0.learningRate == 1e-6)
    #expect(resolve(full, training: 800).0.loraRank == nil)
  }

  @Test("keeps what was given and says nothing about it") func given() {
    var configuration = TuneConfiguration()
    configuration.beta = 0.3
    configuration.maxSteps = 10
    let (resolved, choices) = resolve(configuration, training: 800)
    #expect(resolved.beta == 0.3 && !choices.contains { $0.option == "beta" })
    #expect(resolved.learningRate == 5e-5)
  }

  @Test("every choice has a reason") func reasons() {
    let (resolved, choices) = resolve(training: 300, heldOut: 30)
    #expect(choices.allSatisfy { !$0.reason.isEmpty && !$0.value.isEmpty })
    #expect(
      choices.first { $0.option == "epochs" }?.reason
        == "114 steps; the fewest of 1-3 that give 100")
    #expect(resolved.maxLength == 2048 && resolved.loraRank == 16 && resolved.loraAlpha == 32)
  }

  @Test("holds nothing out below 100 pairs or beside --eval-data") func holdout() {
    func share(_ configuration: TuneConfiguration, _ pairs: Int) -> Double? {
      TuneDefaults.resolveReading(configuration, pairs: pairs, context: 512).0.holdout
    }
    var measured = TuneConfiguration()
    measured.evalData = ["e.jsonl"]
    #expect(share(TuneConfiguration(), 99) == 0)
    #expect(share(TuneConfiguration(), 100) == 0.1)
    #expect(share(measured, 1000) == 0)
  }
}
