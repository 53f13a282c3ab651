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

  private func check(before: Arm, dpo: Arm, share: Double = 0.9, lower: Double = 0.85) {
    #expect((0.35...0.65).contains(before.share))
    #expect(dpo.share >= share && dpo.lower >= lower)
    #expect(abs(dpo.facts - before.facts) <= 0.05)
    #expect(abs(dpo.words / before.words - 1) <= 0.15)
    #expect(dpo.pairs > 0.9)
  }

  @Test func theTunedModelAnswersInTheLikedStyleAndTheControlsDoNot() throws {
    let arms = try arms(try Folder(), ["--seed", "1"])
    let before = try Arm(arms["before"])
    check(before: before, dpo: try Arm(arms["dpo"]))
    #expect(try Arm(arms["reversed"]).share <= 0.1)
    #expect(try abs(Arm(arms["shuffled"]).share - before.share) <= 0.1)
    #expect(arms["sft"] != nil)
  }

  @Test(arguments: [2, 3]) func otherSeedsSayTheSame(seed: Int) throws {
    let arms = try arms(try Folder(), ["--quick", "--seed", "\(seed)"])
    check(before: try Arm(arms["before"]), dpo: try Arm(arms["dpo"]))
  }

  /// Towards the curt style the same recipe moves a little less far: 86 % when this was written.
  @Test func theOtherStyleCanBeLikedToo() throws {
    let arms = try arms(try Folder(), ["--quick", "--prefer", "curt"])
    check(
      before: try Arm(arms["before"]), dpo: try Arm(arms["dpo"]), share: 0.8, lower: 0.75)
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
