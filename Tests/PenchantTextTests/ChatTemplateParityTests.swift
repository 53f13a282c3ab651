import PenchantCore
import PenchantText
import Testing

/// Compares with what Transformers renders; `scripts/make_chat_template_fixtures.py` makes the fixtures.
@Suite struct ChatTemplateParityTests {
  @Test func rendersWhatTransformersRenders() throws {
    let fixture = ChatTemplateFixtures.fixture("chat-templates.json")
    let cases = try #require(fixture["cases"]?.array)
    #expect(cases.count > 400)
    for expected in cases {
      let source = try #require(expected["source"]?.string)
      let name = try #require(expected["input"]?.string)
      let input = try #require(fixture["inputs"]?[name])
      let rendering: ChatTemplate.Rendering
      do {
        rendering = try ChatTemplateFixtures.render(source, input)
      } catch {
        #expect(expected["error"]?.bool == true, "\(source): \(error)")
        #expect(error is ChatTemplateError)
        continue
      }
      let text = try #require(expected["text"]?.string, "\(source): no error, \(rendering.text)")
      #expect(
        Array(rendering.text.utf8) == Array(text.utf8), "\(source)\n\(rendering.text)\n\(text)")
      let spans = expected["spans"]?.array?.map {
        ($0.array?[0].int ?? 0)..<($0.array?[1].int ?? 0)
      }
      #expect(rendering.generationSpans == spans ?? [], "\(source)")
      #expect(rendering.unplacedGenerations == 0)
    }
  }

  private static let configuration =
    ChatTemplateFixtures.packageRoot() + "/../shared/data/tokenizers/qwen2.5/tokenizer_config.json"

  @Test(.enabled(if: ChatTemplateFixtures.json(configuration) != nil, "needs ../shared/data"))
  func rendersAPublishedTemplateWithTools() throws {
    let configuration = try #require(ChatTemplateFixtures.json(Self.configuration))
    let source = try #require(configuration["chat_template"]?.string)
    let fixture = ChatTemplateFixtures.fixture("chat-template-published.json")
    let cases = try #require(fixture["cases"]?.array)
    #expect(cases.count == 5)
    for expected in cases {
      let text = try ChatTemplateFixtures.render(source, expected).text
      var digest: UInt64 = 0xcbf2_9ce4_8422_2325
      for byte in text.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
      #expect(text.utf8.count == expected["bytes"]?.int, "\(expected["name"]?.string ?? "")")
      #expect(String(digest, radix: 16) == Self.withoutZeros(expected["fnv1a"]?.string), "\(text)")
    }
  }

  private static func withoutZeros(_ digits: String?) -> String? {
    digits.map { String($0.drop { $0 == "0" }) }
  }
}
