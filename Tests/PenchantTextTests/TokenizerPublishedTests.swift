import PenchantCore
import PenchantText
import Testing

/// Real tokenizers, where the optional data folder has them.
@Suite("Published tokenizers") struct TokenizerPublishedTests {
  @Test(
    "give the library's ids and return every text",
    arguments: ["gpt2", "smollm2", "qwen2.5", "mistral-v0.1"])
  func published(name: String) throws {
    guard let file = try TokenizerFixtures.shared("tokenizers/\(name)/tokenizer.json") else {
      return
    }
    let tokenizer = try Tokenizer(json: file)
    let fixture = try TokenizerFixtures.load("tokenizer-published.json")
    let lines = try #require(fixture["lines"]?.array)
    let expected = try #require(fixture[name]?.array)
    #expect(lines.count == expected.count)
    for (line, ids) in zip(lines, expected) {
      let text = try #require(line.string)
      #expect(try tokenizer.encode(text, addSpecialTokens: false) == ids.ids, "\(text)")
    }
    for text in try Self.preferences() {
      let ids = try tokenizer.encode(text, addSpecialTokens: false)
      let decoded = try tokenizer.decode(ids)
      #expect(decoded.utf8.elementsEqual(text.utf8))
    }
  }

  /// All texts of the preference data.
  private static func preferences() throws -> [String] {
    var texts: [String] = []
    func collect(_ value: JSON) {
      switch value {
      case .string(let text): texts.append(text)
      case .array(let elements): elements.forEach(collect)
      case .object(let object): object.values.forEach(collect)
      default: break
      }
    }
    if let data = try TokenizerFixtures.shared("preferences/llama-factory_dpo_en_demo.json") {
      collect(data)
    }
    return texts
  }
}
