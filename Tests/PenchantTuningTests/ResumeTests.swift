import PenchantCore
import PenchantEngine
import PenchantTuning
import Testing

@Suite(.serialized) struct ResumeTests {
  private let whole = plan(pairs: 8, batch: 3, steps: 8, evalEvery: 3, saveEvery: 2)

  private func run(
    _ directory: RunDirectory, dtype: DType, beginning: RunDirectory.Beginning = .new,
    polls: Int = .max, events: @escaping TrainingEventHandler = { _ in }
  ) throws -> TrainingSummary {
    let model = try TinyModel("tiny-llama", dtype: dtype)
    let countdown = Countdown(polls)
    return try Trainer(
      try model.setup(directory, plan: whole, heldOut: 2, beginning: beginning),
      isCancelled: { countdown.isOver() }, events: events
    ).run()
  }

  // Each pass polls once a block, two blocks; a step has reference, forward and backward: 6 polls, later epochs
  // fewer. The numbers fall within and between steps, at the edges of epochs, and into measurements.
  @Test(
    "stopped anywhere and resumed, a run ends with the same bytes",
    arguments: [0, 1, 5, 6, 13, 17, 18, 19, 21, 24, 30, 33, 37], [DType.float32, .bfloat16])
  func interrupted(polls: Int, dtype: DType) throws {
    let folder = try TemporaryFolder()
    _ = try run(folder.run("whole"), dtype: dtype)
    let first = try run(folder.run("cut"), dtype: dtype, polls: polls)
    #expect(first.wasInterrupted && first.result == nil)
    let second = try run(folder.run("cut"), dtype: dtype, beginning: .resume)
    #expect(!second.wasInterrupted && second.steps == 8)
    #expect(try Trace(folder.run("cut")) == Trace(folder.run("whole")))
    let last = "checkpoints/step-000008/optimizer.safetensors"
    #expect(
      try FileSystem.read(FileSystem.join(folder.run("cut").path, last))
        == FileSystem.read(FileSystem.join(folder.run("whole").path, last)))
  }

  @Test("killed after a checkpoint, a run cuts its logs back and ends with the same bytes")
  func killed() throws {
    let folder = try TemporaryFolder()
    _ = try run(folder.run("whole"), dtype: .float32)
    // A kill leaves log lines the checkpoint does not know of, and no later checkpoint.
    _ = try run(folder.run("cut"), dtype: .float32, polls: 25)
    let cut = folder.run("cut")
    let steps = try cut.checkpointSteps()
    try FileSystem.removeTree(cut.checkpoint(step: steps[0]))
    var resumed = -1
    _ = try run(cut, dtype: .float32, beginning: .resume) { event in
      if case .resumed(let step, _) = event { resumed = step }
    }
    #expect(resumed == steps[1])
    #expect(try Trace(cut) == Trace(folder.run("whole")))
  }

  @Test("a damaged checkpoint is passed over, named, and replaced") func damaged() throws {
    let folder = try TemporaryFolder()
    _ = try run(folder.run("whole"), dtype: .float32)
    let cut = folder.run("cut")
    _ = try run(cut, dtype: .float32)
    let path = FileSystem.join(cut.checkpoint(step: 8), "optimizer.safetensors")
    var bytes = try FileSystem.read(path)
    bytes[bytes.count / 2] ^= 1
    try AtomicFile.write(path: path, contents: bytes)
    var skipped: [SkippedCheckpoint] = []
    _ = try run(cut, dtype: .float32, beginning: .resume) { event in
      if case .resumed(_, let list) = event { skipped = list }
    }
    #expect(skipped.map(\.name) == ["step-000008"])
    #expect(skipped.map(\.defect) == [.wrongDigest(file: "optimizer.safetensors")])
    #expect(try Trace(cut) == Trace(folder.run("whole")))
    _ = try Checkpoint(path: cut.checkpoint(step: 8))
  }

  @Test("only options that change no bit may differ") func options() throws {
    let folder = try TemporaryFolder()
    _ = try run(folder.run, dtype: .float32, polls: 20)
    let model = try TinyModel("tiny-llama")
    var setup = try model.setup(folder.run, plan: whole, heldOut: 2, beginning: .resume)
    setup.configuration.threads = 2
    setup.configuration.saveEvery = 1
    setup.configuration.learningRate = 1
    #expect {
      _ = try Trainer(setup)
    } throws: { error in
      "\(error)"
        == "the run was begun with other options: learning-rate was null, is 1\n"
        + "  only --threads and --save-every may differ on --resume"
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
      _ = try run(folder.run, dtype: .float32, beginning: .resume)
    } throws: { error in
      (error as? TuningError)?.identifier == "nothing-to-resume"
    }
  }
}
