import PenchantCore
import PenchantData
import Testing

@Suite struct EvaluationOverlapTests {
  private let trained = [("P", "a", "b"), ("P", "a", "c"), ("Q", "a", "b")].enumerated().map {
    index, texts in
    var pair = textPair(texts.0, texts.1, texts.2)
    pair.source.line = index + 1
    return pair
  }

  private func overlap(
    _ rows: [Pair], comparesAnswers: Bool = true
  ) throws(DataError) -> EvaluationOverlap {
    var search = EvaluationOverlap.Search(
      prompts: trained.map(HoldOut.promptHash),
      rows: trained.map { EvaluationOverlap.rowHash($0, comparesAnswers: comparesAnswers) },
      comparesAnswers: comparesAnswers)
    for row in rows { search.add(row) }
    return try search.finish { trained[$0] }
  }

  @Test func countsPromptsThatAreTrainedOnWithOtherAnswers() throws {
    let found = try overlap([
      textPair("P", "x", "y"), textPair("Q", "b", "a"), textPair("R", "a", "b"),
    ])
    #expect(found == EvaluationOverlap(rows: 3, sharedPrompts: 2))
    #expect(
      found.sentence
        == "2 of the 3 rows of --eval-data ask what is trained on, with other answers")
    #expect(try overlap([textPair("R", "a", "b")]).sentence == nil)
  }

  @Test func refusesRowsThatAreTrainedOn() {
    #expect {
      try overlap([textPair("R", "a", "b"), textPair("P", "a", "c"), textPair("Q", "a", "b")])
    } throws: {
      guard case .trainedOn(2, of: 3, let first) = ($0 as? DataError)?.code else { return false }
      return first.map(\.trained) == [trained[1].source, trained[2].source]
    }
  }

  /// What a rejected answer says does not matter where only the chosen ones are learnt.
  @Test func leavesTheRejectedAnswerAsideWhereItIsNotLearntFrom() {
    let row = textPair("P", "a", "other")
    #expect(throws: DataError.self) { try overlap([row], comparesAnswers: false) }
    #expect(throws: Never.self) { try overlap([row]) }
  }

  @Test func tellsRowsApartByAllThatTheySay() {
    var other = textPair("P", "a", "b")
    other.systemPrompt = "S"
    var liked = textPair("P", "a", "b")
    (liked.rejected, liked.isLiked) = (nil, true)
    var disliked = liked
    disliked.isLiked = false
    let rows = [textPair("P", "a", "b"), textPair("P", "b", "a"), other, liked, disliked]
    #expect(Set(rows.map { EvaluationOverlap.rowHash($0, comparesAnswers: true) }).count == 5)
  }
}
