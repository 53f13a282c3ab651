import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

@Suite(.serialized) struct ReferenceCacheRunTests {
  // Two epochs, so that without a cache the second one is served from memory.
  private static let plan = PenchantTuningTests.plan(
    pairs: 8, batch: 3, steps: 6, microTokens: 100, evalEvery: 3)

  private struct Run {
    let summary: TrainingSummary
    var report: ReferenceCacheReport?
    /// Pairs that were computed ahead.
    var computed = 0
  }

  private func run(
    _ directory: RunDirectory, cache folder: String?, beta: Double = 0.5, polls: Int = .max,
    beginning: RunDirectory.Beginning = .new, dtype: DType = .float32,
    plan: TrainingPlan = Self.plan
  ) throws -> Run {
    let model = try TinyModel("tiny-llama", dtype: dtype)
    var setup = try model.setup(
      directory, plan: plan, heldOut: 2, beginning: beginning, objective: Sigmoid(beta: beta))
    if let folder {
      let identity = try ReferenceIdentity.digest(
        try required(setup.reference), files: ["weights"], decoder: model.decoder)
      setup.referenceCache = try ReferenceCache(folder: folder, identity: identity)
    }
    let countdown = Countdown(polls)
    var report: ReferenceCacheReport?
    var computed = 0
    let summary = try Trainer(setup, isCancelled: { countdown.isOver() }) { event in
      switch event {
      case .referenceCache(let found): report = found
      case .reference(let done, _): computed = max(computed, done)
      default: break
      }
    }.run()
    return Run(summary: summary, report: report, computed: computed)
  }

  @Test(
    "training with a cache gives the same bytes as without, new or full",
    arguments: [
      DType.float32, .bfloat16,
    ])
  func sameBytes(dtype: DType) throws {
    let folder = try TemporaryFolder()
    let cache = FileSystem.join(folder.path, "cache")
    _ = try run(folder.run("without"), cache: nil, dtype: dtype)
    let first = try run(folder.run("new"), cache: cache, dtype: dtype)
    let second = try run(folder.run("full"), cache: cache, dtype: dtype)
    #expect(first.report?.known == 0 && first.report?.wanted == 10 && first.computed == 10)
    #expect(second.report?.known == 10 && second.computed == 0)
    let expected = try Trace(folder.run("without"))
    #expect(try Trace(folder.run("new")) == expected)
    #expect(try Trace(folder.run("full")) == expected)
    #expect(
      try FileSystem.read(folder.run("full").heldOut)
        == FileSystem.read(folder.run("without").heldOut))
  }

  @Test("another β uses the same values; other weights, dtype or adapter do not") func shared()
    throws
  {
    let folder = try TemporaryFolder()
    let cache = FileSystem.join(folder.path, "cache")
    _ = try run(folder.run("first"), cache: cache)
    #expect(try run(folder.run("beta"), cache: cache, beta: 0.1).report?.known == 10)
    #expect(try run(folder.run("dtype"), cache: cache, dtype: .bfloat16).report?.known == 0)
    #expect(try FileSystem.list(cache).count == 2)

    let model = try TinyModel("tiny-llama")
    let base = Policy(weights: model.base)
    let adapted = Policy(weights: model.base, adapter: try model.storedAdapter(trainable: false))
    let digests = try [
      ReferenceIdentity.digest(base, files: ["a"], decoder: model.decoder),
      ReferenceIdentity.digest(base, files: ["b"], decoder: model.decoder),
      ReferenceIdentity.digest(adapted, files: ["a"], decoder: model.decoder),
    ]
    #expect(Set(digests).count == 3)
  }

  @Test("interrupted while it is computed, it goes on where it was") func interrupted() throws {
    let folder = try TemporaryFolder()
    let cache = FileSystem.join(folder.path, "cache")
    _ = try run(folder.run("whole"), cache: nil)
    let cut = try run(folder.run, cache: cache, polls: 5)
    #expect(cut.summary.wasInterrupted && cut.summary.steps == 0)
    let resumed = try run(folder.run, cache: cache, beginning: .resume)
    let known = try #require(resumed.report?.known)
    #expect(known > 0 && known < 10)
    #expect(try Trace(folder.run) == Trace(folder.run("whole")))
  }

  @Test("a run of part of an epoch computes the reference of its own pairs only") func partly()
    throws
  {
    let folder = try TemporaryFolder()
    let short = PenchantTuningTests.plan(pairs: 8, batch: 3, steps: 1, microTokens: 100)
    let only = try run(
      folder.run, cache: FileSystem.join(folder.path, "cache"), plan: short)
    #expect(only.report?.wanted == 5)
  }

  @Test("values that are not the reference's are found out before the first update") func stale()
    throws
  {
    let folder = try TemporaryFolder()
    let cache = FileSystem.join(folder.path, "cache")
    do {
      let model = try TinyModel("tiny-llama")
      let identity = try ReferenceIdentity.digest(
        Policy(weights: model.base), files: ["weights"], decoder: model.decoder)
      let forged = try ReferenceCache(folder: cache, identity: identity)
      for example in try Fixture.examples("tiny-llama") {
        for branch in 0..<2 {
          forged.add(
            .init(example, branch: branch),
            example.branches[branch].scored.map { _ in -1 })
        }
      }
    }
    #expect {
      _ = try run(folder.run, cache: cache)
    } throws: { ($0 as? TuningError)?.identifier == "initial-margin-not-zero" }
  }
}
