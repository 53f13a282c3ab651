package import PenchantCore

extension Tokenizer {
  /// The pattern of Qwen2's tokenizer class.
  private static let qwenPattern =
    #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"#
    + #"|\s*[\r\n]+|\s+(?!\S)|\s+"#

  /// Reads GPT-2's pair of files, which hold a byte-level BPE model and leave the rest to a class.
  /// - Parameters:
  ///   - vocabulary: the content of `vocab.json`, tokens with their ids.
  ///   - merges: the content of `merges.txt`, a pair of tokens a line.
  ///   - configuration: of the `tokenizer_config.json` beside them, for the class and added tokens.
  /// - Throws: ``TextError`` for malformed files, and for a class whose way to split is not known.
  package init(
    vocabulary: JSON, merges: [UInt8], configuration: TokenizerConfiguration
  ) throws(TextError) {
    let isQwen = try Self.isQwen(configuration)
    let byteLevel: JSON = [
      "type": "ByteLevel", "add_prefix_space": .bool(configuration.addsPrefixSpace),
      "trim_offsets": true, "use_regex": .bool(!isQwen),
    ]
    let split: JSON = [
      "type": "Split", "pattern": ["Regex": .string(Self.qwenPattern)], "behavior": "Isolated",
      "invert": false,
    ]
    try self.init(json: [
      "added_tokens": .array(Self.addedTokens(vocabulary, configuration)),
      "normalizer": isQwen ? ["type": "NFC"] : nil,
      "pre_tokenizer": isQwen
        ? ["type": "Sequence", "pretokenizers": [split, byteLevel]] : byteLevel,
      "post_processor": Self.template(vocabulary, configuration), "decoder": byteLevel,
      "model": ["type": "BPE", "vocab": vocabulary, "merges": .array(try Self.pairs(merges))],
    ])
  }

  private static func isQwen(_ configuration: TokenizerConfiguration) throws(TextError) -> Bool {
    switch configuration.tokenizerClass {
    case nil, "GPT2Tokenizer", "GPT2TokenizerFast": return false
    case "Qwen2Tokenizer", "Qwen2TokenizerFast": return true
    case .some(let name):
      throw TextError(
        .unsupportedOption(path: "tokenizer_class", value: "'\(name)' without a tokenizer.json"))
    }
  }

  private static func pairs(_ merges: [UInt8]) throws(TextError) -> [JSON] {
    var pairs: [JSON] = []
    let lines = merges.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.starts(with: Array("#version".utf8)) { continue }
      if line.isEmpty, index == lines.count - 1 { continue }
      let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard parts.count == 2, let left = String(validating: parts[0], as: UTF8.self),
        let right = String(validating: parts[1], as: UTF8.self), !left.isEmpty, !right.isEmpty
      else { throw TextError(.malformedMergesFile(line: index + 1)) }
      pairs.append([.string(left), .string(right)])
    }
    return pairs
  }

  /// The configuration's added tokens, and the tokens that it names for a purpose, which are special.
  private static func addedTokens(
    _ vocabulary: JSON, _ configuration: TokenizerConfiguration
  ) -> [JSON] {
    var tokens = configuration.addedTokens
    var known = Set(tokens.compactMap { $0["content"]?.string })
    var next = (vocabulary.object?.count ?? 0) + tokens.count
    let named = [
      configuration.bosToken, configuration.eosToken, configuration.unkToken,
      configuration.padToken,
      vocabulary["<|endoftext|>"] == nil ? nil : "<|endoftext|>",
    ]
    for case .some(let content) in named where known.insert(content).inserted {
      let id = vocabulary[content]?.int ?? next
      if id == next { next += 1 }
      tokens.append([
        "id": .number(JSONNumber(id)), "content": .string(content), "special": true,
        "normalized": true,
      ])
    }
    return tokens
  }

  /// The beginning and end of a text, where the configuration asks for them.
  private static func template(
    _ vocabulary: JSON, _ configuration: TokenizerConfiguration
  ) -> JSON {
    func part(_ token: String?, isWanted: Bool) -> String? {
      isWanted ? token.flatMap { vocabulary[$0]?.int == nil ? nil : $0 } : nil
    }
    let begin = part(configuration.bosToken, isWanted: configuration.addsBOS == true)
    let end = part(configuration.eosToken, isWanted: configuration.addsEOS == true)
    func special(_ token: String?) -> [JSON] {
      token.map { [["SpecialToken": ["id": .string($0)]]] } ?? []
    }
    var tokens = JSONObject()
    for case .some(let token) in [begin, end] {
      tokens[token] = ["id": .string(token), "ids": [vocabulary[token] ?? nil]]
    }
    guard !tokens.isEmpty else { return nil }
    return [
      "type": "TemplateProcessing",
      "single": .array(special(begin) + [["Sequence": ["id": "A"]]] + special(end)),
      "special_tokens": .object(tokens),
    ]
  }
}
