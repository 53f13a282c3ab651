import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

@Suite(.serialized) struct SamplingTests {
  private static let plan = PenchantTuningTests.plan(
    pairs: 8, batch: 4, steps: 4, rate: 2e-2, saveEvery: 1)

  @discardableResult
  private func run(
    _ directory: RunDirectory, every: Int = 2, rules: [String] = [], heldOut: Int = 2,
    beginning: RunDirectory.Beginning = .new, polls: Int = .max
  ) throws -> (summary: TrainingSummary, measurements: [SampleMeasurement]) {
    let opened = try LanguageModel(
      folder: Fixture.model("tiny-llama"), dtype: .float32, device: try CPUDevice(threads: 1))
    var setup = try TinyModel("tiny-llama").setup(
      directory, plan: Self.plan, heldOut: heldOut, beginning: beginning)
    // Decoder and weights of the opened model, so that sampling and training share them.
    let adapter = try Adapter(
      LoRAConfiguration(rank: 4, alpha: 8), architecture: opened.architecture, dtype: .float32,
      trainable: true, on: opened.device)
    adapter.initialize(seed: 5, on: opened.device)
    setup.decoder = opened.decoder
    setup.trainable = .adapter(adapter, on: opened.base)
    setup.reference = opened.basePolicy
    setup.probe = SampleProbe(
      opened, prompts: [.init(id: "a", tokens: [5, 6, 7]), .init(id: "b", tokens: [9])],
      reference: opened.basePolicy, every: every, seed: 1)
    setup.stopRules = try StopRule.rules(rules)
    let countdown = Countdown(polls)
    var measurements: [SampleMeasurement] = []
    let summary = try Trainer(setup, isCancelled: { countdown.isOver() }) { event in
      if case .samples(let measurement) = event { measurements.append(measurement) }
    }.run()
    return (summary, measurements)
  }

  @Test("KL to the reference is 0 before the first step, and k3 is above 0 after some") func kl()
    throws
  {
    let folder = try TemporaryFolder()
    let found = try run(folder.run).measurements
    #expect(found.map(\.step) == [0, 2, 4])
    #expect(found[0].kl == 0 && found[0].klK3 == 0)
    #expect(found[1].klK3 > 0 && found[2].klK3 > 0)
    #expect(found.allSatisfy { $0.samples.count == 2 && $0.length > 0 })
    let lines = try Trace(folder.run).metrics.filter { $0["kl"] != nil }
    #expect(lines.compactMap { $0["step"]?.int } == [0, 2, 4])
    let samples = String(decoding: try FileSystem.read(folder.run.samples), as: UTF8.self)
    #expect(samples.split(separator: "\n").count == 6)
  }

  @Test("k1 and k3 are what their formulas say") func estimators() {
    func sample(_ ratio: Double, _ divergence: Double, _ tokens: Int) -> ModelSample {
      ModelSample(
        step: 1, id: "x", text: "", tokens: tokens, isFinished: true, logRatio: ratio,
        divergence: divergence)
    }
    let measurement = SampleMeasurement(step: 1, samples: [sample(2, 1, 4), sample(-1, 3, 6)])
    #expect(measurement.kl == 0.5 && measurement.klK3 == 2 && measurement.klPerToken == 0.4)
    #expect(measurement.length == 5)
    // Neither has a word.
    #expect(measurement.empty == 1 && measurement.unfinished == 0)
  }

  @Test("how often it samples changes what is written and nothing that is trained") func option()
    throws
  {
    let folder = try TemporaryFolder()
    try run(folder.run("often"), every: 1)
    try run(folder.run("ends"), every: 0)
    let (often, ends) = (try Trace(folder.run("often")), try Trace(folder.run("ends")))
    #expect(often.metrics.count { $0["kl"] != nil } == 5)
    #expect(ends.metrics.count { $0["kl"] != nil } == 2)
    #expect(often.result == ends.result)
  }

  @Test("stopped anywhere and resumed, samples and figures are the same") func resume() throws {
    let folder = try TemporaryFolder()
    try run(folder.run("whole"))
    let whole = try Trace(folder.run("whole"))
    let samples = try FileSystem.read(folder.run("whole").samples)
    for polls in [20, 90, 140, 200, 260, 320] {
      let cut = folder.run("cut\(polls)")
      guard try run(cut, polls: polls).summary.wasInterrupted else { continue }
      try run(cut, beginning: .resume)
      #expect(try Trace(cut) == whole, "\(polls)")
      #expect(try FileSystem.read(cut.samples) == samples, "\(polls)")
    }
  }

  @Test("a rule on the model's own answers ends the run with all that belongs to an end")
  func stops() throws {
    let folder = try TemporaryFolder()
    let (summary, _) = try run(folder.run, every: 1, rules: ["kl_k3>1e-9"])
    // The rate of the first step is 0: it moves nothing.
    #expect(summary.steps == 2 && summary.result != nil && !summary.wasInterrupted)
    #expect(summary.stopReason?.hasPrefix("kl_k3 is ") == true)
    #expect(summary.stopReason?.hasSuffix("above the 1e-09 of --stop-when") == true)
    // Measured although neither the plan's end nor a measurement was due.
    #expect(summary.evaluation?.step == 2)
    #expect(FileSystem.exists(folder.run.heldOut))
    // Gone on with, it stays stopped and ends with the same bytes.
    let before = try Trace(folder.run)
    let again = try run(folder.run, every: 1, rules: ["kl_k3>1e-9"], beginning: .resume).summary
    #expect(again.steps == 2 && again.stopReason == summary.stopReason)
    #expect(try Trace(folder.run) == before)
  }

  @Test("a rule that is not met changes nothing") func unmet() throws {
    let folder = try TemporaryFolder()
    let summary = try run(folder.run("with"), rules: ["kl>1e9", "loss<-1"]).summary
    try run(folder.run("without"))
    #expect(summary.steps == 4 && summary.stopReason == nil)
    #expect(try Trace(folder.run("with")) == Trace(folder.run("without")))
  }

  @Test("a rule no figure could meet is refused before anything is trained") func refused() throws {
    let folder = try TemporaryFolder()
    #expect {
      try run(folder.run, rules: ["eval_accuracy<0.5"], heldOut: 0)
    } throws: {
      "\($0)" == "this run has no figure eval_accuracy: no pairs are held out"
    }
    #expect(!FileSystem.exists(folder.run.path))
  }
}

@Suite struct StopRuleTests {
  @Test("reads a figure, a side and a number") func reads() throws {
    let rule = try StopRule(" kl_k3 > 5e0 ")
    #expect(rule.metric == "kl_k3" && rule.isAbove && rule.bound == 5 && rule.text == "kl_k3>5")
    #expect(try StopRule.rules(["kl>5,loss<0.1", "rewards/margins>9"]).count == 3)
    #expect(rule.reason(JSONObject(["kl_k3": 5])) == nil)
    #expect(rule.reason(JSONObject(["kl_k3": nil])) == nil)
    #expect(rule.reason(JSONObject(["loss": 9])) == nil)
    #expect(rule.reason(JSONObject(["kl_k3": 5.5])) == "kl_k3 is 5.5, above the 5 of --stop-when")
    #expect(
      try StopRule("accuracy<0.4").reason(JSONObject(["accuracy": 0.25]))
        == "accuracy is 0.25, below the 0.4 of --stop-when")
  }

  @Test(
    "refuses what is no rule",
    arguments: ["", "kl", "kl>", ">5", "kl>x", "kl=5", "kl>nan", "kl>inf", "step>5"])
  func malformed(text: String) {
    #expect(throws: TuningError.self) { try StopRule(text) }
  }

  @Test("names the nearest figure") func nearest() {
    #expect {
      try StopRule("reward/margins>2")
    } throws: {
      "\($0)"
        == "there is no figure reward/margins; did you mean rewards/margins?\n"
        + "  docs/METRICS.md lists the figures"
    }
  }
}

@Suite struct MetricCatalogTests {
  @Test("has every figure that a record can have, and no other") func complete() {
    var record = MetricsRecord()
    record.gradNorm = 1
    record.learningRate = 1
    record.seconds = 1
    record.tokensPerSecond = 1
    record.utilization = 1
    let written = record.json().keys + SampleMeasurement(step: 1, samples: []).json.keys
    #expect(Set(written) == Set(MetricCatalog.entries.map(\.key)))
    record.comparesAnswers = false
    let missing = Set(MetricCatalog.entries.map(\.key)).subtracting(
      record.json().keys + SampleMeasurement(step: 1, samples: []).json.keys)
    #expect(missing == Set(MetricCatalog.entries.filter(\.needsComparison).map(\.key)))
  }

  @Test("docs/METRICS.md explains each in the same words") func documented() throws {
    let path = FileSystem.join(Fixture.root, "../../docs/METRICS.md")
    let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
    for entry in MetricCatalog.entries {
      #expect(
        text.contains("| `\(entry.key)` | \(entry.unit) | \(entry.meaning) |"), "\(entry.key)")
    }
  }
}
