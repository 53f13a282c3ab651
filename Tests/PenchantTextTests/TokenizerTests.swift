import PenchantCore
import PenchantText
import Testing

@Suite("Tokenizer") struct TokenizerTests {
  /// The tokenizers of the fixture share a model; `merges` turns the merges into another spelling.
  private static func variant(
    _ name: String, of fixture: JSON, mergesAsStrings: Bool = false
  ) throws -> Tokenizer {
    var model = try #require(fixture["model"])
    let stored = try #require(fixture[name])
    for (key, value) in try #require(stored["model"]?.object).members {
      model = model.setting([key: value])
    }
    if mergesAsStrings {
      let merges = try #require(model["merges"]?.array)
      let strings = merges.map { pair -> JSON in
        .string((pair.array ?? []).compactMap(\.string).joined(separator: " "))
      }
      model = model.setting(["merges": .array(strings)])
    }
    return try Tokenizer(json: #require(stored["file"]).setting(["model": model]))
  }

  @Test(
    "gives the ids and the text of the tokenizers library",
    arguments: ["gpt2", "prefix-space", "qwen", "smollm", "llama", "o200k-nfd", "falcon"])
  func agreesWithLibrary(name: String) throws {
    let fixture = try TokenizerFixtures.load("tokenizer-trained.json")
    let lines = try #require(fixture["lines"]?.array)
    let cases = try #require(fixture["\(name)-cases"]?.array)
    #expect(lines.count == cases.count && lines.count > 40)
    for asStrings in [false, true] {
      let tokenizer = try Self.variant(name, of: fixture, mergesAsStrings: asStrings)
      for (line, row) in zip(lines, cases) {
        let text = try #require(line.string)
        let ids = try #require(row["ids"]).ids
        let special = row["special"]?.ids ?? ids
        let decoded = row["decoded"]?.string ?? text
        #expect(try tokenizer.encode(text, addSpecialTokens: false) == ids, "\(text)")
        #expect(try tokenizer.encode(text, addSpecialTokens: true) == special, "\(text)")
        // By scalars: Swift's strings are equal when they are canonically equivalent.
        #expect(
          try tokenizer.decode(ids).unicodeScalars.elementsEqual(decoded.unicodeScalars), "\(text)")
        let skipped = try tokenizer.decode(special, skipSpecialTokens: true)
        let expected = row["skipped"]?.string ?? decoded
        #expect(skipped.unicodeScalars.elementsEqual(expected.unicodeScalars), "\(text)")
      }
    }
  }

  @Test("names tokens as the vocabulary spells them, and counts them")
  func names() throws {
    let tokenizer = try Tokenizer(json: TinyTokenizer.file())
    #expect(tokenizer.vocabularySize == 259)
    #expect(tokenizer.id(of: "abc") == 257)
    #expect(tokenizer.id(of: "Ġ") == 32)
    #expect(tokenizer.id(of: " ") == nil)
    #expect(tokenizer.id(of: "<|end|>") == 258)
    #expect(tokenizer.token(of: 32) == "Ġ")
    #expect(tokenizer.token(of: 258) == "<|end|>")
    #expect(tokenizer.token(of: 259) == nil)
    #expect(tokenizer.token(of: -1) == nil)
    #expect(tokenizer.isSpecial(258) && !tokenizer.isSpecial(257) && !tokenizer.isSpecial(-5))
    #expect(tokenizer.notes.isEmpty)
  }

  @Test("merges the lowest rank first and the leftmost of equals")
  func mergeOrder() throws {
    var vocabulary = TinyTokenizer.vocabulary
    vocabulary = vocabulary.setting(["bc": 300, "aa": 301, "aaaa": 302])
    let merges: JSON = [["b", "c"], ["a", "b"], ["ab", "c"], ["a", "a"], ["aa", "aa"]]
    let tokenizer = try Tokenizer(
      json: TinyTokenizer.file(model: ["vocab": vocabulary, "merges": merges]))
    #expect(try tokenizer.encode("abc", addSpecialTokens: false) == [97, 300])
    #expect(try tokenizer.encode("aaa", addSpecialTokens: false) == [301, 97])
    #expect(try tokenizer.encode("aaaaaaa", addSpecialTokens: false) == [302, 301, 97])
  }

  @Test("merges a long word as it does a short one", arguments: [2, 39, 40, 41, 42, 43, 200, 1001])
  func longWords(count: Int) throws {
    var vocabulary = TinyTokenizer.vocabulary
    vocabulary = vocabulary.setting(["aa": 300, "aaaa": 301])
    let tokenizer = try Tokenizer(
      json: TinyTokenizer.file(
        model: ["vocab": vocabulary, "merges": ["a a", "aa aa"]]))
    // All pairs form first, from the left; then pairs of pairs.
    let expected =
      Array(repeating: Int32(301), count: count / 4)
      + Array(repeating: Int32(300), count: count % 4 / 2)
      + Array(repeating: Int32(97), count: count % 2)
    let word = String(repeating: "a", count: count)
    #expect(try tokenizer.encode(word, addSpecialTokens: false) == expected)
  }

  @Test("takes a whole word that is a token when merges are ignored")
  func ignoreMerges() throws {
    for (ignores, expected) in [(true, [257]), (false, [256, 99])] as [(Bool, [Int32])] {
      let tokenizer = try Tokenizer(
        json: TinyTokenizer.file(
          model: ["merges": ["a b"], "ignore_merges": .bool(ignores)]))
      #expect(try tokenizer.encode("abc", addSpecialTokens: false) == expected)
    }
  }

  @Test("drops bytes without a token, or makes them the unknown token")
  func unknownBytes() throws {
    let vocabulary = TinyTokenizer.vocabulary.setting(["x": nil, "y": nil, "?": 120])
    var changes: KeyValuePairs<String, JSON?> = ["vocab": vocabulary]
    var tokenizer = try Tokenizer(json: TinyTokenizer.file(model: changes))
    #expect(try tokenizer.encode("axyb", addSpecialTokens: false) == [256])
    changes = ["vocab": vocabulary, "unk_token": "?"]
    tokenizer = try Tokenizer(json: TinyTokenizer.file(model: changes))
    #expect(try tokenizer.encode("axyb", addSpecialTokens: false) == [97, 120, 120, 98])
    changes = ["vocab": vocabulary, "unk_token": "?", "fuse_unk": true]
    tokenizer = try Tokenizer(json: TinyTokenizer.file(model: changes))
    #expect(try tokenizer.encode("axyb", addSpecialTokens: false) == [97, 120, 98])
  }

  @Test("does not apply saved truncation and padding, and says so")
  func savedTruncation() throws {
    let file = TinyTokenizer.file([
      "truncation": ["max_length": 1, "strategy": "LongestFirst", "stride": 0],
      "padding": ["strategy": ["Fixed": 192], "pad_id": 0],
    ])
    let tokenizer = try Tokenizer(json: file)
    #expect(try tokenizer.encode("xyz", addSpecialTokens: true).count == 3)
    #expect(
      tokenizer.notes == [
        "the tokenizer's saved truncation is not applied",
        "the tokenizer's saved padding is not applied",
      ])
  }

  @Test("gives added tokens the ids that the library gives, noting what the file says")
  func addedTokenIDs() throws {
    let tokenizer = try Tokenizer(
      json: TinyTokenizer.file([
        "added_tokens": [
          ["id": 900, "content": "<x>"], ["id": 5, "content": "abc"],
          ["id": 259, "content": "<y>"],
        ]
      ]))
    #expect(try tokenizer.encode("<x>abc<y>", addSpecialTokens: false) == [258, 257, 259])
    #expect(tokenizer.notes.count == 2)
    #expect(
      tokenizer.notes.first
        == "the added token '<x>' has the id 258, not 900 as 'added_tokens[0]' says")
  }

  @Test("survives an added token that strips the space another one took")
  func overlappingStrips() throws {
    let tokenizer = try Tokenizer(
      json: TinyTokenizer.file([
        "added_tokens": [
          ["id": 258, "content": "<x>", "rstrip": true, "normalized": false],
          ["id": 32, "content": " ", "lstrip": true, "normalized": false],
        ]
      ]))
    #expect(try tokenizer.encode("<x>   a", addSpecialTokens: false).first == 258)
  }

  @Test("refuses to decode an id outside the vocabulary", arguments: [-1, 259, Int32.max, .min])
  func idOutOfRange(id: Int32) throws {
    let tokenizer = try Tokenizer(json: TinyTokenizer.file())
    #expect(throws: TextError(.tokenIDOutOfRange(Int(id), vocabularySize: 259))) {
      try tokenizer.decode([97, id])
    }
  }

  @Test("decodes bytes that are no characters to U+FFFD")
  func brokenCharacters() throws {
    let tokenizer = try Tokenizer(json: TinyTokenizer.file())
    #expect(try tokenizer.decode([0xf0, 0x9f, 97, 0xff]) == "\u{fffd}a\u{fffd}")
  }

  @Test("encodes words of 200 kB in well below a second", .timeLimit(.minutes(1)))
  func longInput() throws {
    let fixture = try TokenizerFixtures.load("tokenizer-trained.json")
    let clock = ContinuousClock()
    for name in ["gpt2", "qwen", "o200k-nfd"] {
      let tokenizer = try Self.variant(name, of: fixture)
      for unit in ["a", "the", " ", "\n ", " \t", "A", "1", "é", "e\u{301}", "😀", "'", "<|end|"] {
        let text = String(repeating: unit, count: 200_000 / unit.utf8.count)
        let start = clock.now
        let ids = try tokenizer.encode(text, addSpecialTokens: false)
        #expect(clock.now - start < .seconds(2), "\(name) \(unit.debugDescription)")
        #expect(!ids.isEmpty)
      }
    }
  }
}
