import Foundation
import Testing

@Suite struct SweepTests {
  private static let fast = [
    "--model", Example.model, "--data", Example.pairs, "--limit", "16", "--batch-size", "4",
    "--epochs", "1", "--holdout", "0.25", "--sample-prompts", "none",
  ]

  private func sweep(
    _ folder: Folder, _ text: String, _ more: [String] = [],
    started: (Process) throws -> Void = { _ in }
  ) throws -> Program.Outcome {
    try Program.run(
      ["tune", "--output", folder.path("all"), "--sweep", text] + Self.fast + more,
      environment: ["XDG_CACHE_HOME": folder.path("cache")], started: started)
  }

  @Test func runsShareWhatTheyCanAndEndWithOneTable() throws {
    let folder = try Folder()
    let outcome = try sweep(folder, "beta=0.05,0.5 learning-rate=1e-3,3e-3", ["--json"])
    #expect(outcome.status == 0, "\(outcome.error)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    let runs = try #require(json["runs"] as? [[String: Any]])
    #expect(
      runs.compactMap { $0["run"] as? String } == [
        "beta-0.05_learning-rate-1e-3", "beta-0.05_learning-rate-3e-3",
        "beta-0.5_learning-rate-1e-3", "beta-0.5_learning-rate-3e-3",
      ])
    // Each option changes a result.
    #expect(Set(runs.compactMap { $0["rewards/margins"] as? Double }).count == 4)
    // Read, encoded and computed once.
    #expect(outcome.error.components(separatedBy: "pairs to train on").count == 2)
    #expect(outcome.error.components(separatedBy: " 16 of 16 pairs known").count == 4)
    let page = try folder.text("all/sweep.html")
    #expect(page.contains("href=\"./beta-0.5_learning-rate-3e-3/report.html\""))
    #expect(page.contains("Accuracy against drift") && !page.contains("<script"))
    #expect(folder.exists("all/sweep.json"))
    for run in runs {
      let name = try #require(run["run"] as? String)
      #expect(folder.exists("all/\(name)/adapter/adapter_model.safetensors"))
    }
    // A run of a sweep is the run it would be alone.
    let alone = try Program.run(
      ["tune", "--output", folder.path("alone"), "--beta", "0.5", "--learning-rate", "3e-3"]
        + Self.fast, environment: ["XDG_CACHE_HOME": folder.path("other")])
    #expect(alone.status == 0, "\(alone.error)")
    #expect(
      try folder.text("alone/pairs.jsonl")
        == folder.text("all/beta-0.5_learning-rate-3e-3/pairs.jsonl"))
  }

  @Test func aSweepThatWasStoppedGoesOn() throws {
    let folder = try Folder()
    let text = "beta=0.1,0.3 learning-rate=1e-3"
    let long = ["--max-steps", "60", "--sweep", text]
    // The last of equal options counts: more epochs, so that there is time for a signal.
    let stopped = try sweep(folder, text, ["--epochs", "40"] + Array(long.prefix(2))) { process in
      let metrics = folder.path("all/beta-0.3_learning-rate-1e-3/metrics.jsonl")
      for _ in 0..<1500 {
        let size = try? FileManager.default.attributesOfItem(atPath: metrics)[.size] as? Int
        if size ?? 0 > 500 || !process.isRunning { break }
        usleep(10_000)
      }
      process.interrupt()
    }
    #expect(stopped.status == 130 || stopped.status == 0, "\(stopped.error)")
    guard stopped.status == 130 else { return }
    #expect(stopped.output.contains("penchant tune --output \(folder.path("all")) --resume"))
    let resumed = try Program.run(
      ["tune", "--output", folder.path("all"), "--resume"],
      environment: ["XDG_CACHE_HOME": folder.path("cache")])
    #expect(resumed.status == 0, "\(resumed.error)")
    #expect(resumed.output.contains("done before\n"))
    let whole = try Folder()
    #expect(try sweep(whole, text, ["--epochs", "40"] + Array(long.prefix(2))).status == 0)
    let name = "all/beta-0.3_learning-rate-1e-3/pairs.jsonl"
    #expect(try folder.text(name) == whole.text(name))
  }

  @Test(arguments: [
    ("beta=0.1,0.2,0.3,0.4,0.5 learning-rate=1e-3,2e-3,3e-3", "at most 12 runs"),
    ("beta", "options with their values"), ("", "at least one option"),
    ("beta=", "options with their values"), ("beta=0.1,0.1", "each option and each value once"),
    ("beta=0.1 beta=0.2", "each option and each value once"),
    ("beta=0.1,-1", "--beta -1.0 is out of range"),
    ("beta=x", "--beta takes a number"),
    ("max-length=5,6", "options that leave model and pairs as they are"),
    ("betta=1", "there is no option betta; did you mean beta?"),
    ("objective=sft", "--sweep has no meaning"),
    ("objective=dpoo", "there is no objective dpoo"),
  ])
  func whatCannotBeSweptIsRefused(text: String, message: String) throws {
    let folder = try Folder()
    let outcome = try sweep(folder, text)
    #expect(outcome.status == 2, "\(outcome.error)")
    #expect(outcome.error.contains(message), "\(outcome.error)")
    #expect(!folder.exists("all"))
  }

  @Test func anOptionIsGivenOnce() throws {
    let outcome = try sweep(try Folder(), "beta=0.1,0.2", ["--beta", "0.3"])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("--sweep and --beta exclude each other"))
  }
}
