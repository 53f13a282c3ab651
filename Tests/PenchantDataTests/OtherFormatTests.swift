import PenchantCore
import PenchantData
import Testing

@Suite struct HHFormatTests {
  let format = HHFormat()

  @Test func endsThePromptAfterTheLastSharedAssistantTurn() throws {
    let pair = try read(
      format,
      #"""
      {"chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: I do",
       "rejected": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: I don't"}
      """#)
    #expect(pair.prompt == .text("\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant:"))
    #expect(pair.chosen == .text(" I do"))
    #expect(pair.rejected == .text(" I don't"))
  }

  @Test func keepsLaterTurnsInTheAnswersWhereTheConversationsPart() throws {
    let pair = try read(
      format,
      #"""
      {"chosen": "\n\nHuman: a\n\nAssistant: b\n\nHuman: c\n\nAssistant: d",
       "rejected": "\n\nHuman: a\n\nAssistant: x\n\nHuman: c\n\nAssistant: d"}
      """#)
    #expect(pair.prompt == .text("\n\nHuman: a\n\nAssistant:"))
    #expect(pair.chosen == .text(" b\n\nHuman: c\n\nAssistant: d"))
  }

  @Test func readsEqualAndEmptyAnswers() throws {
    let empty = try read(
      format,
      #"{"chosen": "\n\nHuman: a\n\nAssistant:", "rejected": "\n\nHuman: a\n\nAssistant: é"}"#)
    #expect(empty.chosen.isEmpty)
    #expect(empty.rejected == .text(" é"))
    let equal = try read(
      format,
      #"{"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: a\n\nAssistant: b"}"#)
    #expect(equal.isIdentical)
    #expect(equal.chosen == .text(" b"))
  }

  @Test func refusesTranscriptsWithoutASharedTurn() throws {
    let row =
      #"{"chosen": "\n\nHuman: a\n\nAssistant: b", "rejected": "\n\nHuman: x\n\nAssistant: b"}"#
    #expect(
      try failure(format, row)
        == #"pairs.jsonl:9: the two transcripts have no '\n\nAssistant:' turn in common, "#
        + "so the prompt cannot be told from the answers")
  }

  @Test func winsOverTheImplicitPromptUnlessThatIsAskedFor() throws {
    let file = try TemporaryFile(
      #"{"chosen": "\n\nHuman: a\n\nAssistant: yes", "rejected": "\n\nHuman: a\n\nAssistant: yep"}"#
    )
    let detected = try file.read()
    #expect(detected.format == "hh")
    #expect(detected.pairs[0].chosen == .text(" yes"))
    let forced = try file.read(format: "trl-implicit")
    #expect(forced.format == "trl-implicit")
    #expect(forced.pairs[0].chosen == .text("s"))
  }
}

@Suite struct ShareGPTFormatTests {
  let format = ShareGPTFormat()

  @Test func mapsSpeakersToRoles() throws {
    let pair = try read(
      format,
      #"""
      {"system": "S", "conversations": [{"from": "human", "value": "Q", "weight": 1},
       {"from": "function_call", "value": "{\"name\": \"f\", \"arguments\": {\"x\": 1}}"},
       {"from": "observation", "value": "1"}],
       "chosen": {"from": "gpt", "value": "C"}, "rejected": {"from": "gpt", "value": "R"},
       "tools": "[{\"name\": \"f\"}]", "lang": "en"}
      """#)
    #expect(
      pair.prompt.json.text()
        == #"[{"role": "system", "content": "S"}, {"role": "user", "content": "Q", "weight": 1}, "#
        + #"{"role": "assistant", "tool_calls": [{"type": "function", "function": "#
        + #"{"name": "f", "arguments": {"x": 1}}}]}, {"role": "tool", "content": "1"}]"#)
    #expect(pair.chosen == .messages([Message(role: "assistant", content: "C")]))
    #expect(pair.rejected == .messages([Message(role: "assistant", content: "R")]))
    #expect(pair.systemPrompt == nil)
    #expect(pair.tools == [["name": "f"]])
    #expect(pair.extra.keys == ["lang"])
  }

  @Test(arguments: [
    (#"{"from": "bot", "value": "C"}"#, "'chosen.from' names an unknown speaker 'bot'"),
    (#"{"value": "C"}"#, "'chosen.from' is missing, which sharegpt needs"),
    (#"{"from": "gpt"}"#, "'chosen.value' is missing, which sharegpt needs"),
    (#"{"from": "gpt", "value": null}"#, "'chosen.value' must be a string, not null"),
    (
      #"{"from": "function_call", "value": "f(1)"}"#,
      "'chosen.value' must be a {name, arguments} object, or a list, as JSON text"
    ),
    (#""C""#, "'chosen' must be an object, not a string"),
  ])
  func namesTheTurnThatDoesNotFit(chosen: String, message: String) throws {
    let row =
      #"{"conversations": [], "rejected": {"from": "gpt", "value": ""}, "chosen": "# + chosen + "}"
    #expect(try failure(format, row) == "pairs.jsonl:9: " + message)
  }

  @Test(.enabled(if: FileSystem.exists(Folders.shared + "llama-factory_dpo_en_demo.json")))
  func readsTheDemoData() throws {
    let result = try PairReader.read(path: Folders.shared + "llama-factory_dpo_en_demo.json")
    #expect(result.summary == "read 300 pairs as sharegpt")
    #expect(result.pairs.map(\.source.row) == Array(1...300))
    var systemTurns = 0
    for pair in result.pairs {
      guard case .messages(let turns) = pair.prompt else { continue }
      #expect(turns.last?.role == "user")
      if turns.first?.role == "system" { systemTurns += 1 }
    }
    #expect(systemTurns == 80)
    // Counted once in Python, by `len` of the values.
    let census = PairCensus(result.pairs)
    #expect(census.identical.isEmpty && census.emptyChosen.isEmpty && census.emptyRejected.isEmpty)
    #expect(census.lengthPredictor?.chosenLonger == 131)
    #expect(census.lengthPredictor?.equallyLong == 1)
    #expect(census.lengthPredictor?.accuracy == 131.5 / 300)
  }
}
