import PenchantCore

extension PreTokenizer {
  /// The pattern of GPT-2, which ByteLevel applies unless it is told not to.
  private static let byteLevelPattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Reads `pre_tokenizer`.
  ///
  /// The last component must be ByteLevel: without it words are not bytes, and after it there is
  /// nothing left to split that a published tokenizer does.
  init(_ field: TokenizerField?) throws(TextError) {
    guard let field else { throw TextError(.missingField(path: "pre_tokenizer")) }
    var reader = Reader()
    try reader.read(field)
    guard reader.endsWithByteLevel else {
      throw TextError(.unsupportedOption(path: field.path, value: "splitting without ByteLevel"))
    }
    self.init(steps: reader.steps)
  }

  private struct Reader {
    var steps: [Step] = []
    var endsWithByteLevel = false

    mutating func read(_ field: TokenizerField) throws(TextError) {
      let type = try field.type()
      if type == "Sequence" {
        for part in try field.required("pretokenizers").array() { try read(part) }
        return
      }
      guard !endsWithByteLevel else { throw field.unsupportedComponent() }
      switch type {
      case "ByteLevel": try readByteLevel(field)
      case "Split": try readSplit(field)
      case "Digits":
        let isIndividual = try field.flag("individual_digits", default: false)
        try add(.set(.numbers), isIndividual ? .isolated : .contiguous, at: field)
      case "Punctuation":
        let behavior: SplitBehavior =
          if let behavior = field["behavior"] { try SplitBehavior(behavior) } else { .isolated }
        try add(.set(.punctuation), behavior, at: field)
      case "WhitespaceSplit": try add(.set(.whitespace), .removed, at: field)
      case "Whitespace":
        let other = ScalarSet.word.union(.whitespace).complement
        try add(
          .alternation([Self.many(.word), Self.many(other)]), .removed, isInverted: true, at: field)
      default: throw field.unsupportedComponent()
      }
    }

    private static func many(_ set: ScalarSet) -> RegexNode {
      .repetition(.set(set), minimum: 1, maximum: nil, greedy: true)
    }

    private mutating func add(
      _ node: RegexNode, _ behavior: SplitBehavior, isInverted: Bool = false,
      at field: TokenizerField
    ) throws(TextError) {
      do throws(LinearRegexError) {
        steps.append(.split(PatternSplit(try LinearRegex(node), behavior, isInverted: isInverted)))
      } catch { throw TextError(.pattern(path: field.path, error: error)) }
    }

    private func parse(_ pattern: String, at path: String) throws(TextError) -> RegexNode {
      do throws(LinearRegexError) { return try RegexParser.parse(pattern) } catch {
        throw TextError(.pattern(path: path, error: error))
      }
    }

    private mutating func readByteLevel(_ field: TokenizerField) throws(TextError) {
      if try field.flag("add_prefix_space", default: true) { steps.append(.prefixSpace) }
      if try field.flag("use_regex", default: true) {
        try add(parse(byteLevelPattern, at: field.path), .isolated, at: field)
      }
      endsWithByteLevel = true
    }

    private mutating func readSplit(_ field: TokenizerField) throws(TextError) {
      let pattern = try field.required("pattern")
      let behavior = try SplitBehavior(field.required("behavior"))
      let isInverted = try field.flag("invert", default: false)
      if let text = pattern["String"] {
        try add(.literal(text.string()), behavior, isInverted: isInverted, at: text)
      } else {
        let regex = try pattern.required("Regex")
        let node = try parse(regex.string(), at: regex.path)
        try add(node, behavior, isInverted: isInverted, at: regex)
      }
    }
  }
}
