import PenchantCore
import PenchantEngine
import PenchantText
import PenchantData
import PenchantModel
import Testing

@Suite("Encoding pairs")
struct EncodingTests {
  private static let row = RowLocation(file: "f", row: 1, line: 1)

  private static func pair(_ prompt: String, _ chosen: String, _ rejected: String) -> Pair {
    Pair(
      id: "p", prompt: .text(prompt), chosen: .text(chosen), rejected: .text(rejected),
      source: row)
  }

  private static func encode(
    _ pair: Pair, _ options: EncodingOptions
  ) throws -> ExampleEncoder.Outcome {
    let model = try Fixture.open("tiny-llama")
    return try ExampleEncoder(model, options: options).encode(pair, index: 0)
  }

  private static func example(
    _ pair: Pair, _ options: EncodingOptions
  ) throws -> TokenizedExample {
    guard case .example(let example) = try encode(pair, options) else {
      Issue.record("the pair was dropped")
      throw ModelError(.emptyPrompt)
    }
    return example
  }

  @Test("raw strings end with the end token, once")
  func endToken() throws {
    let raw = EncodingOptions(promptFormat: .raw)
    let model = try Fixture.open("tiny-llama")
    let end = try #require(model.endTokens.first)
    let plain = try Self.example(Self.pair("Why?", " Because.", " No."), raw)
    #expect(plain.branches.allSatisfy { $0.tokens.last == end })
    let marked = try Self.example(Self.pair("Why?", " Because.<|im_end|>", " No."), raw)
    #expect(marked.branches[0].tokens == plain.branches[0].tokens)
    #expect(plain.branches[0].scored == Array(plain.prompt.count..<plain.longestSequence))
  }

  @Test("auto wraps strings as one user turn on a model with a template")
  func wrapped() throws {
    let model = try Fixture.open("tiny-llama")
    let example = try Self.example(Self.pair("Why?", "Because.", "No."), EncodingOptions())
    #expect(
      try model.tokenizer.decode(example.prompt)
        == "<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\n")
    #expect(try model.tokenizer.decode(example.branches[0].tokens) == "Because.<|im_end|>\n")
  }

  @Test("truncation drops, cuts the prompt's beginning, keeps the start, or stops")
  func truncation() throws {
    let pair = Self.pair("One two three four five six?", " Seven eight nine.", " Ten.")
    let whole = try Self.example(pair, EncodingOptions(promptFormat: .raw))
    let limit = whole.longestSequence - 3
    func options(_ truncation: EncodingOptions.Truncation, _ limit: Int) -> EncodingOptions {
      EncodingOptions(promptFormat: .raw, maxLength: limit, truncation: truncation)
    }
    let reason = DropReason.tooLong(tokens: whole.longestSequence, limit: limit)
    #expect(
      try Self.encode(pair, options(.drop, limit))
        == .dropped(DroppedPair(id: "p", row: Self.row, reason: reason)))
    #expect(
      throws: ModelError(
        .tooLong(row: Self.row, tokens: whole.longestSequence, limit: limit, context: 512))
    ) { try Self.encode(pair, options(.error, limit)) }

    let cut = try Self.example(pair, options(.cutPrompt, limit))
    #expect(cut.prompt == Array(whole.prompt.dropFirst(3)))
    #expect(cut.cutPromptTokens == 3)
    #expect(cut.branches.map(\.tokens) == whole.branches.map(\.tokens))
    #expect(cut.branches[0].scored == whole.branches[0].scored.map { $0 - 3 })

    let kept = try Self.example(pair, options(.keepStart, limit))
    #expect(kept.prompt == whole.prompt)
    #expect(kept.branches[0].tokens == Array(whole.branches[0].tokens.dropLast(3)))
    #expect(kept.branches[0].cutTokens == 3)
    #expect(kept.branches[0].scored.last == limit - 1)

    let filled = DropReason.promptTooLong(
      tokens: whole.prompt.count, limit: whole.prompt.count)
    #expect(
      try Self.encode(pair, options(.keepStart, whole.prompt.count))
        == .dropped(DroppedPair(id: "p", row: Self.row, reason: filled)))
  }

  @Test("a prompt whose tokens change before an answer is an error, dropped, or split")
  func mismatch() throws {
    // "ex" + "ample" merges across the border.
    let model = try Fixture.open("tiny-llama")
    let pair = Self.pair("the", "re it is", "n it goes")
    let prompt = try model.tokenizer.encode("the", addSpecialTokens: true)
    let joined = try model.tokenizer.encode("there it is", addSpecialTokens: true)
    try #require(!joined.starts(with: prompt), "the fixture's tokenizer does not merge here")
    func options(_ mismatch: EncodingOptions.Mismatch) -> EncodingOptions {
      EncodingOptions(promptFormat: .raw, onMismatch: mismatch)
    }
    #expect(throws: ModelError.self) { try Self.encode(pair, options(.error)) }
    #expect(
      try Self.encode(pair, options(.drop))
        == .dropped(DroppedPair(id: "p", row: Self.row, reason: .mismatch)))
    let split = try Self.example(pair, options(.split))
    #expect(split.prompt.count < prompt.count)
    #expect(split.prompt + split.branches[0].tokens == joined + [2])
  }

  @Test("identical and empty answers are left out with the reason")
  func nothingToPrefer() throws {
    #expect(
      try Self.encode(Self.pair("Why?", " So.", " So."), EncodingOptions(promptFormat: .raw))
        == .dropped(DroppedPair(id: "p", row: Self.row, reason: .identical)))
  }

  @Test("which turns count: user turns are refused unless a choice was made")
  func turns() throws {
    let model = try Fixture.open("tiny-llama")
    let long = [
      Message(role: "assistant", content: "Hello."), Message(role: "user", content: "More?"),
      Message(role: "assistant", content: "Yes, more."),
    ]
    let pair = Pair(
      id: "p", prompt: .messages([Message(role: "user", content: "Hi.")]),
      chosen: .messages(long), rejected: .messages([Message(role: "assistant", content: "No.")]),
      source: Self.row)
    #expect(throws: ModelError(.userTurnInAnswer(row: Self.row))) {
      try Self.encode(pair, EncodingOptions())
    }
    func scored(_ choice: EncodingOptions.TrainOn) throws -> String {
      let example = try Self.example(pair, EncodingOptions(trainOn: choice))
      let all = example.prompt + example.branches[0].tokens
      return try model.tokenizer.decode(example.branches[0].scored.map { all[$0] })
    }
    #expect(try scored(.lastTurn) == "Yes, more.<|im_end|>\n")
    #expect(try scored(.assistant) == "Hello.<|im_end|>\nYes, more.<|im_end|>\n")
    #expect(
      try scored(.allAfterPrompt)
        == "Hello.<|im_end|>\n<|im_start|>user\nMore?<|im_end|>\n<|im_start|>assistant\n"
        + "Yes, more.<|im_end|>\n")
  }

  private static let turnByTurn = Pair(
    id: "p", prompt: .messages([Message(role: "user", content: "Hi.")]),
    chosen: .messages([
      Message(role: "assistant", content: "Hello."), Message(role: "user", content: "More?"),
      Message(role: "assistant", content: "Yes, more."),
    ]), rejected: .messages([Message(role: "assistant", content: "No.")]), source: row)

  /// The end of turn stands outside of the block, so that no turn by turn rendering could find it.
  private static let generationTemplate = """
    {% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}\
    {% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}\
    {% else %}{{ m.content }}{% endif %}{{ '<|im_end|>\\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
    """

  @Test("a template's generation blocks say what the assistant's tokens are")
  func generationBlocks() throws {
    let model = try Fixture.open("tiny-llama", chatTemplate: Self.generationTemplate)
    func scored(_ trainOn: EncodingOptions.TrainOn) throws -> [String] {
      let encoder = try ExampleEncoder(model, options: EncodingOptions(trainOn: trainOn))
      #expect(encoder.assistantSource == (trainOn == .assistant ? .generationBlocks : nil))
      guard case .example(let example) = try encoder.encode(Self.turnByTurn, index: 0) else {
        return []
      }
      return try example.branches.map { branch in
        let all = example.prompt + branch.tokens
        return try model.tokenizer.decode(branch.scored.map { all[$0] })
      }
    }
    #expect(try scored(.assistant) == ["Hello.Yes, more.", "No."])
    #expect(try scored(.lastTurn) == ["Yes, more.<|im_end|>\n", "No.<|im_end|>\n"])
  }

  @Test("a block inside a macro has no place, so that turns are looked for instead")
  func generationInMacro() throws {
    let template =
      "{% macro say(t) %}{% generation %}{{ t }}{% endgeneration %}{% endmacro %}"
      + "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + say(m.content) + '<|im_end|>\n' }}"
      + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    let model = try Fixture.open("tiny-llama", chatTemplate: template)
    let encoder = try ExampleEncoder(model, options: EncodingOptions(trainOn: .assistant))
    #expect(encoder.assistantSource == .turns)
    guard case .example(let example) = try encoder.encode(Self.turnByTurn, index: 0) else {
      Issue.record("dropped")
      return
    }
    let all = example.prompt + example.branches[0].tokens
    #expect(
      try model.tokenizer.decode(example.branches[0].scored.map { all[$0] })
        == "Hello.<|im_end|>\nYes, more.<|im_end|>\n")
  }

  @Test("a block in a recursive loop is an error that names the row")
  func generationInRecursiveLoop() throws {
    let template =
      "{% for m in messages recursive %}{% generation %}{{ m.content }}{% endgeneration %}"
      + "{% if m.more %}{{ loop(m.more) }}{% endif %}{% endfor %}"
    let model = try Fixture.open("tiny-llama", chatTemplate: template)
    let encoder = try ExampleEncoder(model, options: EncodingOptions(trainOn: .assistant))
    var pair = Self.turnByTurn
    pair.prompt = .messages([
      Message(
        role: "user", content: "Hi.",
        extra: JSONObject(["more": [["role": "user", "content": "again"]]]))
    ])
    #expect(throws: ModelError(.unplacedGeneration(row: Self.row))) {
      try encoder.encode(pair, index: 0)
    }
  }

  @Test("where prompt and answer part is told in tokens and characters")
  func mismatchIsShown() throws {
    let template =
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
      + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n<think>' }}{% endif %}"
    let model = try Fixture.open("tiny-llama", chatTemplate: template)
    let encoder = try ExampleEncoder(model, options: EncodingOptions(trainOn: .lastTurn))
    let pair = Self.pair("Hi.", "Hello.", "No.")
    let found = try #require(try encoder.mismatch(of: pair))
    #expect(found.part == .prompt)
    #expect(found.answer == 0)
    let prefix = "<|im_start|>user\nHi.<|im_end|>\n<|im_start|>assistant\n"
    #expect(found.commonCharacters == prefix.unicodeScalars.count)
    #expect(try model.tokenizer.decode(Array(found.alone[..<found.commonTokens])) == prefix)
    #expect(found.alone[..<found.commonTokens] == found.whole[..<found.commonTokens])
    #expect(found.alone[found.commonTokens] != found.whole[found.commonTokens])
    #expect(throws: ModelError.self) { try encoder.encode(pair, index: 0) }

    // The same text, other tokens.
    let raw = try ExampleEncoder(model, options: EncodingOptions(promptFormat: .raw))
    let merged = try #require(try raw.mismatch(of: Self.pair("the", "re it is", "n it goes")))
    #expect(merged.commonCharacters == nil)
    #expect(try raw.mismatch(of: Self.pair("Why?", " Because.", " No.")) == nil)
  }

  @Test("a turn that is rendered differently once others follow is dropped if mismatches are")
  func turnsThatChange() throws {
    // Only the last turn keeps its thoughts.
    let template =
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}"
      + "{{ m.content.split('|')[-1] if not loop.last else m.content }}{{ '<|im_end|>\n' }}{% endfor %}"
      + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    let model = try Fixture.open("tiny-llama", chatTemplate: template)
    var pair = Self.turnByTurn
    pair.chosen = .messages([
      Message(role: "assistant", content: "hm|Hello."), Message(role: "user", content: "More?"),
      Message(role: "assistant", content: "hm|Yes."),
    ])
    func encoder(_ mismatch: EncodingOptions.Mismatch) throws -> ExampleEncoder {
      try ExampleEncoder(
        model, options: EncodingOptions(trainOn: .assistant, onMismatch: mismatch))
    }
    #expect(throws: ModelError.self) { try encoder(.error).encode(pair, index: 0) }
    #expect(
      try encoder(.drop).encode(pair, index: 0)
        == .dropped(DroppedPair(id: "p", row: Self.row, reason: .mismatch)))
    let found = try #require(try encoder(.error).mismatch(of: pair))
    #expect(found.part == .through(turn: 1))
  }
}

@Suite("Packing")
struct PackerTests {
  private static func example(_ prompt: Int, _ branches: [Int]) -> TokenizedExample {
    TokenizedExample(
      id: "", index: 0, prompt: (0..<prompt).map { Int32($0) },
      branches: branches.map { length in
        TokenizedExample.Branch(
          tokens: (0..<length).map { Int32(100 + $0) },
          scored: Array(prompt..<prompt + length).filter { $0 > 0 })
      })
  }

  @Test("every example is packed once, within the budget unless it is longer alone")
  func complete() {
    let examples = (0..<40).map { Self.example($0 % 7, [1 + $0 % 11, 1 + $0 % 5]) }
    for budget in [1, 10, 17, 1000] {
      let packed = Packer.pack(examples, tokenBudget: budget)
      #expect(packed.flatMap(\.examples).sorted() == Array(0..<40))
      for batch in packed where batch.examples.count > 1 {
        #expect(batch.batch.tokenCount <= budget)
      }
    }
  }

  @Test("targets lead back to the tokens they ask for")
  func targets() {
    let examples = [Self.example(3, [2, 4]), Self.example(0, [3]), Self.example(1, [1, 1, 2])]
    for packed in Packer.pack(examples, tokenBudget: 12) {
      let batch = packed.batch
      for (index, places) in zip(packed.examples, packed.places) {
        let example = examples[index]
        for (branch, places) in zip(example.branches, places) {
          let all = example.prompt + branch.tokens
          #expect(places.map { batch.targets[$0] } == branch.scored.map { all[$0] })
        }
      }
      #expect(batch.targetRows == batch.targetRows.sorted())
      #expect(Set(batch.targetRows).count == batch.targetRows.count)
    }
  }

  @Test("the prompt's last row predicts the first token of every branch")
  func sharedRow() {
    let packed = Packer.pack([Self.example(3, [2, 4])], tokenBudget: 100)[0]
    #expect(packed.batch.targetOffsets[1] == 2)
    #expect(packed.batch.targetRows[0] == 2)
    #expect(packed.batch.positions == [0, 1, 2, 3, 4, 3, 4, 5, 6])
  }
}
