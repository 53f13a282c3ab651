import PenchantAudit
import PenchantCore
import PenchantData
import Testing

@Suite("Checks of single rows") struct RowCheckTests {
  private let long = "What is the tallest mountain in the whole wide world?"

  private func found(_ pair: Pair, _ id: String) throws -> Bool {
    try Made.findings([pair]).contains(id)
  }

  @Test(
    "answers are the same",
    arguments: [
      ("The same.", "The same.", true), ("The  Same.\n", "the same.", true),
      ("Caf\u{e9} noir", "Cafe\u{301} noir", true), ("One.", "Two.", false),
    ]) func identical(chosen: String, rejected: String, isFound: Bool) throws
  {
    #expect(try found(Made.pair("Why?", chosen, rejected), "identical-answers") == isFound)
  }

  @Test("a tie may have equal answers") func tie() throws {
    #expect(try !found(Made.pair("Why?", "A", "A", isTie: true), "identical-answers"))
  }

  @Test(
    "something is empty",
    arguments: [
      ("Why?", "", true), ("Why?", " \n", true), ("Why?", "None", true), ("Why?", "NaN", true),
      ("", "Because.", true), ("Why?", "none", false), ("Why?", "None of them.", false),
    ]) func empty(prompt: String, chosen: String, isFound: Bool) throws
  {
    #expect(try found(Made.pair(prompt, chosen, "An answer."), "empty-text") == isFound)
  }

  @Test("a turn that calls a tool is not empty") func toolCall() throws {
    var pair = Made.chat([("user", "Weather?")], [("assistant", "")], [("assistant", "Sunny.")])
    pair.chosen = .messages([
      Message(
        role: "assistant", content: "",
        extra: JSONObject(["tool_calls": .array([.object(JSONObject(["id": "1"]))])]))
    ])
    #expect(try !found(pair, "empty-text"))
  }

  @Test("roles come in order, or not") func roles() throws {
    let answer = [("assistant", "Yes.")]
    let other = [("assistant", "No.")]
    #expect(try !found(Made.chat([("system", "S"), ("user", "Q")], answer, other), "roles"))
    #expect(
      try !found(
        Made.chat([("user", "Q")], [("assistant", "A"), ("tool", "T"), ("assistant", "B")], other),
        "roles"))
    #expect(try found(Made.chat([("user", "Q"), ("user", "R")], answer, other), "roles"))
    #expect(try found(Made.chat([("user", "Q"), ("system", "S")], answer, other), "roles"))
    #expect(try found(Made.chat([("user", "Q")], answer + [("user", "R")], other), "roles"))
    #expect(try found(Made.chat([("user", "Q")], [("user", "R")], other), "roles"))
    #expect(try found(Made.chat([("user", "Q"), ("robot", "R")], answer, other), "roles"))
  }

  @Test("histories are the same, or not") func history() throws {
    func chat(_ middle: String) -> [(String, String)] {
      [("assistant", "A"), ("user", middle), ("assistant", "B\(middle)")]
    }
    #expect(
      try found(Made.chat([("user", "Q")], chat("one"), chat("two")), "history-differs"))
    #expect(
      try !found(
        Made.chat([("user", "Q")], [("assistant", "one")], [("assistant", "two")]),
        "history-differs"))
    let prompt = "\n\nHuman: Q\n\nAssistant:"
    #expect(
      try found(
        Made.pair(prompt, " A\n\nHuman: one\n\nAssistant: B", " C\n\nHuman: two\n\nAssistant: D"),
        "history-differs"))
    #expect(try !found(Made.pair(prompt, " A", " B"), "history-differs"))
  }

  @Test("one answer begins with the prompt") func echo() throws {
    #expect(try found(Made.pair(long, long + " Everest.", "Everest."), "prompt-echoed"))
    #expect(try !found(Made.pair(long, long + " A.", long + " B."), "prompt-echoed"))
    #expect(try !found(Made.pair("Hi.", "Hi. How are you?", "What?"), "prompt-echoed"))
  }

  @Test(
    "marks of templates",
    arguments: [
      ("Hello<|im_end|>", true), ("<|eot_id|>", true), ("[INST] do it", true), ("a</s>", true),
      ("<s>start", true), ("<start_of_turn>user", true), ("a <b> c", false), ("x <|> y", false),
      ("<| not a name |>", false), ("an array [1, 2]", false), ("<s-expression>", false),
    ]) func specialTokens(text: String, isFound: Bool) throws
  {
    #expect(try found(Made.pair("Why?", "An answer.", text), "special-tokens") == isFound)
    #expect(
      try found(Made.pair("x " + text, "An answer.", "Other."), "special-tokens")
        == (isFound && !text.hasPrefix("<s>")))
  }

  @Test("scores against the label, and ties of scores") func scores() throws {
    func pair(_ chosen: Double, _ rejected: Double) -> Pair {
      Made.pair(
        "Why?", "One.", "Two.",
        extra: JSONObject([
          "score_chosen": .number(JSONNumber(chosen)),
          "score_rejected": .number(JSONNumber(rejected)),
        ]))
    }
    #expect(try found(pair(1, 10), "score-order"))
    #expect(try !found(pair(10, 1), "score-order"))
    #expect(try found(pair(5, 5), "score-tie"))
    #expect(try !found(pair(10, 1), "score-tie"))
    #expect(try found(Made.pair("Why?", "A", "B", margin: -1), "score-order"))
    let audit = try Audit([pair(1, 10)])
    #expect(audit.patch.lines.map(\.action) == [.flip])
  }

  @Test(
    "characters nobody sees",
    arguments: [
      ("zero\u{200b}width", true), ("right\u{202e}left", true), ("bell\u{7}", true),
      ("lost \u{fffd} text", true), ("tag \u{e0041}", true), ("soft\u{ad}hyphen", true),
      ("a\u{200d}b", true),
      ("line\r\n\tend", false), ("family 👨‍👩‍👧", false), ("می‌خواهم", false),
      ("flag 🏴󠁧󠁢󠁥󠁮󠁧󠁿", false), ("naïve — “quoted”", false),
    ]) func invisible(text: String, isFound: Bool) throws
  {
    #expect(try found(Made.pair("Why?", text, "Other."), "invisible-characters") == isFound)
  }

  @Test("answers that differ in a few characters") func nearIdentical() throws {
    let text = String(repeating: "The mountain is high and far away. ", count: 10)
    #expect(try found(Made.pair("Why?", text + "a", text + "b"), "near-identical"))
    #expect(
      try !found(
        Made.pair("Why?", text, text.replacing("mountain", with: "wide river")), "near-identical"))
  }

  @Test("loops") func repetition() throws {
    let loop = String(repeating: "I do not know what to say about it. ", count: 20)
    #expect(try found(Made.pair("Why?", "Fine.", loop), "repetition"))
    #expect(try found(Made.pair("Why?", String(repeating: "a", count: 120), "No."), "repetition"))
    let words = (0..<200).map { "word\($0)" }.joined(separator: " ")
    #expect(try !found(Made.pair("Why?", words, "No."), "repetition"))
  }

  @Test("another script than the question") func script() throws {
    let russian = "Это длинный ответ на русском языке, в котором много букв."
    let english = "This is a long answer in English with many letters in it."
    #expect(try found(Made.pair(long, russian, english), "script-mismatch"))
    #expect(try !found(Made.pair(long, english, english + " More."), "script-mismatch"))
    #expect(try !found(Made.pair(russian, russian, russian + " Да."), "script-mismatch"))
  }

  @Test(
    "what belongs to somebody",
    arguments: [
      ("write to jane.doe@company.org.", true), ("jane@example.com", false),
      ("call +49 170 1234567", true),
      ("call 415-867-5309", true), ("call 415-555-5309", false), ("4539 1488 0343 6467", true),
      ("4539 1488 0343 6468", false), ("DE89 3704 0044 0532 0130 00", true),
      ("DE88 3704 0044 0532 0130 00", false), ("host 91.198.174.192", true),
      ("host 192.168.0.1", false),
      ("version 1.2.3.4", false), ("AKIAIOSFODNN7EXAMPLE", true), ("in 1999 and 2000", false),
      ("-----BEGIN RSA PRIVATE KEY-----", true), ("@mention", false),
    ]) func personalData(text: String, isFound: Bool) throws
  {
    #expect(try found(Made.pair("Why?", text, "Other."), "personal-data") == isFound)
  }

  @Test("a row with one answer is refused") func oneAnswer() {
    #expect(throws: AuditError(.oneAnswer(file: "made.jsonl", line: 1))) {
      try Audit([Made.pair("Why?", "A", nil)])
    }
  }

  @Test("a run sees what blocks, and only that") func blocking() {
    let pairs = [
      Made.pair("Why?", "A", "A"), Made.pair("Why?", "jane@company.org", "B", row: 2),
    ]
    var tally = BlockingTally()
    for pair in pairs { tally.add(pair) }
    #expect(tally.found.map(\.check.id) == ["identical-answers"])
    #expect(
      tally.verdict
        == "1 of 2 pairs cannot teach what they are meant to (chosen and rejected are the same in 1); "
        + "only equal and empty answers are left out by themselves, penchant audit shows all and writes a patch"
    )
    tally = BlockingTally()
    for pair in Made.clean(300) { tally.add(pair) }
    #expect(tally.verdict == "nothing that blocks in 300 pairs")
  }
}
