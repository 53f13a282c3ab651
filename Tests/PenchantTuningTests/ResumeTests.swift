import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

/// The uninterrupted run that all others must equal, made once for each kind.
private struct WholeRun {
  let folder: TemporaryFolder
  let trace: Trace
  let optimizer: [UInt8]

  init(_ kind: ResumeTests.Kind) throws {
    folder = try TemporaryFolder()
    _ = try ResumeTests.run(folder.run, kind)
    trace = try Trace(folder.run)
    optimizer = try ResumeTests.optimizer(folder.run)
  }
}

@Suite(.serialized) struct ResumeTests {
  enum Kind: CaseIterable, Sendable {
    case adapterFloat32, adapterBFloat16, fullBFloat16
  }

  // Several micro-batches a step, steps of three pairs and of two, three epochs, measurements between saves.
  private static let plan = PenchantTuningTests.plan(
    pairs: 8, batch: 3, steps: 8, microTokens: 100, evalEvery: 3, saveEvery: 3)

  @discardableResult
  fileprivate static func run(
    _ directory: RunDirectory, _ kind: Kind, beginning: RunDirectory.Beginning = .new,
    polls: Int = .max, events: @escaping TrainingEventHandler = { _ in }
  ) throws -> TrainingSummary {
    let model = try TinyModel("tiny-llama", dtype: kind == .adapterFloat32 ? .float32 : .bfloat16)
    let countdown = Countdown(polls)
    var setup = try model.setup(directory, plan: plan, heldOut: 2, beginning: beginning)
    if kind == .fullBFloat16 {
      setup.trainable = .full(
        try FullParameters(
          copying: model.base, model.decoder.architecture, dtype: .bfloat16,
          on: model.decoder.device))
    }
    return try Trainer(setup, isCancelled: { countdown.isOver() }, events: events).run()
  }

  fileprivate static func optimizer(_ run: RunDirectory) throws -> [UInt8] {
    try FileSystem.read(FileSystem.join(run.checkpoint(step: 8), "optimizer.safetensors"))
  }

  // Every pass polls once a block. The numbers fall within micro-batches, between steps, at the edges of
  // epochs, and into measurements.
  @Test("stopped anywhere and resumed, a run ends with the same bytes", arguments: Kind.allCases)
  func interrupted(kind: Kind) throws {
    let whole = try WholeRun(kind)
    for polls in [0, 1, 5, 9, 14, 19, 24, 29, 34, 39] {
      let folder = try TemporaryFolder()
      let first = try Self.run(folder.run, kind, polls: polls)
      #expect(first.wasInterrupted && first.result == nil, "\(polls)")
      let second = try Self.run(folder.run, kind, beginning: .resume)
      #expect(!second.wasInterrupted && second.steps == 8, "\(polls)")
      #expect(try Trace(folder.run) == whole.trace, "\(polls)")
      #expect(try Self.optimizer(folder.run) == whole.optimizer, "\(polls)")
    }
  }

  @Test("killed after a checkpoint, a run cuts its logs back and ends with the same bytes")
  func killed() throws {
    let folder = try TemporaryFolder()
    // A kill leaves log lines the checkpoint does not know of, and no later checkpoint.
    _ = try Self.run(folder.run("cut"), .adapterFloat32, polls: 60)
    let cut = folder.run("cut")
    let steps = try cut.checkpointSteps()
    try FileSystem.removeTree(cut.checkpoint(step: steps[0]))
    var resumed = -1
    _ = try Self.run(cut, .adapterFloat32, beginning: .resume) { event in
      if case .resumed(let step, _) = event { resumed = step }
    }
    #expect(resumed == steps[1])
    #expect(try Trace(cut) == WholeRun(.adapterFloat32).trace)
  }

  @Test("a damaged checkpoint is passed over, named, and replaced") func damaged() throws {
    let folder = try TemporaryFolder()
    let cut = folder.run("cut")
    _ = try Self.run(cut, .adapterFloat32)
    let path = FileSystem.join(cut.checkpoint(step: 8), "optimizer.safetensors")
    var bytes = try FileSystem.read(path)
    bytes[bytes.count / 2] ^= 1
    try AtomicFile.write(path: path, contents: bytes)
    var skipped: [SkippedCheckpoint] = []
    _ = try Self.run(cut, .adapterFloat32, beginning: .resume) { event in
      if case .resumed(_, let list) = event { skipped = list }
    }
    #expect(skipped.map(\.name) == ["step-000008"])
    #expect(skipped.map(\.defect) == [.wrongDigest(file: "optimizer.safetensors")])
    #expect(try Trace(cut) == WholeRun(.adapterFloat32).trace)
    _ = try Checkpoint(path: cut.checkpoint(step: 8))
  }

  @Test("only options that change no bit may differ") func options() throws {
    let folder = try TemporaryFolder()
    _ = try Self.run(folder.run, .adapterFloat32, polls: 20)
    let model = try TinyModel("tiny-llama")
    var setup = try model.setup(folder.run, plan: Self.plan, heldOut: 2, beginning: .resume)
    setup.configuration.threads = 2
    setup.configuration.saveEvery = 1
    setup.configuration.learningRate = 1
    #expect {
      _ = try Trainer(setup)
    } throws: { error in
      "\(error)"
        == "the run was begun with other options: learning-rate was null, is 1\n"
        + "  only --threads, --save-every and --device may differ on --resume; on another kind of device --micro-tokens too"
    }
    setup.configuration.learningRate = nil
    setup.inputs.data = "other"
    #expect {
      _ = try Trainer(setup)
    } throws: { error in
      "\(error)"
        == "the data is not what the run was begun with\n"
        + "  resume with the same files, or begin a run in another --output"
    }
    setup.inputs = .init(data: "data", model: "model")
    _ = try Trainer(setup).run()
  }

  @Test("there must be something to resume") func nothing() throws {
    let folder = try TemporaryFolder()
    #expect {
      _ = try Self.run(folder.run, .adapterFloat32, beginning: .resume)
    } throws: { error in
      (error as? TuningError)?.identifier == "nothing-to-resume"
    }
  }
}
