import PenchantCore
import PenchantText
import Testing

@Suite("Tokenizer, wrong files") struct TokenizerBadFileTests {
  typealias Tiny = TinyTokenizer

  @Test("names what is missing or has the wrong type")
  func structure() {
    #expect(
      Tiny.failure([])?.code == .wrongType(path: "file", expected: "an object", found: "array"))
    #expect(Tiny.failure(Tiny.file(["model": nil]))?.code == .missingField(path: "model"))
    #expect(
      Tiny.failure(Tiny.file(model: ["vocab": nil]))?.code == .missingField(path: "model.vocab"))
    #expect(
      Tiny.failure(Tiny.file(model: ["vocab": ["a"]]))?.code
        == .wrongType(path: "model.vocab", expected: "an object", found: "array"))
    #expect(
      Tiny.failure(Tiny.file(model: ["merges": "a b"]))?.code
        == .wrongType(path: "model.merges", expected: "an array", found: "string"))
    #expect(
      Tiny.failure(Tiny.file(["added_tokens": [["id": 1]]]))?.code
        == .missingField(path: "added_tokens[0].content"))
    #expect(
      Tiny.failure(Tiny.file(["added_tokens": [["id": 1, "content": "x", "special": 1]]]))?.code
        == .wrongType(
          path: "added_tokens[0].special", expected: "true or false", found: "number"))
    #expect(
      Tiny.failure(Tiny.file(["decoder": ["type": "Strip", "content": "ab"]]))?.code
        == .wrongType(path: "decoder.content", expected: "one character", found: "string"))
  }

  @Test("refuses ids that are no ids, far too large or taken")
  func vocabularyIDs() {
    for value in [-1, 1.5, "7", nil, [], 1e300] as [JSON] {
      let vocabulary = Tiny.vocabulary.setting(["new": value])
      let code = Tiny.failure(Tiny.file(model: ["vocab": vocabulary]))?.code
      #expect(
        code
          == .wrongType(
            path: "model.vocab.new", expected: "a token id", found: value.text()))
    }
    let huge = Tiny.vocabulary.setting(["new": 2_000_000_000])
    #expect(
      Tiny.failure(Tiny.file(model: ["vocab": huge]))?.code
        == .tokenIDTooLarge(2_000_000_000, tokens: 259))
    let taken = Tiny.vocabulary.setting(["new": 97])
    #expect(Tiny.failure(Tiny.file(model: ["vocab": taken]))?.code == .duplicateTokenID(97))
  }

  @Test("refuses merges that are no pairs of tokens")
  func merges() {
    for merge in ["a", "a b c", "", " ", "a ", ["a"], ["a", 1], ["a", ""], 3, nil] as [JSON] {
      #expect(
        Tiny.failure(Tiny.file(model: ["merges": ["a b", merge]]))?.code
          == .malformedMerge(index: 1))
    }
    for merge in ["a zz", "zz a", "a d", "a 東"] as [JSON] {
      #expect(
        Tiny.failure(Tiny.file(model: ["merges": [merge]]))?.code == .mergeOfUnknownToken(index: 0))
    }
  }

  @Test("names components that are not supported")
  func components() {
    func code(_ key: String, _ type: String) -> TextError.Code? {
      Tiny.failure(Tiny.file([key: ["type": .string(type)]]))?.code
    }
    for key in ["model", "normalizer", "pre_tokenizer", "post_processor", "decoder"] {
      #expect(code(key, "Neural") == .unsupportedComponent(path: key, type: "Neural"))
    }
    #expect(
      Tiny.failure(Tiny.file(model: ["dropout": 0.1]))?.code
        == .unsupportedOption(path: "model.dropout", value: "0.1"))
    for mismatch in [
      ["type": "Metaspace", "replacement": "_", "prepend_scheme": "sometimes"],
      ["type": "FixedLength", "length": 0],
    ] as [JSON] {
      let code = Tiny.failure(Tiny.file(["pre_tokenizer": mismatch]))?.code
      #expect({ if case .unsupportedOption = code { true } else { false } }())
    }
  }

  @Test("accepts settings that change nothing")
  func harmlessOptions() {
    let file = Tiny.file(model: [
      "dropout": nil, "unk_token": nil, "continuing_subword_prefix": "",
      "end_of_word_suffix": "", "byte_fallback": false, "fuse_unk": false, "type": nil,
    ])
    #expect(Tiny.failure(file) == nil)
    let decoder: JSON = [
      "type": "Sequence", "decoders": [["type": "ByteLevel"], ["type": "Fuse"]],
    ]
    #expect(Tiny.failure(Tiny.file(["decoder": decoder])) == nil)
  }

  @Test("refuses templates and tokens that name unknown tokens")
  func unknownTokens() {
    func template(_ ids: JSON, name: String = "<s>") -> JSON {
      Tiny.file([
        "post_processor": [
          "type": "TemplateProcessing",
          "single": [["SpecialToken": ["id": .string(name)]], ["Sequence": ["id": "A"]]],
          "special_tokens": ["<s>": ["id": "<s>", "ids": ids, "tokens": ["<s>"]]],
        ]
      ])
    }
    #expect(Tiny.failure(template([258])) == nil)
    #expect(
      Tiny.failure(template([259]))?.code == .tokenIDOutOfRange(259, vocabularySize: 259))
    #expect(
      Tiny.failure(template([-1]))?.code
        == .wrongType(
          path: "post_processor.special_tokens.<s>.ids[0]", expected: "a token id",
          found: "number"))
    #expect(
      Tiny.failure(template([258], name: "<t>"))?.code
        == .unknownToken(path: "post_processor.special_tokens", token: "<t>"))
    #expect(
      Tiny.failure(Tiny.file(model: ["unk_token": "<unk>"]))?.code
        == .unknownToken(path: "model.unk_token", token: "<unk>"))
  }

  @Test("survives any value in any place", .timeLimit(.minutes(2)))
  func everyPlace() {
    let split: JSON = [
      "type": "Split", "pattern": ["Regex": #"\s+(?!\S)|\p{L}+"#], "behavior": "Isolated",
      "invert": false,
    ]
    let file = Tiny.file([
      "normalizer": ["type": "Sequence", "normalizers": [["type": "NFC"]]],
      "pre_tokenizer": Tiny.splitting(split),
      "added_tokens": [
        ["id": 4, "content": "<|end|>", "lstrip": true, "rstrip": true, "single_word": true]
      ],
      "post_processor": [
        "type": "Sequence",
        "processors": [
          [
            "type": "TemplateProcessing",
            "single": [["SpecialToken": ["id": "<s>"]], ["Sequence": ["id": "A"]]],
            "special_tokens": ["<s>": ["id": "<s>", "ids": [4]]],
          ]
        ],
      ],
      "model": [
        "type": "BPE", "vocab": ["a": 0, "b": 1, "ab": 2, "?": 3], "merges": [["a", "b"]],
        "unk_token": "?", "dropout": nil, "byte_fallback": false, "ignore_merges": true,
      ],
    ])
    var accepted = 0
    var refused = 0
    let values: [JSON] = [nil, true, -1, 4e9, 1e300, "", "ab", [nil], [:]]
    for changed in Self.replacing(in: file, by: values) {
      do throws(TextError) {
        let tokenizer = try Tokenizer(json: changed)
        let ids = try tokenizer.encode(" ab b<|end|>\n\u{301}?", addSpecialTokens: true)
        _ = try tokenizer.decode(ids)
        accepted += 1
      } catch {
        refused += 1
      }
    }
    #expect(accepted > 50 && refused > 200)
  }

  /// All copies of a value in which one part is another value.
  private static func replacing(in value: JSON, by values: [JSON]) -> [JSON] {
    var results = values
    switch value {
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        for changed in replacing(in: element, by: values) {
          var copy = elements
          copy[index] = changed
          results.append(.array(copy))
        }
      }
    case .object(let object):
      for (key, member) in object.members {
        for changed in replacing(in: member, by: values) {
          results.append(value.setting([key: changed]))
        }
        results.append(value.setting([key: nil]))
      }
    default: break
    }
    return results
  }

  @Test("says in words what is wrong and what to do")
  func wording() throws {
    let neural = try #require(Tiny.failure(Tiny.file(["normalizer": ["type": "Neural"]])))
    #expect(neural.category == .input)
    #expect(neural.identifier == "tokenizer-component-unsupported")
    #expect(
      neural.description == """
        The tokenizer's 'normalizer' is of type 'Neural', which Penchant does not support
          Use another model, or its tokenizer.json as a newer release has it
        """)
    let split: JSON = [
      "type": "Split", "pattern": ["Regex": #"a(b)\1"#], "behavior": "Isolated",
    ]
    let pattern = try #require(
      Tiny.failure(Tiny.file(["pre_tokenizer": Tiny.splitting(split)])))
    #expect(
      pattern.message
        == "The tokenizer's regular expression 'pre_tokenizer.pretokenizers[0].pattern.Regex' "
        + "cannot be used: backreference is not supported at character 4")
    let merge = try #require(Tiny.failure(Tiny.file(model: ["merges": ["a zz"]])))
    #expect(
      merge.description == """
        The merge 'model.merges[0]' needs a token that the vocabulary does not have
          Fetch the model's tokenizer files again; they are damaged or were edited
        """)
  }
}
