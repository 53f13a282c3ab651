import PenchantCore
import PenchantData
import Testing

@Suite("Rows with one answer")
struct ChatFormatTests {
  private static func read(_ text: String) throws -> ReadResult {
    try TemporaryFile(text).read()
  }

  @Test("messages are cut before the assistant's first turn")
  func messages() throws {
    let result = try Self.read(
      """
      {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, \
      {"role": "assistant", "content": "a"}, {"role": "user", "content": "v"}, \
      {"role": "assistant", "content": "b"}], "topic": "t"}
      """)
    #expect(result.format == "messages")
    let pair = try #require(result.pairs.first)
    #expect(
      pair.prompt
        == .messages([Message(role: "system", content: "s"), Message(role: "user", content: "u")]))
    #expect(
      pair.chosen
        == .messages([
          Message(role: "assistant", content: "a"), Message(role: "user", content: "v"),
          Message(role: "assistant", content: "b"),
        ]))
    #expect(pair.rejected == nil)
    #expect(pair.extra["topic"]?.string == "t")
  }

  @Test("sharegpt's words become roles, its system string a first message")
  func sharegpt() throws {
    let result = try Self.read(
      """
      {"system": "s", "conversations": [{"from": "human", "value": "u"}, {"from": "gpt", "value": "a"}]}
      """)
    #expect(result.format == "sharegpt-chat")
    let pair = try #require(result.pairs.first)
    #expect(
      pair.prompt
        == .messages([Message(role: "system", content: "s"), Message(role: "user", content: "u")]))
    #expect(pair.chosen == .messages([Message(role: "assistant", content: "a")]))
  }

  @Test("prompt and completion are taken as they are")
  func promptCompletion() throws {
    let pair = try #require(
      try Self.read(#"{"prompt": "p", "completion": "c"}"#).pairs.first)
    #expect(pair.prompt == .text("p") && pair.chosen == .text("c") && pair.rejected == nil)
  }

  @Test(
    "a labelled completion says whether it was liked",
    arguments: [("true", true), ("false", false), ("1", true), ("0", false)])
  func judged(label: String, isLiked: Bool) throws {
    let result = try Self.read("{\"prompt\": \"p\", \"completion\": \"c\", \"label\": \(label)}")
    #expect(result.format == "trl-unpaired")
    let pair = try #require(result.pairs.first)
    #expect(pair.isLiked == isLiked && pair.chosen == .text("c") && pair.rejected == nil)
    #expect(try Self.read(PairWriter.line(pair)).pairs.first?.isLiked == isLiked)
  }

  @Test("a label that is neither names its type", arguments: ["2", "\"yes\"", "[1]"])
  func badLabel(label: String) {
    #expect(throws: DataError.self) {
      try Self.read("{\"prompt\": \"p\", \"completion\": \"c\", \"label\": \(label)}")
    }
  }

  @Test("a pair's reference is a gold answer, and survives being written")
  func gold() throws {
    let row = #"{"prompt": "p", "chosen": "c", "rejected": "r", "reference": "g"}"#
    let pair = try #require(try Self.read(row).pairs.first)
    #expect(pair.gold == .text("g"))
    #expect(try Self.read(PairWriter.line(pair)).pairs.first?.gold == .text("g"))
    let other = #"{"prompt": "p", "chosen": "c", "rejected": "r", "reference": {"page": 3}}"#
    let kept = try #require(try Self.read(other).pairs.first)
    #expect(kept.gold == nil && kept.extra["reference"] != nil)
  }

  @Test("a pair taken apart is two judged answers")
  func takenApart() throws {
    let pair = try #require(
      try Self.read(#"{"id": "7", "prompt": "p", "chosen": "c", "rejected": "r"}"#).pairs.first)
    let judged = pair.judgedAnswers
    #expect(judged.map(\.id) == ["7+", "7-"] && judged.map(\.isLiked) == [true, false])
    #expect(judged.map(\.chosen) == [.text("c"), .text("r")])
    #expect(judged[0].judgedAnswers == [judged[0]])
  }

  @Test("preference rows keep their format beside the new ones")
  func preference() throws {
    #expect(
      try Self.read(#"{"prompt": "p", "chosen": "c", "rejected": "r"}"#).format == "trl-standard")
  }

  @Test(
    "a conversation without an answer is an error that says where",
    arguments: [
      #"{"messages": [{"role": "user", "content": "u"}]}"#,
      #"{"messages": [{"role": "assistant", "content": "a"}]}"#, #"{"messages": []}"#,
    ])
  func noAnswer(row: String) throws {
    #expect(
      try TemporaryFile(row).failure()
        == "pairs:1: the conversation has no turn of the assistant after another's")
  }

  @Test("the census and the writer pass over the answer that is not there")
  func census() throws {
    let pairs = try Self.read(#"{"prompt": "p", "completion": "c"}"#).pairs
    let census = PairCensus(pairs)
    #expect(census.count == 1 && census.lengthPredictor == nil && census.identical.isEmpty)
    #expect(PairWriter.json(pairs[0])["rejected"] == nil)
  }
}
