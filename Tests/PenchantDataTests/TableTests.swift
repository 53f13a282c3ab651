import PenchantCore
import PenchantData
import Testing

@Suite struct TableTests {
  private func read(_ text: String, name: String = "p.csv", skipBad: Bool = false) throws
    -> ReadResult
  {
    try TemporaryFile(text, name: name).read(skipBad: skipBad)
  }

  @Test func readsRecordsUnderAHeader() throws {
    let result = try read("prompt,chosen,rejected,n\nP,C,R,1\n\"P,\n\"\"2\"\"\",\"C\r\nc\",,x\n")
    #expect(result.format == "trl-standard")
    #expect(result.pairs.map(\.prompt.text) == ["P", "P,\n\"2\""])
    #expect(result.pairs[1].chosen == .text("C\r\nc"))
    #expect(result.pairs[1].rejected == .text(""))
    #expect(result.pairs.map { $0.extra["n"] } == ["1", "x"])
    #expect(result.pairs.map(\.source.line) == [2, 3])
  }

  @Test func acceptsMarkCarriageReturnsAndMissingLastEnd() throws {
    let result = try read("\u{feff}prompt,chosen,rejected\r\nP,C,R\r\n\r\nP2,C,R")
    #expect(result.pairs.map(\.prompt.text) == ["P", "P2"])
    #expect(
      try read("prompt\tchosen\trejected\nP,\tC\tR", name: "p.tsv").pairs[0].prompt.text == "P,")
  }

  @Test func readsCellsThatHoldMessagesAndNumbers() throws {
    let result = try read(
      #"""
      prompt,chosen,rejected,weight,system
      "[{""role"": ""user"", ""content"": ""Q""}]","[{""role"": ""assistant"", ""content"": ""C""}]","[{""role"": ""assistant"", ""content"": ""R""}]",0.5,
      """#)
    #expect(result.format == "trl-conversational")
    #expect(result.pairs[0].prompt == .messages([Message(role: "user", content: "Q")]))
    #expect(result.pairs[0].weight == 0.5)
    let labels = try read("prompt,completion,label\nP,C,True\nP,C,0\n")
    #expect(labels.pairs.map(\.isLiked) == [true, false])
  }

  @Test func textsThatLookLikeSomethingElseStayTexts() throws {
    let pair = try read("prompt,chosen,rejected\n\"[1, 2]\",{},3\n").pairs[0]
    #expect(
      pair.prompt == .text("[1, 2]") && pair.chosen == .text("{}") && pair.rejected == .text("3"))
  }

  @Test(arguments: [
    ("", "pairs: no rows"), ("prompt,chosen,rejected\n", "pairs: no rows"),
    (
      "a,a\n1,2\n",
      "pairs:1:1: the table is broken: the first line must name each column once, in UTF-8"
    ),
    ("prompt,chosen,rejected\nP,C\n", "pairs:2: the record has 2 cells, the header 3"),
    (
      "prompt,chosen,rejected\nP,\"C,R\nx",
      "pairs:2:3: the table is broken: a quote is opened here and never closed"
    ),
    (
      "prompt,chosen,rejected\nP,\"C\"c,R\n",
      "pairs:2:6: the table is broken: text behind a closing quote"
    ),
    (
      "prompt,chosen,rejected\nP,C\0,R\n",
      "pairs:2:4: the table is broken: a NUL character; the table must be UTF-8"
    ),
  ])
  func namesThePlace(text: String, message: String) throws {
    #expect(try TemporaryFile(text, name: "p.csv").failure() == message)
  }

  @Test func badRecordsAreLeftOutAndCounted() throws {
    let result = try read("prompt,chosen,rejected\nP\nP,C,R\n", skipBad: true)
    #expect(result.pairs.count == 1 && result.skipped.count == 1)
    let file = try TemporaryFile(
      Array("prompt,chosen,rejected\nP,".utf8) + [0xff] + Array(",R\n".utf8), name: "p.csv")
    #expect(file.failure() == "pairs:2: not valid UTF-8")
  }

  @Test func neverTraps() throws {
    let text = Array("prompt,chosen,rejected\n\"P\"\"\",C,R\r\nP,\"C\n\",\n".utf8)
    var generator = Philox(seed: 2, stream: .synthetic).generator()
    for _ in 0..<300 {
      var bytes = text
      for _ in 0..<3 {
        bytes[generator.nextInt(below: bytes.count)] =
          Array("\",\n\rx\0".utf8)[generator.nextInt(below: 6)]
      }
      bytes.removeLast(generator.nextInt(below: bytes.count))
      let file = try TemporaryFile(bytes, name: "p.csv")
      _ = file.failure()
      _ = file.failure(skipBad: true)
    }
  }
}
