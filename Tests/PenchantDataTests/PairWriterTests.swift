import PenchantCore
import PenchantData
import Testing

@Suite struct PairWriterTests {
  @Test(arguments: [
    #"{"prompt": "P\n", "chosen": "é\ud83d\udc4d", "rejected": "", "meta": {"a": [1.50, null]}}"#,
    #"{"id": "x", "system": "S", "prompt": "P", "chosen": "C", "rejected": "R", "weight": 0.1}"#,
    #"""
    {"prompt": "P", "chosen": "C", "rejected": "R", "margin": 1e300, "confidence": 0.75, "tie": true, "n": null}
    """#,
    #"""
    {"prompt": [{"role": "user", "content": "Q", "name": "u"}], "tools": [{"name": "f"}], "chosen": [{"role": "assistant", "tool_calls": [{}]}], "rejected": [], "chat_template_kwargs": {"t": 1}}
    """#,
    #"{"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: c"}"#,
    #"""
    {"conversations": [{"from": "human", "value": "Q"}], "chosen": {"from": "gpt", "value": "C"}, "rejected": {"from": "gpt", "value": "R"}, "lang": "en"}
    """#,
  ])
  func writesWhatReadsBackAsTheSamePair(row: String) throws {
    let first = try TemporaryFile(row).read()
    let second = try TemporaryFile(PairWriter.text(first.pairs)).read()
    #expect(["trl-standard", "trl-conversational"].contains(second.format))
    var pairs = second.pairs
    pairs[0].source = first.pairs[0].source
    #expect(pairs == first.pairs)
    #expect(PairWriter.text(pairs) == PairWriter.text(first.pairs))
  }

  @Test func writesTRLsMembersFirst() {
    var pair = textPair("P", "C", "R", id: "a")
    pair.extra["note"] = "x"
    #expect(
      PairWriter.line(pair)
        == #"{"id": "a", "prompt": "P", "chosen": "C", "rejected": "R", "note": "x"}"#)
  }

  @Test func doesNotReplaceAFileUnlessToldTo() throws {
    let file = try TemporaryFile("old")
    #expect(throws: DataError(.unwritable(CoreError(.alreadyExists(path: file.path))))) {
      try PairWriter.write([textPair("P", "C", "R")], to: file.path)
    }
    try PairWriter.write([textPair("P", "C", "R")], to: file.path, overwrite: true)
    #expect(try file.read().pairs.count == 1)
  }
}
