import Foundation
import Testing

/// The demonstration's claims, on topics whose preference no arm has seen.
@Suite(.serialized) struct DemoTests {
  private struct Arm {
    let share: Double
    let lower: Double
    let facts: Double
    let words: Double
    let pairs: Double

    init(_ value: Any?) throws {
      let object = try #require(value as? [String: Any])
      func number(_ key: String) throws -> Double { try #require(object[key] as? Double) }
      share = try number("preferred_share")
      lower = try #require((object["preferred_share_interval"] as? [Double])?.first)
      facts = try number("facts_kept")
      words = try number("words")
      pairs = try number("pair_accuracy")
    }
  }

  private func arms(_ folder: Folder, _ options: [String]) throws -> [String: Any] {
    let outcome = try Program.run(["demo", "--json", "--output", folder.path("demo")] + options)
    #expect(outcome.status == 0, "\(outcome.error)")
    let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    return try #require(json?["arms"] as? [String: Any])
  }

  /// Seeds and styles to run; `PENCHANT_DEMO=all` takes the three seeds and both styles, as continuous integration
  /// does, which takes about five minutes.
  private static let runs: [(seed: Int, style: String)] =
    ProcessInfo.processInfo.environment["PENCHANT_DEMO"] == "all"
    ? [1, 2, 3].flatMap { [($0, "friendly"), ($0, "curt")] } : [(1, "friendly")]

  @Test(arguments: runs)
  func theTunedModelAnswersInTheLikedStyleAndTheControlsDoNot(seed: Int, style: String) throws {
    let arms = try arms(try Folder(), ["--seed", "\(seed)", "--prefer", style])
    let before = try Arm(arms["before"])
    let dpo = try Arm(arms["dpo"])
    #expect((0.35...0.65).contains(before.share))
    #expect(dpo.share >= 0.9 && dpo.lower >= 0.85)
    #expect(abs(dpo.facts - before.facts) <= 0.05)
    #expect(abs(dpo.words / before.words - 1) <= 0.15)
    #expect(dpo.pairs > 0.9)
    #expect(try Arm(arms["reversed"]).share <= 0.1)
    #expect(try abs(Arm(arms["shuffled"]).share - before.share) <= 0.1)
    #expect(arms["sft"] != nil)
  }

  @Test func quickLeavesTheControlsOutAndTheDataForOthers() throws {
    let folder = try Folder()
    let arms = try arms(folder, ["--quick", "--validation"])
    #expect(Set(arms.keys) == ["before", "dpo"])
    #expect(try folder.lines("demo/train.jsonl").count == 600)
    let scored = try Program.run([
      "score", "--model", folder.path("demo/model"), "--adapter", folder.path("demo/dpo/adapter"),
      "--data", folder.path("demo/heldout.jsonl"), "--output", folder.path("scores.jsonl"),
    ])
    #expect(scored.status == 0, "\(scored.error)")
    #expect(try folder.lines("scores.jsonl").count == 120)
  }

  @Test func anExistingOutputIsNotTouched() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.path("demo"), withIntermediateDirectories: true)
    let outcome = try Program.run(["demo", "--output", folder.path("demo")])
    #expect(outcome.status == 2)
    #expect(!folder.exists("demo/model"))
  }
}
