import PenchantCore
import PenchantEngine
import PenchantModel
import Testing

/// The invariants of ARCHITECTURE.md that the engine alone must hold.
@Suite("Invariants of the engine")
struct InvariantTests {
  static let kinds = CPUDevice.availableISAs.flatMap { isa in
    [DType.float32, .bfloat16].map { (isa, $0) }
  }

  private static func score(
    _ model: LanguageModel, _ examples: [TokenizedExample], policy: Policy? = nil, budget: Int
  ) throws -> [[BranchScore]] {
    let longest = examples.map(\.tokenCount).max() ?? 1
    return try Scorer(model.decoder, longest: longest, tokenBudget: budget, rank: 8)
      .score(examples, policy: policy ?? model.basePolicy)
  }

  @Test("1: a new adapter scores the same bits as the model without it", arguments: kinds)
  func newAdapterIsTheBase(isa: String, dtype: DType) throws {
    for name in ["tiny-llama", "tiny-qwen2", "tiny-mistral"] {
      let model = try Fixture.open(name, dtype: dtype, isa: isa)
      let adapter = try Adapter(
        LoRAConfiguration(rank: 8), architecture: model.architecture, dtype: dtype,
        trainable: false, on: model.device)
      adapter.initialize(seed: 1, on: model.device)
      let examples = try Fixture.examples(model)
      let policy = Policy(weights: model.base, adapter: adapter)
      #expect(
        try Self.score(model, examples, policy: policy, budget: 300)
          == Self.score(model, examples, budget: 300))
    }
  }

  @Test("2: neighbours, order, micro-batch and threads change no bit", arguments: kinds)
  func batchInvariance(isa: String, dtype: DType) throws {
    for name in ["tiny-llama", "tiny-mistral"] {
      let model = try Fixture.open(name, dtype: dtype, isa: isa, threads: 1)
      let examples = try Fixture.examples(model)
      let alone = try examples.map { try Self.score(model, [$0], budget: 1)[0] }
      #expect(try Self.score(model, examples, budget: 4096) == alone)
      #expect(try Self.score(model, examples.reversed(), budget: 150) == alone.reversed())
      for threads in [2, 3] {
        let other = try Fixture.open(name, dtype: dtype, isa: isa, threads: threads)
        #expect(try Self.score(other, examples, budget: 200) == alone)
      }
    }
  }

  /// The same tokens as a sequence of its own, without a shared prompt.
  private static func separated(_ example: TokenizedExample) -> [TokenizedExample] {
    example.branches.map { branch in
      TokenizedExample(
        id: example.id, index: example.index, prompt: [],
        branches: [
          TokenizedExample.Branch(tokens: example.prompt + branch.tokens, scored: branch.scored)
        ])
    }
  }

  @Test(
    "4: a shared prompt scores as separate sequences do, to rounding",
    arguments: CPUDevice.availableISAs)
  func prefixSharing(isa: String) throws {
    for name in ["tiny-llama", "tiny-qwen2", "tiny-mistral"] {
      let model = try Fixture.open(name, isa: isa)
      let examples = try Fixture.examples(model)
      let shared = try Self.score(model, examples, budget: 512).flatMap { $0 }
      let separate = try Self.score(model, examples.flatMap(Self.separated), budget: 512)
        .flatMap { $0 }
      for (a, b) in zip(shared, separate) {
        #expect(abs(a.sum - b.sum) < 1e-6 * abs(b.sum))
      }
    }
  }

  private static func gradient(
    _ model: LanguageModel, _ examples: [TokenizedExample], signs: [Float], budget: Int
  ) throws -> [Float] {
    let adapter = try Adapter.load(
      folder: Fixture.model("tiny-llama-adapter"), model.architecture, dtype: model.dtype,
      trainable: true, on: model.device)
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: budget, targetRows: budget, rank: 4, purpose: .training(full: false)),
      model.architecture, dtype: model.dtype, on: model.device)
    for packed in Packer.pack(examples, tokenBudget: budget) {
      let pass = try model.decoder.forward(
        packed.batch, policy: Policy(weights: model.base, adapter: adapter),
        workspace: workspace, keepStash: true)
      var coefficients = [Float](repeating: 0, count: packed.batch.targets.count)
      for (example, branches) in zip(packed.examples, packed.places) {
        for (branch, places) in branches.enumerated() {
          for place in places {
            coefficients[place] = branches.count == 2 ? signs[branch] : signs[example % 2]
          }
        }
      }
      try model.decoder.backward(pass, coefficients: coefficients, workspace: workspace)
    }
    return model.device.read(try #require(adapter.parameters.training).gradient)
  }

  @Test(
    "4: gradients through a shared prompt equal those of separate sequences, to rounding",
    arguments: CPUDevice.availableISAs)
  func prefixSharingBackward(isa: String) throws {
    let model = try Fixture.open("tiny-llama", isa: isa)
    let examples = try Fixture.examples(model)
    let shared = try Self.gradient(model, examples, signs: [1, -0.5], budget: 256)
    let separate = try Self.gradient(
      model, examples.flatMap(Self.separated), signs: [1, -0.5], budget: 256)
    #expect(relativeError(shared, separate) < 1e-5)
  }

  @Test("2: gradients have the same bits for any number of threads", arguments: kinds)
  func gradientsByThreads(isa: String, dtype: DType) throws {
    var found: [[Float]] = []
    for threads in [1, 2, 3] {
      let model = try Fixture.open("tiny-llama", dtype: dtype, isa: isa, threads: threads)
      found.append(
        try Self.gradient(
          model, try Fixture.examples(model), signs: [1, -0.5], budget: 256))
    }
    #expect(found[0] == found[1] && found[0] == found[2])
    #expect(found[0].contains { $0 != 0 })
  }

  @Test("an interrupted pass throws and leaves no gradient behind when nothing was added")
  func cancellation() throws {
    let model = try Fixture.open("tiny-llama")
    let examples = try Fixture.examples(model)
    model.decoder.poll = { () throws(EngineError) in throw EngineError(.cancelled) }
    #expect(throws: EngineError(.cancelled)) {
      _ = try Self.score(model, examples, budget: 128)
    }
  }

  @Test("tokens and positions the model does not have are refused")
  func range() throws {
    let model = try Fixture.open("tiny-llama")
    func score(_ tokens: [Int32]) throws {
      let branch = TokenizedExample.Branch(tokens: tokens, scored: [1])
      _ = try Self.score(
        model, [TokenizedExample(id: "x", index: 0, prompt: [], branches: [branch])], budget: 8)
    }
    #expect(throws: EngineError(.tokenOutOfRange(id: 384, vocabulary: 384))) {
      try score([1, 384])
    }
    #expect(throws: EngineError(.tokenOutOfRange(id: -1, vocabulary: 384))) { try score([-1, 3]) }
    #expect(throws: EngineError(.positionOutOfRange(position: 512, limit: 512))) {
      try score([Int32](repeating: 3, count: 513))
    }
  }
}
