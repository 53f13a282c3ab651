import PenchantCore
import PenchantData
import Testing

@Suite struct TRLStandardFormatTests {
  let format = TRLStandardFormat()

  @Test func readsPromptAndAnswers() throws {
    let pair = try read(format, #"{"prompt": "P", "chosen": "C", "rejected": "R"}"#)
    #expect(pair == textPair("P", "C", "R", id: "7"))
  }

  @Test func keepsWhatItDoesNotKnowInOrder() throws {
    let pair = try read(
      format,
      #"{"zeta": [1, {"a": null}], "prompt": "", "chosen": "C", "alpha": 1.50, "rejected": "R"}"#)
    #expect(JSON.object(pair.extra).text() == #"{"zeta": [1, {"a": null}], "alpha": 1.50}"#)
    #expect(pair.prompt.isEmpty)
  }

  @Test func readsWhatEveryFormatMayCarry() throws {
    let pair = try read(
      format,
      #"""
      {"id": 12, "system": "S", "prompt": "P", "chosen": "C", "rejected": "R", "weight": 0.5,
       "margin": -2, "confidence": 0.75, "tie": true, "tools": "[{\"name\": \"f\"}]",
       "chat_template_kwargs": {"enable_thinking": false}, "images": [], "source": null}
      """#)
    #expect(pair.id == "12")
    #expect(pair.systemPrompt == "S")
    #expect(pair.weight == 0.5 && pair.margin == -2 && pair.confidence == 0.75 && pair.isTie)
    #expect(pair.tools == [["name": "f"]])
    #expect(pair.chatTemplateArguments?["enable_thinking"] == false)
    #expect(JSON.object(pair.extra).text() == #"{"images": [], "source": null}"#)
  }

  @Test func keepsTextUnchanged() throws {
    let pair = try read(
      format,
      #"{"prompt": " \u00e9e\u0301\n", "chosen": "\ud83d\udc4d\u0000", "rejected": "\r\n "}"#)
    #expect(Array(pair.prompt.text.utf8) == [0x20, 0xc3, 0xa9, 0x65, 0xcc, 0x81, 0x0a])
    #expect(Array(pair.chosen.text.utf8) == [0xf0, 0x9f, 0x91, 0x8d, 0])
    #expect((pair.rejected?.text.utf8).map(Array.init) == [0x0d, 0x0a, 0x20])
  }

  @Test(arguments: [
    (#"{"prompt": "P", "chosen": "C"}"#, "'rejected' is missing, which trl-standard needs"),
    (
      #"{"prompt": "P", "chosen": null, "rejected": "R"}"#, "'chosen' must be a string, not null"
    ),
    (#"{"prompt": 1, "chosen": "C", "rejected": "R"}"#, "'prompt' must be a string, not a number"),
    (
      #"{"prompt": "P", "chosen": "C", "rejected": {}}"#,
      "'rejected' must be a string, not an object"
    ),
    ("[]", "a row must be a JSON object, this is an array"),
  ])
  func namesTheMemberThatDoesNotFit(row: String, message: String) throws {
    #expect(try failure(format, row) == "pairs.jsonl:9: " + message)
  }

  @Test(arguments: [
    (#""weight": -0.1"#, "'weight' must be at least 0"),
    (#""weight": 1e999"#, "'weight' must be at least 0"),
    (#""weight": "1""#, "'weight' must be a number, not a string"),
    (#""confidence": 1.01"#, "'confidence' must be between 0 and 1"),
    (#""tie": 1"#, "'tie' must be true or false, not a number"),
    (#""id": []"#, "'id' must be a string or a number, not an array"),
    (#""tools": "[""#, "'tools' must be a list as JSON text"),
    (#""tools": {}"#, "'tools' must be a list, not an object"),
    (#""chat_template_kwargs": []"#, "'chat_template_kwargs' must be an object, not an array"),
    (#""images": ["a.png"]"#, "'images' is not supported, only text can be tuned on"),
  ])
  func refusesWhatHasNoMeaning(member: String, message: String) throws {
    let row = #"{"prompt": "P", "chosen": "C", "rejected": "R", "# + member + "}"
    #expect(try failure(format, row) == "pairs.jsonl:9: " + message)
  }
}

@Suite struct TRLConversationalFormatTests {
  let format = TRLConversationalFormat()

  @Test func readsTurnsWithEverythingTheyHold() throws {
    let pair = try read(
      format,
      #"""
      {"prompt": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"text": "b"}]}],
       "chosen": [{"role": "assistant", "tool_calls": [{"id": "1"}], "content": null},
                  {"role": "tool", "content": "42", "name": "f"}],
       "rejected": [{"tool_calls": [{}], "role": "assistant"}]}
      """#)
    #expect(pair.prompt.text == "ab")
    #expect(
      pair.chosen.json.text()
        == #"[{"role": "assistant", "content": null, "tool_calls": [{"id": "1"}]}, "#
        + #"{"role": "tool", "content": "42", "name": "f"}]"#)
    #expect(pair.rejected?.json.text() == #"[{"role": "assistant", "tool_calls": [{}]}]"#)
    #expect(pair.rejected?.isEmpty == false)
  }

  @Test func readsAStringPromptAsTheUsersTurn() throws {
    let pair = try read(
      format,
      #"{"prompt": "Q", "chosen": [{"role": "assistant", "content": "C"}], "rejected": []}"#)
    #expect(pair.prompt == .messages([Message(role: "user", content: "Q")]))
    #expect(pair.chosen == .messages([Message(role: "assistant", content: "C")]))
    #expect(pair.rejected?.isEmpty == true)
  }

  @Test func splitsWholeConversationsThatRepeatTheStringPrompt() throws {
    let pair = try read(
      format,
      #"""
      {"prompt": "Q",
       "chosen": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"},
                  {"role": "assistant", "content": "C"}],
       "rejected": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"},
                    {"role": "assistant", "content": "R"}]}
      """#)
    #expect(
      pair.prompt
        == .messages([
          Message(role: "system", content: "S"), Message(role: "user", content: "Q"),
        ]))
    #expect(pair.chosen.text == "C")
    #expect(pair.rejected?.text == "R")
  }

  @Test(arguments: ["chosen", "rejected"])
  func refusesAConversationAboutAnotherQuestion(side: String) throws {
    let right = #"[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]"#
    let wrong = #"[{"role": "user", "content": "q"}, {"role": "assistant", "content": "A"}]"#
    let row = """
      {"prompt": "Q", "chosen": \(side == "chosen" ? wrong : right),
       "rejected": \(side == "rejected" ? wrong : right)}
      """
    #expect(
      try failure(format, row)
        == "pairs.jsonl:9: 'prompt' is text, yet '\(side)' begins with a different user turn")
  }

  @Test(arguments: [
    (#"[{"content": "C"}]"#, "'chosen[0].role' is missing, which trl-conversational needs"),
    (#"[{"role": "a"}]"#, "'chosen[0].content' is missing, which trl-conversational needs"),
    (#"[{"role": 1, "content": ""}]"#, "'chosen[0].role' must be a string, not a number"),
    (
      #"[{"role": "a", "content": ""}, {"role": "a", "content": 1}]"#,
      "'chosen[1].content' must be a string or a list of parts, not a number"
    ),
    (#"["hello"]"#, "'chosen[0]' must be an object, not a string"),
    (
      #"[{"role": "a", "content": [{"type": "image"}]}]"#,
      "'chosen[0].content[0]' is not supported, only text can be tuned on"
    ),
  ])
  func namesTheTurnThatDoesNotFit(chosen: String, message: String) throws {
    let row = #"{"prompt": [], "rejected": [], "chosen": "# + chosen + "}"
    #expect(try failure(format, row) == "pairs.jsonl:9: " + message)
  }
}

@Suite struct TRLImplicitFormatTests {
  let format = TRLImplicitFormat()

  /// The fixture was made by TRL itself: scripts/make_data_fixtures.py.
  @Test func splitsAsTRLDoes() throws {
    let reader = try LineReader(path: Folders.fixtures + "extract_prompt.jsonl")
    var count = 0
    while let line = try reader.next() {
      let fixture = try JSON.parse(line.bytes)
      let row = try #require(fixture["row"])
      let expected = try #require(fixture["expected"])
      let pair = try #require(format.read(row, at: anywhere).pairs(.bestWorst).first)
      for (passage, key) in [
        (pair.prompt, "prompt"), (pair.chosen, "chosen"), (pair.rejected, "rejected"),
      ] {
        // Compared as bytes: canonically equivalent texts are different tokens.
        #expect(
          Array(try #require(passage).json.text().utf8)
            == Array(try #require(expected[key]).text().utf8),
          "line \(line.number), \(key)")
      }
      count += 1
    }
    #expect(count == 21)
  }

  @Test(arguments: [
    ("", "", ""), ("", "abc", ""), ("x", "y", ""), (" x", "y ", ""), ("x ", " y", ""),
  ])
  func leavesThePromptEmptyWhereNothingIsShared(chosen: String, rejected: String, prompt: String)
    throws
  {
    let row: JSON = ["chosen": .string(chosen), "rejected": .string(rejected)]
    let pair = try #require(format.read(row, at: anywhere).pairs(.bestWorst).first)
    #expect(pair.prompt == .text(prompt))
    #expect(pair.chosen == .text(chosen) && pair.rejected == .text(rejected))
  }

  @Test func marksEqualSidesAsIdentical() throws {
    let turns = #"[{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]"#
    #expect(try read(format, #"{"chosen": "ab", "rejected": "ab"}"#).isIdentical)
    #expect(try read(format, #"{"chosen": \#(turns), "rejected": \#(turns)}"#).isIdentical)
    #expect(try read(format, #"{"chosen": [], "rejected": []}"#).isIdentical)
  }

  @Test func tellsTurnsApartByAllTheirMembers() throws {
    let pair = try read(
      format,
      #"""
      {"chosen": [{"role": "user", "content": "Q", "name": "a"}],
       "rejected": [{"role": "user", "content": "Q", "name": "b"}]}
      """#)
    #expect(pair.prompt == .messages([]))
  }

  @Test func refusesSidesOfDifferentKinds() throws {
    #expect(
      try failure(format, #"{"chosen": "C", "rejected": []}"#)
        == "pairs.jsonl:9: 'rejected' must be a string as 'chosen' is, not an array")
  }

  @Test func leavesRowsWithAPromptOfAnotherNameAlone() throws {
    for key in ["instruction", "question", "input", "messages", "conversations"] {
      let row = try JSON.parse(#"{"\#(key)": "x", "chosen": "C", "rejected": "R"}"#)
      #expect(!format.matches(row))
    }
  }
}
