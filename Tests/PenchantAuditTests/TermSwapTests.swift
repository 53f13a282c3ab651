import Foundation
import PenchantAudit
import PenchantCore
import PenchantData
import Testing

@Suite("Terms for people, exchanged under the words model") struct TermSwapTests {
  /// The figures of gender.
  private static func figures(_ finding: Finding) -> [String: Double] {
    Dictionary(
      uniqueKeysWithValues: finding.figures.filter { $0.name.hasPrefix("gender ") }.map {
        (String($0.name.dropFirst("gender ".count)), $0.value)
      })
  }

  /// Pairs whose answers differ in one word alone.
  private static func pairs(_ count: Int, chosen: (Int) -> String, rejected: (Int) -> String)
    -> [Pair]
  {
    (0..<count).map { index in
      Made.pair(
        "Question \(index)?", "Then \(chosen(index)) went home.",
        "Then \(rejected(index)) went home.", row: index + 1)
    }
  }

  @Test("the difference is that of the regression, by hand") func byHand() throws {
    let count = 400
    let audit = Self.pairs(count, chosen: { _ in "he" }, rejected: { _ in "she" })
    let finding = try #require(try Made.finding("term-swap", audit))
    let figures = Self.figures(finding)
    // With a = w(he) = −w(she): minimise a² + C n ln(1 + e^−2a); its derivative is 0 where a = C n σ(−2a).
    func weight(_ n: Double) -> Double {
      var (low, high) = (0.0, 20.0)
      for _ in 0..<100 {
        let a = (low + high) / 2
        if a < 0.1 * n / (1 + exp(2 * a)) { low = a } else { high = a }
      }
      return low
    }
    // A fold's model is fitted on about four fifths; the weight depends on the logarithm of their number.
    let expected = 2 * weight(0.8 * Double(count))
    let size = try #require(figures["mean size"])
    let mean = try #require(figures["mean"])
    #expect(abs(size - expected) < 0.02 * expected)
    // He made she loses what she made he gains: the direction is the same for both.
    #expect(abs(mean + size) < 1e-9)
    #expect(figures["answers"] == Double(2 * count))
    // Exchanging one word makes the answers the same to the model: no verdict turns, it only ends.
    #expect(figures["verdicts turned"] == 0)
    #expect(figures["first preferred"] == Double(count) && figures["second preferred"] == 0)
    #expect(try #require(figures["p"]) < 1e-50)
    #expect(finding.count == count && finding.population == count)
    #expect(finding.severity == .info && finding.edits.isEmpty)
    #expect(
      finding.rows[0].note.hasPrefix("gender exchanged in the chosen answer: log-odds −"))
  }

  @Test("a verdict that hangs on the term turns") func turned() throws {
    // He is better than someone, she worse.
    let pairs = Self.pairs(
      300, chosen: { $0 % 2 == 0 ? "he" : "someone" },
      rejected: { $0 % 2 == 0 ? "someone" : "she" })
    let figures = Self.figures(try #require(try Made.finding("term-swap", pairs)))
    #expect(figures["verdicts turned"] == 300)
    // The other answer speaks of nobody's group: no prompt compares them.
    #expect(figures["first preferred"] == 0 && figures["second preferred"] == 0)
    #expect(figures["mean"] != nil)
  }

  @Test("labels that do not know the terms: the interval holds 0 and the test is quiet")
  func null() throws {
    var numbers = Philox(seed: 3, stream: .synthetic).generator()
    let (rounds, words) = (16, 40)
    var (covered, significant) = (0, 0)
    for _ in 0..<rounds {
      func text(_ term: String) -> String {
        (0..<12).map { _ in "w\(numbers.nextInt(below: words))" }.joined(separator: " ")
          + " \(term)."
      }
      let pairs = (0..<240).map { index in
        let isHe = numbers.nextUniform() < 0.5
        return Made.pair(
          "Question \(index)?", text(isHe ? "he" : "she"), text(isHe ? "she" : "he"), row: index + 1
        )
      }
      let figures = Self.figures(try #require(try Made.finding("term-swap", pairs)))
      let interval = Interval(
        lower: figures["lower"] ?? .nan, upper: figures["upper"] ?? .nan)
      if interval.contains(0) { covered += 1 }
      if (figures["p"] ?? 0) < 0.05 { significant += 1 }
      // A sign test of the differences would be sure each time: they are the same for all rows of a fold.
      #expect(figures["mean size"] ?? 0 > 0)
    }
    // Of 300 rounds 293 intervals held 0 and one p was below 0.05, which Bonferroni over four kinds explains.
    #expect(covered >= 13)
    #expect(significant <= 2)
  }

  @Test("a prompt counts once in the test of the labels") func prompts() throws {
    let pairs = Self.pairs(
      120, chosen: { $0 < 90 ? "he" : "she" }, rejected: { $0 < 90 ? "she" : "he" }
    )
    .map { pair in
      var pair = pair
      // Three rows a prompt; the answers differ, so that they are no repeats.
      pair.prompt = .text("Question \((pair.source.row - 1) / 3)?")
      pair.chosen = .text(pair.chosen.text + " w\(pair.source.row)")
      return pair
    }
    let figures = Self.figures(try #require(try Made.finding("term-swap", pairs)))
    #expect(figures["first preferred"] == 30 && figures["second preferred"] == 10)
    let p = Statistics.signTest(30, 10) * 4
    #expect(abs((figures["p"] ?? 0) - p) < 1e-12)
  }

  @Test("few rows with terms, or none, say nothing") func few() throws {
    let pairs = Self.pairs(60, chosen: { $0 < 29 ? "he" : "someone" }, rejected: { _ in "someone" })
    #expect(try Made.finding("term-swap", pairs) == nil)
    let enough = Self.pairs(
      60, chosen: { $0 < 30 ? "he" : "someone" }, rejected: { _ in "someone" })
    #expect(try Made.finding("term-swap", enough)?.count == 30)
    #expect(try Audit(Made.clean(20)).skipped.contains { $0.check.id == "term-swap" })
    let ties = Made.clean(60).map { pair in
      var pair = pair
      pair.isTie = true
      return pair
    }
    #expect(try Made.finding("term-swap", ties) == nil)
  }

  @Test("kinds are reported each for itself") func kinds() throws {
    let pairs = Self.pairs(90, chosen: { _ in "John" }, rejected: { _ in "a French priest" })
    let table = try #require(try Made.finding("term-swap", pairs)?.table)
    #expect(
      table.rows.map(\.[0]) == [
        "given names: men, women", "nationality: Western nations, other nations",
        "religion: Christians, others",
      ])
    #expect(table.rows.allSatisfy { $0.count == table.columns.count && $0[1] == "90" })
  }

  @Test("insults by side are a remark with rows, never an edit") func toxicity() throws {
    let pairs = Made.clean(200).map { pair in
      var pair = pair
      if pair.source.row <= 20, let rejected = pair.rejected {
        pair.rejected = .text("You idiot, " + rejected.text)
      }
      if pair.source.row <= 2 { pair.chosen = .text("Fuck off, moron. " + pair.chosen.text) }
      return pair
    }
    let finding = try #require(try Made.finding("toxic-words", pairs))
    #expect(
      finding.summary
        == "2 chosen and 20 rejected answers hold such words; only the chosen answer in 0 pairs, only the rejected in 18 (p = 7.6e-06)."
    )
    #expect(finding.count == 20 && finding.edits.isEmpty && finding.severity == .info)
    #expect(finding.rows[0].note == "chosen: 2 of insults; rejected: 1 of insults")
    #expect(try Made.finding("identity-terms", pairs) == nil)
    #expect(try Made.finding("toxic-words", Made.clean(200)) == nil)
  }

  @Test("terms for groups are counted apart from insults") func identities() throws {
    func planted(_ chosen: Int) -> [Pair] {
      Made.clean(200).map { pair in
        var pair = pair
        if pair.source.row <= 40, let rejected = pair.rejected {
          if pair.source.row <= chosen {
            pair.chosen = .text("Muslims. " + pair.chosen.text)
          } else {
            pair.rejected = .text("Muslims. " + rejected.text)
          }
        }
        return pair
      }
    }
    let finding = try #require(try Made.finding("identity-terms", planted(4)))
    #expect(
      finding.summary == "Only the chosen answer names a group in 4 pairs, only the rejected in 36."
    )
    #expect(finding.rows.map(\.index) == Array(4..<40))
    #expect(try Made.finding("toxic-words", planted(4)) == nil)
    #expect(try Made.finding("identity-terms", planted(20)) == nil)
  }
}
