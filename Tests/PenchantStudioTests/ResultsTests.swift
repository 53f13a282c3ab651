import Foundation
import PenchantAudit
import PenchantCore
import PenchantStudio
import Testing

@Suite("Results") struct ResultsTests {
  /// Everybody judges everything, each by a rule of their own over (the question's number, whether the good answer is
  /// left).
  private func judge(
    _ studio: Studio, _ people: [Annotator], milliseconds: Int = 20_000,
    _ verdict: (String, Int, Bool) -> Verdict
  ) async throws {
    for person in people {
      while case .task(let task) = try await studio.next(for: person) {
        let digits = (task.prompt.last?.content ?? "").filter(\.isNumber)
        let number = Int(digits) ?? 0
        var judgement = Made.judgement(
          task, verdict(person.name, number, task.answers[0].hasPrefix("Good")))
        judgement.millisecondsVisible = milliseconds
        _ = try await studio.submit(judgement, for: person)
      }
    }
  }

  static let double = RoundRules(votes: 2, overlap: 1, goldShare: 0, repeatShare: 0)

  @Test("agreement is of answers, not of sides") func agreement() async throws {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(40), people: 2, rules: Self.double)
    // Both prefer the good answer, but the second sees it differently in every fifth.
    try await judge(studio, people) { name, number, isGoodLeft in
      let prefersGood = name == "a1" || number % 5 != 0
      return isGoodLeft == prefersGood ? .left : .right
    }
    let results = try await studio.results()
    #expect(results.judgements == 80)
    #expect(results.agreement.items == 40)
    #expect(results.agreement.percent?.value == 0.8)
    // Coincidences: 64 agreeing first, 8 + 8 apart; 72 first, 8 second: α = 1 − 79 · 16 / (2 · 72 · 8).
    let alpha = try #require(results.agreement.alpha)
    #expect(abs(alpha.value - (1 - 79.0 * 16 / 1152)) < 1e-12)
    #expect(try #require(alpha.lower) < alpha.value && alpha.value < #require(alpha.upper))
    // p = 0.8: e = (1 − √0.6) / 2.
    let noise = try #require(results.agreement.noise)
    #expect(abs(noise - (1 - 0.6.squareRoot()) / 2) < 1e-12)
    #expect(results.ceiling == 1 - noise)
    for person in results.people {
      #expect(person.agreement?.value == 0.8)
      #expect(person.agreementPairs == 40)
      #expect(person.judged == 40)
      #expect(person.medianSeconds == 20)
      #expect(person.fastShare == 0)
      // Sides are drawn and balanced, so a preference for answers is none for sides: 29 : 11 at the very most.
      #expect(try #require(person.sides).p > 0.006)
    }
  }

  @Test("who always takes the left one shows; who answers in no time shows") func straightLining()
    async throws
  {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(40), people: 2, rules: Self.double)
    try await judge(studio, [people[0]]) { _, _, isGoodLeft in isGoodLeft ? .left : .right }
    try await judge(studio, [people[1]], milliseconds: 90) { _, _, _ in .left }
    let results = try await studio.results()
    let (fair, lazy) = (results.people[0], results.people[1])
    #expect(try #require(fair.sides).p > 0.05)
    // 40 of 40 on one side: 2 · 2⁻⁴⁰, twice by Holm.
    #expect(abs(try #require(lazy.sides).p / (4 * 0x1p-40) - 1) < 1e-9)
    #expect(fair.fastShare == 0)
    // Some 45 characters take 560 ms.
    #expect(lazy.fastShare == 1)
    #expect(results.verdicts.first { $0.verdict == .left }.map { $0.count > 40 } == true)
  }

  @Test("Holm's correction is over those who have a preference to test") func correction()
    async throws
  {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(12), people: 4, rules: Self.double)
    // The third finds everything equal, the fourth has not begun.
    try await judge(studio, [people[0]]) { _, _, _ in .left }
    try await judge(studio, [people[2]]) { _, _, _ in .tie }
    let results = try await studio.results()
    let sides = results.people.map(\.sides)
    #expect(sides.map { $0 == nil } == [false, true, true, true])
    // 12 of 12 on one side: 2 · 2⁻¹², tried on one person alone; what the command prints is what the page gets.
    let p = try #require(sides[0]?.p)
    #expect(abs(p / 0x1p-11 - 1) < 1e-12)
    #expect(results.json["annotators"]?.array?[0]["side_bias"]?["p"]?.double == p)
  }

  @Test("the wire form has every member, whatever is unknown as null") func wire() async throws {
    let folder = Folder()
    let (studio, _) = try await Made.studio(
      folder, items: try Made.pairs(2), people: 1, rules: Made.plain)
    let json = try await studio.results().json
    #expect(
      json.object?.keys == [
        "items", "gold_items", "judgements", "annotators", "agreement", "ceiling", "verdicts",
        "sides", "exports",
      ])
    #expect(json["ceiling"] == .null)
    #expect(json["annotators"]?.array?.first?["side_bias"] == .null)
    #expect(json["annotators"]?.array?.first?["link_active"] == false)
    _ = try await studio.link(for: "a1")
    #expect(
      try await studio.results().json["annotators"]?.array?.first?["link_active"] == true)
  }
}
