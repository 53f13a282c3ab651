import PenchantAudit
import PenchantCore
import PenchantData
import Testing

@Suite("Checks of all rows together") struct WholeCheckTests {
  @Test("clean pairs have no finding but their number") func clean() throws {
    #expect(try Made.findings(Made.clean(400)) == ["few-pairs"])
    #expect(try Audit(Made.clean(400)).severity == nil)
  }

  @Test("repeated rows are found and dropped") func duplicates() throws {
    var pairs = Made.clean(60)
    var copy = pairs[3]
    copy.source.row = 61
    copy.chosen = .text(copy.chosen.text.uppercased() + "\n")
    pairs.append(copy)
    let finding = try #require(try Made.finding("duplicate-rows", pairs))
    #expect(finding.rows.map(\.index) == [60])
    #expect(finding.edits == [PatchEdit(60, .drop, "duplicate-rows")])
    #expect(try Made.finding("near-duplicate-rows", pairs) == nil)
  }

  @Test("contradictions cancel one for one") func contradictions() throws {
    var pairs = Made.clean(60)
    for row in 61...62 {
      var copy = pairs[3]
      copy.source.row = row
      if row == 61, let rejected = copy.rejected {
        (copy.chosen, copy.rejected) = (rejected, copy.chosen)
      }
      pairs.append(copy)
    }
    // Two say A over B, one says B over A: one of each goes.
    let finding = try #require(try Made.finding("contradictions", pairs))
    #expect(finding.rows.map(\.index) == [3, 60, 61])
    #expect(finding.edits.map(\.index) == [60, 61])
  }

  @Test("a circle of three is found, a ranking is not") func cycles() throws {
    let answers = ["Alpha is first.", "Beta is second.", "Gamma is third."]
    func pair(_ chosen: Int, _ rejected: Int, _ row: Int) -> Pair {
      Made.pair("Which?", answers[chosen], answers[rejected], row: row)
    }
    let circle = [pair(0, 1, 1), pair(1, 2, 2), pair(2, 0, 3)]
    #expect(try Made.finding("preference-cycles", circle)?.rows.map(\.index) == [0, 1, 2])
    #expect(
      try Made.finding("preference-cycles", [pair(0, 1, 1), pair(1, 2, 2), pair(0, 2, 3)]) == nil)
  }

  @Test("near copies are found by MinHash, in Chinese too") func nearDuplicates() throws {
    var pairs = Made.clean(80)
    var copy = pairs[5]
    copy.source.row = 81
    copy.chosen = .text(copy.chosen.text + "one more")
    pairs.append(copy)
    #expect(try Made.finding("near-duplicate-rows", pairs)?.rows.map(\.index) == [80])
    let chinese = "山很高而且离这里非常远我们明天早上一起去看看吧那里的风景真的非常美丽大家都很喜欢"
    let rows = [
      Made.pair("为什么", chinese, "不知道", row: 1), Made.pair("为什么", chinese + "好", "不知道", row: 2),
    ]
    #expect(try Made.finding("near-duplicate-rows", rows)?.rows.map(\.index) == [1])
  }

  @Test("evaluation prompts in the training data, exactly and nearly") func leaks() throws {
    let pairs = Made.clean(80)
    var exact = Made.clean(10, seed: 9)
    exact[2].prompt = .text(pairs[7].prompt.text.uppercased())
    exact[4].prompt = .text("Please: " + pairs[9].prompt.text)
    // The prompts have thirteen words: nine 5-grams, ten with one more word in front.
    #expect(
      try Made.finding("evaluation-leak", pairs, evaluation: exact)?.rows.map(\.index) == [7])
    #expect(
      try Made.finding("evaluation-near-leak", pairs, evaluation: exact)?.rows.map(\.index) == [9])
    #expect(
      try !Made.findings(pairs, evaluation: Made.clean(10, seed: 9)).contains("evaluation-leak"))
  }

  @Test("an opener planted in 30 % of the chosen answers is named") func opener() throws {
    var pairs = Made.clean(300)
    for index in stride(from: 0, to: 300, by: 10) {
      for offset in 0..<3 {
        pairs[index + offset].chosen = .text("Great question! " + pairs[index + offset].chosen.text)
      }
    }
    let finding = try #require(try Made.finding("openers", pairs))
    #expect(
      finding.summary.hasPrefix("“great question!” opens the chosen answer alone in 90 pairs"))
    #expect(finding.count == 90)
    #expect(finding.edits.count == 90)
    // What is left has none of it.
    let outcome = try Audit(pairs).patch.apply(to: pairs)
    #expect(try Made.finding("openers", outcome.pairs) == nil)
    #expect(outcome.pairs.allSatisfy { !$0.chosen.text.hasPrefix("Great question!") })
  }

  @Test("longer answers preferred") func length() throws {
    let pairs = Made.clean(300).map { pair in
      var pair = pair
      pair.chosen = .text(pair.chosen.text + (pair.source.row % 4 > 0 ? "and on and on" : ""))
      return pair
    }
    #expect(try Made.finding("length", pairs) != nil)
    #expect(try Made.finding("artifact", pairs) != nil)
  }

  @Test("format on one side") func style() throws {
    let pairs = Made.clean(300).map { pair in
      var pair = pair
      if pair.source.row % 3 == 0 { pair.chosen = .text("- a\n- b\n" + pair.chosen.text) }
      return pair
    }
    let finding = try #require(try Made.finding("style", pairs))
    #expect(finding.summary.contains("more list items in 100 pairs and fewer in 0"))
  }

  @Test("refusals, habits and sycophancy on one side") func traits() throws {
    func planted(_ phrase: String, question: String = "") -> [Pair] {
      Made.clean(300).map { pair in
        var pair = pair
        pair.prompt = .text(question + pair.prompt.text)
        if pair.source.row % 3 == 0 { pair.chosen = .text(phrase + pair.chosen.text) }
        return pair
      }
    }
    #expect(
      try Made.finding("refusals", planted("I'm sorry, but I cannot help with that. "))?.count
        == 100)
    #expect(try Made.finding("habits", planted("Certainly. "))?.count == 100)
    #expect(
      try Made.finding("habits", planted("```swift\n"))?.summary.contains("code fence") == true)
    #expect(
      try Made.finding("sycophancy", planted("You're right. ", question: "I think that "))?.count
        == 100)
    #expect(try Made.finding("sycophancy", planted("You're right. ")) == nil)
  }

  @Test("the model that wrote it tells the winner") func source() throws {
    func pairs(_ flips: Int) -> [Pair] {
      Made.clean(120).map { pair in
        var pair = pair
        let wins = pair.source.row % flips != 0
        pair.extra = JSONObject([
          "chosen_model": .string(wins ? "strong" : "weak"),
          "rejected_model": .string(wins ? "weak" : "strong"),
        ])
        return pair
      }
    }
    #expect(try Made.finding("source-predicts", pairs(10)) != nil)
    #expect(try Made.finding("source-predicts", pairs(2)) == nil)
  }

  @Test("votes give agreement and ceiling") func votes() throws {
    func pairs(_ chosen: Int, _ rejected: Int) -> [Pair] {
      Made.clean(60).map { pair in
        var pair = pair
        pair.extra = JSONObject([
          "votes": .object(
            JSONObject([
              "chosen": .number(JSONNumber(chosen)), "rejected": .number(JSONNumber(rejected)),
            ]))
        ])
        return pair
      }
    }
    // 2 : 1 votes: of three pairs of votes one agrees.
    #expect(try Made.finding("agreement", pairs(2, 1)) != nil)
    let audit = try Audit(pairs(3, 0))
    #expect(audit.ceiling.isMeasured && audit.ceiling.value == 1)
    #expect(!audit.findings.contains { $0.check.id == "agreement" })
  }

  @Test("the same findings for any number of threads") func threads() throws {
    var pairs = Made.clean(500)
    pairs += Made.clean(20)
    let (one, four) = (try Audit(pairs, threads: 1), try Audit(pairs, threads: 4))
    #expect(one.json(version: "x") == four.json(version: "x"))
    #expect(one.patch == four.patch)
  }
}
