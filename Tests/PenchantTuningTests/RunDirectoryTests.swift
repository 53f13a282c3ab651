import PenchantCore
import PenchantTuning
import Testing

@Suite struct RunDirectoryTests {
  @Test("overwriting removes what runs write and nothing else") func overwrite() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    try FileSystem.createDirectories(run.checkpoint(step: 3))
    try run.write(TuneConfiguration())
    for name in ["thesis.tex", "metrics.jsonl"] {
      try AtomicFile.write(path: FileSystem.join(run.path, name), text: "x")
    }
    _ = try run.prepare(.overwrite)
    #expect(try run.checkpointSteps() == [])
    #expect(try FileSystem.list(run.path) == ["checkpoints", "config.yaml", "thesis.tex"])
    // A kill here leaves a run that can be begun anew.
    #expect(try run.contents == .run(canResume: false))
  }

  private static let mark = "# penchant run: what it was begun with\n"

  @Test(
    "a folder that no run wrote is neither removed nor written into, whatever its files are called",
    arguments: [
      ["model/config.json"], ["pairs.jsonl"], ["adapter/x"], ["checkpoints/step-000003/x"],
      ["notes.txt"], [".git/HEAD"], ["config.yaml", "checkpoints/step-000003/x", "model/x"],
      // A configuration that was copied there, to be given to --config.
      ["config.yaml=\(mark)", "model/x", "pairs.jsonl"],
    ])
  func foreign(files: [String]) throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    for file in files {
      let parts = file.split(separator: "=", maxSplits: 1).map(String.init)
      let path = FileSystem.join(run.path, parts[0])
      try FileSystem.createDirectories(FileSystem.parent(of: path))
      try AtomicFile.write(path: path, text: parts.count > 1 ? parts[1] : "mine")
    }
    let before = try Self.tree(run.path)
    for beginning in [RunDirectory.Beginning.new, .overwrite] {
      for attempt in [{ try run.check($0) }, { _ = try run.prepare($0) }]
        as [(RunDirectory.Beginning) throws -> Void]
      {
        #expect(throws: CoreError(.foreignFolder(path: run.path, kind: .run))) {
          try attempt(beginning)
        }
      }
    }
    #expect(try Self.tree(run.path) == before)
  }

  private static func tree(_ path: String) throws -> [String] {
    try FileSystem.list(path).flatMap { name in
      let child = FileSystem.join(path, name)
      return [child] + (FileSystem.isDirectory(child) ? try tree(child) : [])
    }
  }

  @Test("a file, and a place where nothing can be made, are refused before anything is read")
  func noFolder() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    try AtomicFile.write(path: run.path, text: "mine")
    for place in [run, RunDirectory(FileSystem.join(run.path, "below/it"))] {
      for beginning in [RunDirectory.Beginning.new, .overwrite] {
        #expect(throws: CoreError(.notDirectory(path: run.path))) { try place.check(beginning) }
      }
    }
    #expect(String(decoding: try FileSystem.read(run.path), as: UTF8.self) == "mine")
  }

  @Test("what is said of a folder always works") func remedies() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    func said(_ beginning: RunDirectory.Beginning) -> String {
      do { try run.check(beginning) } catch { return "\(error)" }
      return "begins"
    }
    #expect(said(.overwrite) == "begins")
    #expect(
      said(.resume)
        == "\(run.path) holds no checkpoint to resume from\n  leave out --resume to begin the run")
    // Killed before its first checkpoint.
    try FileSystem.createDirectories(run.checkpoints)
    #expect(said(.new) == "begins")
    try run.write(TuneConfiguration())
    #expect(
      said(.new)
        == "\(run.path) is there already\n"
        + "  it has no checkpoint to go on from: begin anew with --overwrite")
    #expect(
      said(.resume)
        == "\(run.path) holds no checkpoint to resume from\n"
        + "  leave out --resume, and begin anew with --overwrite")
    #expect(said(.overwrite) == "begins")
    try FileSystem.createDirectories(run.checkpoint(step: 3))
    #expect(
      said(.new)
        == "\(run.path) is there already\n  --resume goes on with it, --overwrite begins anew")
    #expect(said(.resume) == "begins" && said(.overwrite) == "begins")
  }

  @Test("a new run that comes to nothing leaves nothing, and takes nothing with it") func ending()
    throws
  {
    let folder = try TemporaryFolder()
    let run = folder.run
    do {
      let lock = try run.prepare(.new)
      try run.write(TuneConfiguration())
      try AtomicFile.write(path: run.metrics, text: "x")
      withExtendedLifetime(lock) {}
    }
    #expect(!FileSystem.exists(run.path))
    // The folder was there, and somebody put a file into it meanwhile.
    try FileSystem.createDirectories(run.path)
    do {
      let lock = try run.prepare(.new)
      try run.write(TuneConfiguration())
      try AtomicFile.write(path: FileSystem.join(run.path, "thesis.tex"), text: "x")
      withExtendedLifetime(lock) {}
    }
    #expect(try FileSystem.list(run.path) == ["thesis.tex"])
    let other = folder.run("other")
    do {
      let lock = try other.prepare(.new)
      try FileSystem.createDirectories(other.checkpoint(step: 0))
      withExtendedLifetime(lock) {}
    }
    #expect(try other.checkpointSteps() == [0])
    // A run that failed after a step has figures that may say why.
    let failed = folder.run("failed")
    do {
      let lock = try failed.prepare(.new)
      try failed.write(TuneConfiguration())
      try AtomicFile.write(path: failed.pairs, text: "{}\n")
      withExtendedLifetime(lock) {}
    }
    #expect(FileSystem.exists(failed.configuration) && FileSystem.exists(failed.pairs))
  }

  @Test("resuming removes what a killed process was making, and only that") func leftovers() throws
  {
    let folder = try TemporaryFolder()
    let run = folder.run
    try FileSystem.createDirectories(run.checkpoint(step: 3))
    try FileSystem.createDirectories(FileSystem.join(run.checkpoints, ".penchant-1-2.partial"))
    try AtomicFile.write(path: FileSystem.join(run.path, ".penchant-1-3.partial"), text: "x")
    _ = try run.prepare(.resume)
    #expect(try FileSystem.list(run.checkpoints) == ["step-000003"])
    #expect(try FileSystem.list(run.path) == ["checkpoints"])
  }

  @Test("knows its checkpoints from other names") func names() throws {
    let folder = try TemporaryFolder()
    for name in ["step-000007", "step-1234567", "step-7", "step-abc", ".step-000009.x", "other"] {
      try FileSystem.createDirectories(FileSystem.join(folder.run.checkpoints, name))
    }
    #expect(try folder.run.checkpointSteps() == [1_234_567, 7])
  }
}
