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
  /// does, which takes about eight minutes.
  private static let runs: [(seed: Int, style: String)] =
    ProcessInfo.processInfo.environment["PENCHANT_DEMO"] == "all"
    ? [1, 2, 3].flatMap { [($0, "friendly"), ($0, "curt")] } : [(1, "friendly")]

  @Test(arguments: runs)
  func theTunedModelAnswersInTheLikedStyleAndTheControlsDoNot(seed: Int, style: String) throws {
    let arms = try arms(try Folder(), ["--seed", "\(seed)", "--prefer", style])
    let before = try Arm(arms["before"])
    let dpo = try Arm(arms["dpo"])
    #expect((0.35...0.65).contains(before.share))
    // Towards the curt style the three seeds reach 90.4, 94.2 and 90.4 %, lower bounds 85.0, 90.8 and 84.6 %: held
    // with room for another instruction set's roundings.
    let (share, lower) = style == "curt" ? (0.87, 0.81) : (0.9, 0.85)
    #expect(dpo.share >= share && dpo.lower >= lower)
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

  @Test func aPlantedOpenerIsNamedCopiedAndCured() throws {
    let folder = try Folder()
    let outcome = try Program.run([
      "demo", "--bias", "--validation", "--json", "--output", folder.path("demo"),
    ])
    #expect(outcome.status == 0, "\(outcome.error)")
    let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let bias = try #require(json?["bias"] as? [String: Any])
    func number(_ key: String) throws -> Double { try #require(bias[key] as? Double) }
    #expect(bias["named"] as? Bool == true)
    #expect(try number("kept") == number("pairs") - number("planted"))
    let before = try number("before")
    #expect(try number("tuned") > before + 0.15)
    #expect(try abs(number("patched") - before) <= 0.05)
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
