import PenchantCore
import PenchantText
import Testing

/// What the assistant says, in tokens, against Transformers' `return_assistant_tokens_mask`
/// (`scripts/make_generation_mask_fixtures.py`).
@Suite struct GenerationMaskTests {
  @Test func tokensOfGenerationBlocksAreThoseOfTransformers() throws {
    let fixture = try TokenizerFixtures.load("generation-masks.json")
    var tokenizers: [String: Tokenizer] = [:]
    for (name, json) in try #require(fixture["tokenizers"]?.object).members {
      tokenizers[name] = try Tokenizer(json: json)
    }
    tokenizers["tiny-llama"] = try Tokenizer(
      json: TokenizerFixtures.load("../Models/tiny-llama/tokenizer.json"))
    let cases = try #require(fixture["cases"]?.array)
    var differing = 0
    for row in cases {
      let tokenizer = try #require(tokenizers[row["tokenizer"]?.string ?? ""])
      let template = try ChatTemplate(source: row["template"]?.string ?? "")
      let rendering = try template.render(
        messages: row["messages"]?.array ?? [], addGenerationPrompt: false)
      let encoded = try tokenizer.encode(rendering.text, marking: rendering.generationSpans)
      #expect(encoded.ids == row["ids"]?.ids)
      #expect(encoded.ids == (try tokenizer.encode(rendering.text, addSpecialTokens: false)))
      let mask = encoded.isMarked.map { $0 ? "1" : "0" }.joined()
      #expect(mask == row["mask"]?.string, "\(rendering.text)")
      if row["transformers"] != nil { differing += 1 }
    }
    #expect(cases.count == 42)
    // The script says why: characters of several tokens at the end of a span, and joined ones.
    #expect(differing == 4)
  }

  @Test func spansOfWholeTextsEmptyOnesAndNoneAreMarked() throws {
    let tokenizer = try Tokenizer(
      json: TokenizerFixtures.load("../Models/tiny-llama/tokenizer.json"))
    let text = "<|im_start|>ab cd<|im_end|>"
    let length = text.utf8.count
    #expect(try tokenizer.encode(text, marking: [0..<length]).isMarked.allSatisfy { $0 })
    #expect(try tokenizer.encode(text, marking: []).isMarked.allSatisfy { !$0 })
    #expect(try tokenizer.encode(text, marking: [3..<3, 14..<14]).isMarked.allSatisfy { !$0 })
    // A single byte of a special token is the whole token.
    #expect(try tokenizer.encode(text, marking: [1..<2]).isMarked.first == true)
    #expect(try tokenizer.encode("", marking: []).ids.isEmpty)
  }
}
