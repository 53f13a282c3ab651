import PenchantCore
import PenchantEngine
import PenchantModel
import Testing

@Suite("Scores agree with Transformers")
struct ScoreParityTests {
  /// Golden log-probs are float64; ours are float32 sums of products over a few dozen terms.
  static let tokenTolerance = 2e-5
  /// Hidden states are float32; products over up to 48 columns and a few dozen tokens.
  static let similarityTolerance = 1e-4
  /// bfloat16 has 8 bits of significand; over a sentence the errors mostly cancel.
  static let roundedSumTolerance = 5e-3

  @Test(
    "token ids are equal and every log-prob is within float32 rounding",
    arguments: ["tiny-llama", "tiny-qwen2", "tiny-mistral"], CPUDevice.availableISAs)
  func logProbabilities(name: String, isa: String) throws {
    let model = try Fixture.open(name, isa: isa)
    let golden = try Fixture.golden(name)
    for (data, key, format) in [
      ("pairs", "pairs", EncodingOptions.PromptFormat.raw), ("pairs-chat", "pairs_chat", .auto),
    ] {
      let examples = try Fixture.examples(model, data, format: format)
      let scorer = try Scorer(model.decoder, longest: 256, tokenBudget: 256, rank: 0)
      let scores = try scorer.score(examples, policy: model.basePolicy)
      let rows = try #require(golden[key]?.array)
      #expect(rows.count == examples.count)
      for (row, (example, score)) in zip(rows, zip(examples, scores)) {
        #expect(example.prompt == row["prompt"]?.ids)
        for (branch, side) in ["chosen", "rejected"].enumerated() {
          #expect(example.branches[branch].tokens == row[side]?.ids)
          let wanted = try #require(row["\(side)_logps"]?.doubles)
          let found = score[branch].tokenLogProbabilities
          #expect(found.count == wanted.count)
          for (a, b) in zip(found, wanted) {
            #expect(abs(Double(a) - b) < Self.tokenTolerance, "\(name) \(example.id) \(side)")
          }
        }
      }
    }
  }

  @Test(
    "answers are as alike to the model as Transformers' hidden states say",
    arguments: ["tiny-llama", "tiny-qwen2", "tiny-mistral"], CPUDevice.availableISAs)
  func similarities(name: String, isa: String) throws {
    let model = try Fixture.open(name, isa: isa)
    let golden = try #require(try Fixture.golden("hidden-similarity")[name]?.array)
    let examples = try Fixture.examples(model)
    // Several batches, and prompts whose last row predicts the first token of both answers.
    let scorer = try Scorer(model.decoder, longest: 256, tokenBudget: 100, rank: 0)
    let results = try scorer.scoreWithSimilarity(examples, policy: model.basePolicy)
    #expect(results.count == golden.count)
    for (row, result) in zip(golden, results) {
      for (key, found) in [("sum", result.similarity.sum), ("mean", result.similarity.mean)] {
        let wanted = try #require(row[key]?.double)
        // Differences of products that are larger than themselves.
        #expect(abs(found - wanted) < Self.similarityTolerance * max(1, abs(wanted)), "\(key)")
      }
    }
    #expect(results.map(\.scores) == (try scorer.score(examples, policy: model.basePolicy)))
  }

  @Test("bfloat16 sums are within half a percent", arguments: CPUDevice.availableISAs)
  func rounded(isa: String) throws {
    let model = try Fixture.open("tiny-llama-bf16", dtype: .bfloat16, isa: isa)
    let golden = try Fixture.golden("tiny-llama-bf16")
    let examples = try Fixture.examples(model)
    let scorer = try Scorer(model.decoder, longest: 256, tokenBudget: 256, rank: 0)
    let scores = try scorer.score(examples, policy: model.basePolicy)
    for (row, score) in zip(try #require(golden["pairs"]?.array), scores) {
      let wanted = try #require(row["chosen_sum"]?.double)
      #expect(abs(score[0].sum - wanted) < Self.roundedSumTolerance * abs(wanted))
    }
  }

  @Test("a sharded checkpoint scores the same bits as a single file")
  func sharded() throws {
    let (whole, parts) = (
      try Fixture.open("tiny-llama"), try Fixture.open("tiny-llama-sharded")
    )
    let examples = try Fixture.examples(whole)
    func score(_ model: LanguageModel) throws -> [[BranchScore]] {
      try Scorer(model.decoder, longest: 256, tokenBudget: 256, rank: 0).score(
        examples, policy: model.basePolicy)
    }
    #expect(try score(whole) == score(parts))
  }
}
