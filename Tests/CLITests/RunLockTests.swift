import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Two processes and one run folder; a process that is killed; a run that goes on elsewhere.
@Suite(.serialized) struct RunLockTests {
  /// Four steps an epoch.
  private static func options(epochs: Int, saveEvery: Int) -> [String] {
    [
      "--model", Example.model, "--data", Example.pairs, "--limit", "16", "--batch-size", "4",
      "--learning-rate", "1e-3", "--epochs", "\(epochs)", "--save-every", "\(saveEvery)",
      "--sample-prompts", "none",
    ]
  }

  private static let options = options(epochs: 30, saveEvery: 10)

  private static func tune(
    _ output: String, _ more: [String] = [], isa: String? = nil,
    started: (Process) throws -> Void = { _ in }
  ) throws -> Program.Outcome {
    try Program.run(
      ["tune", "--output", output] + more,
      environment: isa.map { ["PENCHANT_ISA": $0] } ?? [:], started: started)
  }

  /// Waits until there is a file, holds the process there, and kills it in the end.
  private static func hold(
    _ process: Process, at path: String, _ body: () throws -> Void = {}
  ) throws {
    for _ in 0..<4000 where process.isRunning {
      if FileManager.default.fileExists(atPath: path) { break }
      usleep(5000)
    }
    // Held still, it keeps what it has and cannot come to its end.
    kill(process.processIdentifier, SIGSTOP)
    defer { kill(process.processIdentifier, SIGKILL) }
    try #require(process.isRunning, "the run ended before it could be stopped")
    try body()
  }

  private static func bytes(_ folder: Folder, _ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
  }

  @Test func oneProcessTrainsIntoAFolderAndAfterItsKillTheNextGoesOn() throws {
    let folder = try Folder()
    let run = folder.path("run")
    let killed = try Self.tune(run, Self.options) { process in
      try Self.hold(process, at: run + "/checkpoints/step-000010") {
        let before = try FileManager.default.contentsOfDirectory(atPath: run).sorted()
        let metrics = try Self.bytes(folder, "run/metrics.jsonl")
        for more in [["--resume"], Self.options, Self.options + ["--overwrite"]] {
          let refused = try Self.tune(run, more)
          #expect(refused.status == 2)
          #expect(
            refused.error == """
              error: \(run) is in use: process \(process.processIdentifier) trains into it
                wait for its end, stop it (Ctrl-C keeps a checkpoint), or choose another --output

              """)
          // Nothing was read before that.
          #expect(refused.output == "")
        }
        for verb in ["sft", "reward"] {
          let refused = try Program.run(
            [verb, "--output", run, "--overwrite"] + Self.options.dropLast(2))
          #expect(refused.status == 2 && refused.error.contains("is in use"), "\(refused.error)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: run).sorted() == before)
        #expect(try Self.bytes(folder, "run/metrics.jsonl") == metrics)
      }
    }
    #expect(killed.status == 128 + SIGKILL, "\(killed.error)")
    let resumed = try Self.tune(run, ["--resume"])
    #expect(resumed.status == 0, "\(resumed.error)")
    #expect(!folder.exists("run/.penchant-lock"))
    #expect(try Self.tune(folder.path("whole"), Self.options).status == 0)
    for name in ["pairs.jsonl", "adapter/adapter_model.safetensors"] {
      let (whole, cut) = (
        try Self.bytes(folder, "whole/\(name)"), try Self.bytes(folder, "run/\(name)")
      )
      #expect(whole == cut, "\(name) differs")
    }
  }

  @Test func aSweepHasItsFolderAndEachOfItsRuns() throws {
    let folder = try Folder()
    let all = folder.path("all")
    let sweep = ["--sweep", "beta=0.1,0.3"]
    let killed = try Self.tune(all, Self.options + sweep) { process in
      try Self.hold(process, at: all + "/beta-0.3/checkpoints/step-000010") {
        for (output, more) in [
          (all, Self.options + sweep + ["--overwrite"]), (all, ["--resume"]),
          (all + "/beta-0.3", ["--resume"]),
        ] {
          let refused = try Self.tune(output, more)
          #expect(refused.status == 2)
          #expect(
            refused.error.hasPrefix(
              "error: \(output) is in use: process \(process.processIdentifier) trains into it\n"),
            "\(refused.error)")
        }
        #expect(folder.exists("all/beta-0.1/report.html"))
      }
    }
    #expect(killed.status == 128 + SIGKILL, "\(killed.error)")
    let resumed = try Self.tune(all, ["--resume"])
    #expect(resumed.status == 0, "\(resumed.error)")
    #expect(folder.exists("all/sweep.html") && !folder.exists("all/.penchant-lock"))
  }
}
