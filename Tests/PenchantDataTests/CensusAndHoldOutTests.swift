import PenchantCore
import PenchantData
import Testing

@Suite struct PairCensusTests {
  @Test func findsIdenticalAndEmptyAnswers() {
    let census = PairCensus([
      textPair("P", "a", "b"), textPair("P", "a", "a"), textPair("P", "", "b"),
      textPair("P", "a", ""), textPair("P", "é", "e\u{301}"),
    ])
    #expect(census.count == 5)
    // The last pair's answers are canonically equivalent, not identical.
    #expect(census.identical == [1])
    #expect(census.emptyChosen == [2])
    #expect(census.emptyRejected == [3])
  }

  @Test func findsRepeatsAndContradictions() {
    let census = PairCensus([
      textPair("P", "a", "b"), textPair("Q", "a", "b"), textPair("P", "b", "a"),
      textPair("P", "a", "b"), textPair("P", "a", "c"), textPair("S", "a", "a"),
      textPair("S", "a", "a"),
    ])
    #expect(census.duplicates.map(\.index) == [3, 6])
    #expect(census.duplicates.map(\.earlier) == [0, 5])
    #expect(census.swappedDuplicates.map(\.index) == [2, 3])
    #expect(census.swappedDuplicates.map(\.earlier) == [0, 2])
  }

  @Test func tellsPairsApartByTheirSystemPrompt() {
    var other = textPair("P", "b", "a")
    other.systemPrompt = "S"
    let census = PairCensus([textPair("P", "a", "b"), other])
    #expect(census.swappedDuplicates.isEmpty)
  }

  @Test func comparesTurnsByAllTheirMembers() {
    func pair(_ name: JSON?) -> Pair {
      var extra = JSONObject()
      extra["name"] = name
      let turn = Message(role: "assistant", content: "a", extra: extra)
      return Pair(
        id: "1", prompt: .messages([Message(role: "user", content: "Q")]),
        chosen: .messages([turn]), rejected: .messages([]), source: anywhere)
    }
    #expect(PairCensus([pair("x"), pair(nil), pair("x")]).duplicates.map(\.index) == [2])
  }

  @Test func scoresTheLongerAnswerByCodePointsAndTiesByHalf() throws {
    let census = PairCensus([
      textPair("1", "aaa", "b"), textPair("2", "aa", "b"), textPair("3", "a", "bb"),
      // Equally long in code points; in bytes the chosen one would win.
      textPair("4", "日本", "ab"),
      textPair("5", "aaaa", "b", isTie: true),
    ])
    let predictor = try #require(census.lengthPredictor)
    #expect(predictor.count == 4 && census.ties == 1)
    #expect(predictor.chosenLonger == 2 && predictor.equallyLong == 1)
    #expect(predictor.accuracy == 0.625)
    #expect(predictor.interval == .wilson(successes: 2.5, trials: 4))
  }

  @Test func hasNothingToSayOfNoPairs() {
    let census = PairCensus([])
    #expect(census.count == 0 && census.lengthPredictor == nil)
  }
}

@Suite struct HoldOutTests {
  /// `count` pairs over prompts P0, P1, …, each with `each` pairs that lie apart.
  private func pairs(_ count: Int, each: Int = 1) -> [Pair] {
    (0..<count).map { textPair("P\($0 % (count / each))", "a\($0)", "b", id: "\($0)") }
  }

  @Test func holdsOutAShareOfThePrompts() throws {
    let split = try HoldOut(seed: 1).split(pairs(1000))
    #expect(split.heldOut.count == 100 && split.heldOutPrompts == 100)
    #expect(Set(split.train).isDisjoint(with: split.heldOut))
    #expect((split.train + split.heldOut).sorted() == Array(0..<1000))
    #expect(split.train == split.train.sorted() && split.heldOut == split.heldOut.sorted())
  }

  @Test func keepsThePairsOfAPromptTogether() throws {
    let all = pairs(300, each: 3)
    let split = try HoldOut(seed: 2).split(all)
    #expect(split.heldOutPrompts == 10 && split.heldOut.count == 30)
    let trained = Set(split.train.map { all[$0].prompt.text })
    #expect(trained.isDisjoint(with: split.heldOut.map { all[$0].prompt.text }))
  }

  @Test func dependsOnTheSeedAndNotOnTheOrderOfRows() throws {
    let all = pairs(500)
    let split = try HoldOut(seed: 3).split(all)
    #expect(try HoldOut(seed: 3).split(all) == split)
    #expect(try HoldOut(seed: 4).split(all) != split)
    let reversed = Array(all.reversed())
    let again = try HoldOut(seed: 3).split(reversed)
    #expect(Set(again.heldOut.map { reversed[$0].id }) == Set(split.heldOut.map { all[$0].id }))
  }

  /// A new compiler or machine must hold out the same prompts, or no run could be resumed.
  ///
  /// The fixture is a second implementation's answer: scripts/make_data_fixtures.py.
  @Test func isTheSameEverywhere() throws {
    let fixture = try FileSystem.readJSON(Folders.fixtures + "holdout.json")
    let expected = try #require(fixture["held_out"]?.array).map(\.int)
    let split = try HoldOut(fraction: 0.05, seed: 0x1234_5678_9abc_def0).split(pairs(100))
    #expect(split.heldOut == expected)
  }

  @Test func holdsOutNothingOfTooFewPairs() throws {
    #expect(try HoldOut(seed: 1).split(pairs(99)).heldOut.isEmpty)
    #expect(try HoldOut(seed: 1).split(pairs(100)).heldOut.count == 10)
    #expect(try HoldOut(seed: 1).split([]).train.isEmpty)
    #expect(try HoldOut(fraction: 0, seed: 1).split(pairs(200)).train.count == 200)
  }

  @Test func stopsAtTheCapWithoutCuttingAPrompt() throws {
    let split = try HoldOut(fraction: 0.5, seed: 1).split(pairs(900, each: 9))
    #expect(split.heldOut.count == 198 && split.heldOutPrompts == 22)
  }

  @Test func leavesAPromptToTrainOn() throws {
    #expect(try HoldOut(fraction: 0.9, seed: 1).split(pairs(100, each: 100)).heldOut.isEmpty)
    #expect(try HoldOut(fraction: 0.99, seed: 1).split(pairs(100, each: 50)).heldOutPrompts == 1)
  }

  @Test(arguments: [-0.1, 1, 2, .nan, .infinity])
  func refusesAShareThatIsNone(fraction: Double) {
    #expect(throws: DataError.self) { try HoldOut(fraction: fraction, seed: 1) }
  }
}
