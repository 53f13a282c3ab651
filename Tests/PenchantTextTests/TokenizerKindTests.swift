import PenchantCore
import PenchantText
import Testing

/// Tiny tokenizers of every kind, held against what the libraries make of the same lines;
/// `scripts/make_tokenizer_kind_fixtures.py` makes the fixture.
@Suite("Tokenizer, every kind") struct TokenizerKindTests {
  /// The `tokenizer.json` of an entry, and its model put in.
  private static func file(_ entry: JSON, _ fixture: JSON) throws -> JSON {
    let name = try #require(entry["model"]?.string)
    var model = try #require(fixture["models"]?[name])
    for (key, value) in try #require(entry["change"]?.object).members {
      model = model.setting([key: value])
    }
    return try #require(entry["file"]).setting(["model": model])
  }

  @Test("gives the ids and the text of the tokenizers library, streamed too")
  func agreesWithLibrary() throws {
    let fixture = try TokenizerFixtures.load("tokenizer-kinds.json")
    let lines = try #require(fixture["lines"]?.array).compactMap(\.string)
    let entries = try #require(fixture["tokenizers"]?.array)
    #expect(entries.count >= 19 && lines.count > 45)
    for entry in entries {
      let name = try #require(entry["name"]?.string)
      let tokenizer = try Tokenizer(json: Self.file(entry, fixture))
      for (line, row) in zip(lines, try #require(entry["cases"]?.array)) {
        let ids = try #require(row["ids"]).ids
        #expect(try tokenizer.encode(line, addSpecialTokens: false) == ids, "\(name): \(line)")
        let special = row["special"]?.ids ?? ids
        #expect(try tokenizer.encode(line, addSpecialTokens: true) == special, "\(name): \(line)")
        let decoded = try #require(row["decoded"]?.string)
        #expect(try tokenizer.decode(ids).utf8.elementsEqual(decoded.utf8), "\(name): \(line)")
        var decoder = tokenizer.streamingDecoder()
        let streamed = ids.map { decoder.append($0) }.joined() + decoder.finish()
        #expect(streamed.utf8.elementsEqual(decoded.utf8), "\(name): \(line)")
      }
    }
  }

  @Test("gives the ids of the sentencepiece library for a tokenizer.model")
  func sentencePiece() throws {
    let fixture = try TokenizerFixtures.load("tokenizer-kinds.json")
    let entries = try #require(fixture["sentencepiece"]?.array)
    #expect(entries.count == 9)
    for entry in entries {
      let name = try #require(entry["name"]?.string)
      let file = try #require(entry["file"]?.string)
      let bytes = try #require(Self.base64(file))
      let tokenizer = try Tokenizer(
        sentencePiece: bytes, configuration: TokenizerConfiguration(json: [:]))
      for row in try #require(entry["cases"]?.array) {
        let text = try #require(row["text"]?.string)
        let ids = try #require(row["ids"]).ids
        #expect(try tokenizer.encode(text, addSpecialTokens: false) == ids, "\(name): \(text)")
        #expect(try tokenizer.encode(text, addSpecialTokens: true) == [1] + ids, "\(name)")
      }
      // A template's tokens are found in the text, and no mark follows them.
      let ids = try tokenizer.encode("<s>x</s>", addSpecialTokens: false)
      #expect(ids.first == 1 && ids.last == 2 && ids.count >= 3, "\(name)")
      #expect(try tokenizer.decode(ids, skipSpecialTokens: true) == "x" || ids.contains(0))
    }
  }

  @Test("survives a tokenizer.model that is cut or changed anywhere", .timeLimit(.minutes(1)))
  func damagedSentencePiece() throws {
    let fixture = try TokenizerFixtures.load("tokenizer-kinds.json")
    let entry = try #require(fixture["sentencepiece"]?.array?[2])
    let file = try #require(entry["file"]?.string)
    let bytes = try #require(Self.base64(file))
    let configuration = try TokenizerConfiguration(json: [:])
    var refused = 0
    func attempt(_ bytes: [UInt8]) {
      do throws(TextError) {
        let tokenizer = try Tokenizer(sentencePiece: bytes, configuration: configuration)
        let ids = try tokenizer.encode("The ship <sep> é日本\u{1}", addSpecialTokens: true)
        _ = try tokenizer.decode(ids)
      } catch { refused += 1 }
    }
    for count in stride(from: 0, to: bytes.count, by: 97) { attempt(Array(bytes[..<count])) }
    var state: UInt64 = 5
    for _ in 0..<100 {
      var changed = bytes
      for _ in 0..<3 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        changed[Int(state >> 33) % changed.count] = UInt8(truncatingIfNeeded: state >> 25)
      }
      attempt(changed)
    }
    #expect(refused > 50)
    #expect(throws: TextError(.malformedSentencePiece(offset: 0))) {
      try Tokenizer(sentencePiece: [], configuration: configuration)
    }
  }

  @Test("survives a tokenizer.json whose bytes are changed", .timeLimit(.minutes(1)))
  func damagedJSON() throws {
    let fixture = try TokenizerFixtures.load("tokenizer-kinds.json")
    var parsed = 0
    for entry in try #require(fixture["tokenizers"]?.array) {
      let file = try Self.file(entry, fixture).setting(["model": TinyTokenizer.model])
      let bytes = Array(file.text().utf8)
      var state: UInt64 = 11
      for _ in 0..<60 {
        var changed = bytes
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let place = Int(state >> 33) % changed.count
        changed[place] = Array("0129\"{}[],:-aeT".utf8)[Int(state >> 20) % 15]
        guard let json = try? JSON.parse(changed) else { continue }
        parsed += 1
        do throws(TextError) {
          let tokenizer = try Tokenizer(json: json)
          let ids = try tokenizer.encode(" ab é\u{301}日本</s>  ", addSpecialTokens: true)
          _ = try tokenizer.decode(ids)
        } catch { continue }
      }
    }
    #expect(parsed > 100)
  }

  @Test("encodes 100 kB without a space in well below a second", .timeLimit(.minutes(1)))
  func longWords() throws {
    let fixture = try TokenizerFixtures.load("tokenizer-kinds.json")
    let clock = ContinuousClock()
    for entry in try #require(fixture["tokenizers"]?.array) {
      let tokenizer = try Tokenizer(json: Self.file(entry, fixture))
      for unit in ["a", "the", " ", "é", "e\u{301}", "\u{301}", "日", "<s", "\u{2581}", "😀"] {
        let text = String(repeating: unit, count: 100_000 / unit.utf8.count)
        let start = clock.now
        let ids = try tokenizer.encode(text, addSpecialTokens: false)
        _ = try tokenizer.decode(ids)
        let name = entry["name"]?.string ?? ""
        #expect(clock.now - start < .seconds(2), "\(name) \(unit.debugDescription)")
      }
    }
  }

  @Test("reads GPT-2's vocab.json and merges.txt as the tokenizer.json of the same model")
  func vocabularyAndMerges() throws {
    let fixture = try TokenizerFixtures.load("tokenizer-trained.json")
    let vocabulary = try #require(fixture["model"]?["vocab"])
    let pairs = try #require(fixture["model"]?["merges"]?.array)
    let lines = pairs.map { ($0.array ?? []).compactMap(\.string).joined(separator: " ") }
    let merges = "#version: 0.2\n" + lines.joined(separator: "\n") + "\n"
    let tokenizer = try Tokenizer(
      vocabulary: vocabulary, merges: Array(merges.utf8),
      configuration: TokenizerConfiguration(json: [
        "eos_token": "<|end|>", "bos_token": "<|end|>", "tokenizer_class": "GPT2Tokenizer",
      ]))
    let texts = try #require(fixture["lines"]?.array).compactMap(\.string)
    for (text, row) in zip(texts, try #require(fixture["gpt2-cases"]?.array)) {
      #expect(
        try tokenizer.encode(text, addSpecialTokens: false) == row["ids"]?.ids, "\(text)")
    }
    func failure(_ merges: String, _ configuration: JSON = [:]) -> TextError.Code? {
      do {
        _ = try Tokenizer(
          vocabulary: vocabulary, merges: Array(merges.utf8),
          configuration: TokenizerConfiguration(json: configuration))
        return nil
      } catch { return error.code }
    }
    #expect(failure("a b\na b c") == .malformedMergesFile(line: 2))
    #expect(failure("t h\n\nh e") == .malformedMergesFile(line: 2))
    #expect(
      failure("t h", ["tokenizer_class": "CLIPTokenizer"])
        == .unsupportedOption(
          path: "tokenizer_class", value: "'CLIPTokenizer' without a tokenizer.json"))
  }

  private static func base64(_ text: String) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var values = [UInt8: UInt32]()
    for (value, digit) in alphabet.enumerated() { values[digit] = UInt32(value) }
    var (buffer, bits): (UInt32, UInt32) = (0, 0)
    var bytes: [UInt8] = []
    for digit in text.utf8 where digit != UInt8(ascii: "=") {
      guard let value = values[digit] else { return nil }
      (buffer, bits) = (buffer << 6 | value, bits + 6)
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
      }
    }
    return bytes
  }
}
