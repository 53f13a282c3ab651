import PenchantCore
import PenchantTuning
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite(.serialized) struct RunLockTests {
  private func wording(_ path: String) -> String {
    "\(path) is in use: process \(getpid()) trains into it\n"
      + "  wait for its end, stop it (Ctrl-C keeps a checkpoint), or choose another --output"
  }

  @Test("while one has the folder, nobody else begins in it, and nothing there is touched")
  func refused() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    let lock = try run.prepare(.new)
    try FileSystem.createDirectories(run.checkpoint(step: 3))
    try AtomicFile.write(path: run.metrics, text: "a line\n")
    let attempts: [(RunDirectory.Beginning) throws -> Void] = [
      { try run.check($0) }, { _ = try run.prepare($0) },
    ]
    for beginning in [RunDirectory.Beginning.new, .overwrite, .resume] {
      for attempt in attempts {
        #expect {
          try attempt(beginning)
        } throws: { error in
          "\(error)" == wording(run.path) && (error as? TuningError)?.category == .usage
        }
      }
    }
    #expect(
      try FileSystem.list(run.path) == [".penchant-lock", "checkpoints", "metrics.jsonl"])
    #expect(try run.checkpointSteps() == [3])
    withExtendedLifetime(lock) {}
  }

  @Test("it goes with its holder and leaves nothing behind") func released() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    do { _ = try run.prepare(.new) }
    #expect(!FileSystem.exists(run.path))
    try FileSystem.createDirectories(run.checkpoint(step: 3))
    try run.write(TuneConfiguration())
    for beginning in [RunDirectory.Beginning.resume, .overwrite] { _ = try run.prepare(beginning) }
    #expect(try FileSystem.list(run.path) == ["checkpoints", "config.yaml"])
  }

  @Test("what a killed process left is no lock, and no run") func stale() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    try FileSystem.createDirectories(run.path)
    try AtomicFile.write(path: run.lock, text: "1 elsewhere\n")
    try run.check(.new)
    try AtomicFile.write(path: run.lock, text: "1 elsewhere\n")
    #expect(try run.prepare(.new).isHeld)
    #expect(!FileSystem.exists(run.lock))
    #expect {
      try run.check(.resume)
    } throws: { ($0 as? TuningError)?.identifier == "nothing-to-resume" }
  }

  @Test("a foreign folder is left as it is") func foreign() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    try FileSystem.createDirectories(run.path)
    for name in ["thesis.tex", ".lock"] {
      try AtomicFile.write(path: FileSystem.join(run.path, name), text: "x")
    }
    #expect {
      _ = try run.prepare(.new)
    } throws: { $0 as? CoreError == CoreError(.foreignFolder(path: run.path, kind: .run)) }
    #expect(try FileSystem.list(run.path) == [".lock", "thesis.tex"])
    #expect(throws: TuningError.self) { _ = try folder.run("none").prepare(.resume) }
    #expect(!FileSystem.exists(folder.run("none").path))
  }

  @Test(
    "where the file system keeps no locks a run begins, and knows that it is not alone for sure")
  func unsupported() throws {
    let folder = try TemporaryFolder()
    for number in [ENOTSUP, ENOLCK] {
      let first = try folder.run.prepare(.overwrite) { _ in number }
      let second = try folder.run.prepare(.overwrite) { _ in number }
      #expect(!first.isHeld && !second.isHeld)
    }
    #expect(try FileSystem.list(folder.run.path) == ["checkpoints"])
  }

  @Test("a trainer has its folder from the beginning to the end, checkpoints included")
  func trainer() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel("tiny-llama")
    let run = folder.run
    func setup(_ beginning: RunDirectory.Beginning = .new) throws -> TrainingSetup {
      try model.setup(run, plan: plan(steps: 3, saveEvery: 1), beginning: beginning)
    }
    var refusals = 0
    do {
      let trainer = try Trainer(
        try setup(),
        events: { event in
          guard case .checkpoint = event else { return }
          for beginning in [RunDirectory.Beginning.resume, .overwrite] {
            do { _ = try run.prepare(beginning) } catch { refusals += 1 }
          }
        })
      #expect {
        _ = try Trainer(try setup(.overwrite))
      } throws: { "\($0)" == wording(run.path) }
      #expect(try trainer.run().steps == 3)
    }
    #expect(refusals == 6)
    #expect(!FileSystem.exists(run.lock))
    #expect(try Trainer(try setup(.resume)).run().steps == 3)
  }
}
