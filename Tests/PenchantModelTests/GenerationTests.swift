import PenchantCore
import PenchantEngine
import PenchantModel
import Testing

@Suite("Generation")
struct GenerationTests {
  private static func generate(
    _ model: LanguageModel, _ prompts: [[Int32]], _ sampler: Sampler = Sampler(),
    _ limits: TextGenerator.Limits = .init(newTokens: 16), firstNumber: UInt64 = 0
  ) throws -> [GeneratedText] {
    try TextGenerator(model, policy: model.basePolicy, sampler: sampler, limits: limits)
      .generate(prompts, firstNumber: firstNumber)
  }

  @Test("greedy tokens are those of Transformers", arguments: CPUDevice.availableISAs)
  func greedy(isa: String) throws {
    let model = try Fixture.open("tiny-llama", isa: isa)
    let golden = try #require(try Fixture.golden("tiny-llama")["generation"]?.array)
    let prompts = golden.map { $0["prompt"]?.ids ?? [] }
    for (found, row) in zip(try Self.generate(model, prompts), golden) {
      // The golden run ignores the end token; ours stops there.
      let wanted = try #require(row["tokens"]?.ids)
      let end = wanted.firstIndex { model.endTokens.contains($0) }
      #expect(found.tokens == Array(wanted.prefix(end.map { $0 + 1 } ?? wanted.count)))
    }
  }

  @Test(
    "2: a sequence has the same tokens alone and among sixteen",
    arguments: InvariantTests.kinds)
  func together(isa: String, dtype: DType) throws {
    let model = try Fixture.open("tiny-llama", dtype: dtype, isa: isa)
    let prompts = try Fixture.examples(model).map(\.prompt) + Fixture.examples(model).map(\.prompt)
    let sampler = Sampler(temperature: 1, topP: 0.95, seed: 7)
    let many = try Self.generate(
      model, prompts, sampler, .init(newTokens: 12, together: 16))
    for (index, prompt) in prompts.enumerated() {
      let alone = try Self.generate(
        model, [prompt], sampler, .init(newTokens: 12, together: 1), firstNumber: UInt64(index))
      #expect(alone == [many[index]])
    }
  }

  @Test("the adapter is used in decoding, and a sampled answer depends on the seed")
  func adapterAndSeed() throws {
    let model = try Fixture.open("tiny-llama")
    let adapter = try Adapter.load(
      folder: Fixture.model("tiny-llama-adapter"), model.architecture, dtype: .float32,
      trainable: false, on: model.device)
    let prompts = try Fixture.examples(model).map(\.prompt)
    func run(_ policy: Policy, seed: UInt64) throws -> [GeneratedText] {
      try TextGenerator(
        model, policy: policy, sampler: Sampler(temperature: 1, seed: seed),
        limits: .init(newTokens: 16)
      ).generate(prompts)
    }
    let adapted = Policy(weights: model.base, adapter: adapter)
    #expect(try run(adapted, seed: 1) == run(adapted, seed: 1))
    #expect(try run(adapted, seed: 1) != run(adapted, seed: 2))
    #expect(try run(adapted, seed: 1) != run(model.basePolicy, seed: 1))
  }

  @Test("an answer ends before a stop string, and streaming adds up to the text")
  func stops() throws {
    let model = try Fixture.open("tiny-llama")
    let prompt = try #require(try Fixture.examples(model).first).prompt
    let sampler = Sampler(temperature: 1, seed: 3)
    let whole = try Self.generate(model, [prompt], sampler, .init(newTokens: 40))[0]
    let characters = Array(whole.text)
    let stop = String(characters[10..<12])
    var streamed = ""
    let generator = TextGenerator(
      model, policy: model.basePolicy, sampler: sampler,
      limits: .init(newTokens: 40, stops: [stop]))
    let cut = try generator.generate([prompt]) { streamed += $1 }[0]
    let end = try #require(whole.text.firstRange(of: stop)).lowerBound
    #expect(cut.text == String(whole.text[..<end]))
    #expect(cut.finish == .stop)
    #expect(streamed == cut.text)
  }

  @Test("prompts that cannot be continued are refused")
  func refused() throws {
    let model = try Fixture.open("tiny-llama")
    #expect(throws: ModelError(.emptyPrompt)) { try Self.generate(model, [[]]) }
    let long = [Int32](repeating: 5, count: 512)
    #expect(throws: ModelError(.promptTooLong(tokens: 512, limit: 512))) {
      try Self.generate(model, [long])
    }
    let last = try Self.generate(model, [Array(long.dropLast())])[0]
    #expect(last.tokens.count == 1)
  }
}
