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

  @Test func aRunThatGoesOnElsewhereSaysSo() throws {
    let folder = try Folder()
    let (run, copy) = (folder.path("run"), folder.path("copy"))
    // Plain kernels are slow: twenty steps.
    let options = Self.options(epochs: 5, saveEvery: 2)
    let killed = try Self.tune(run, options, isa: "plain") { process in
      try Self.hold(process, at: run + "/checkpoints/step-000004")
    }
    #expect(killed.status == 128 + SIGKILL, "\(killed.error)")
    try FileManager.default.copyItem(atPath: run, toPath: copy)

    let same = try Self.tune(run, ["--resume"], isa: "plain")
    #expect(same.status == 0 && !(same.output + same.error).contains("bytes differ"))
    #expect(!(try folder.text("run/report.html")).contains("bytes differ"))

    let sets = try Program.run(["inspect", "--devices", "--json"]).output
    let devices = try JSONSerialization.jsonObject(with: Data(sets.utf8)) as? [String: Any]
    let cpu = (devices?["devices"] as? [[String: Any]])?.first
    let isa = try #require((cpu?["available_instruction_sets"] as? [String])?.last)
    guard isa != "plain" else { return }
    let other = try Self.tune(copy, ["--resume", "--json"], isa: isa)
    #expect(other.status == 0, "\(other.error)")
    let said = try #require(
      other.error.split(separator: "\n").first { $0.contains("bytes differ") }.map(String.init))
    let line =
      #/steps 1–(\d+) on cpu-plain, from (\d+) on cpu-(\w+): bytes differ from those of an uninterrupted run/#
    let match = try #require(said.wholeMatch(of: line), "\(said)")
    let (last, first) = (try #require(Int(match.1)), try #require(Int(match.2)))
    #expect(first == last + 1 && last % 2 == 0 && String(match.3) == isa)
    #expect(try folder.text("copy/report.html").contains("S" + said.dropFirst()))
    for text in [try folder.text("copy/report.json"), other.output] {
      let record = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      let stretches = try #require(record?["computed_on"] as? [[String: Any]])
      #expect(stretches.compactMap { $0["family"] as? String } == ["cpu-plain", "cpu-\(isa)"])
      #expect(stretches.compactMap { $0["first_step"] as? Int } == [1, first])
      #expect(stretches.compactMap { $0["last_step"] as? Int } == [last, 20])
    }
    let (whole, mixed) = (
      try Self.bytes(folder, "run/pairs.jsonl"), try Self.bytes(folder, "copy/pairs.jsonl")
    )
    #expect(whole != mixed)
  }
}
