import PenchantCore

extension PreTokenizer {
  /// The pattern of GPT-2, which ByteLevel applies unless it is told not to.
  private static let byteLevelPattern =
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Reads `pre_tokenizer`, which may be absent.
  init(_ field: TokenizerField?) throws(TextError) {
    var reader = Reader()
    if let field { try reader.read(field) }
    self.init(steps: reader.steps)
  }

  private struct Reader {
    var steps: [Step] = []

    mutating func read(_ field: TokenizerField) throws(TextError) {
      switch try field.type() {
      case "Sequence":
        for part in try field.required("pretokenizers").array() { try read(part) }
      case "ByteLevel": try readByteLevel(field)
      case "Split": try readSplit(field)
      case "Metaspace": steps.append(.metaspace(try Metaspace(field)))
      case "Digits":
        let isIndividual = try field.flag("individual_digits", default: false)
        try add(.set(.numbers), isIndividual ? .isolated : .contiguous, at: field)
      case "Punctuation":
        let behavior: SplitBehavior =
          if let behavior = field["behavior"] { try SplitBehavior(behavior) } else { .isolated }
        try add(.set(.punctuation), behavior, at: field)
      case "BertPreTokenizer":
        try add(.set(.whitespace), .removed, at: field)
        try add(.set(.punctuation), .isolated, at: field)
      case "WhitespaceSplit": try add(.set(.whitespace), .removed, at: field)
      case "Whitespace":
        let other = ScalarSet.word.union(.whitespace).complement
        try add(
          .alternation([Self.many(.word), Self.many(other)]), .removed, isInverted: true, at: field)
      case "CharDelimiterSplit", "Delimiter":
        let delimiter = try field.required("delimiter")
        _ = try delimiter.character()
        try add(.literal(delimiter.string()), .removed, at: delimiter)
      case "UnicodeScripts": steps.append(.scripts)
      case "FixedLength":
        let length = try field["length"]?.int() ?? 5
        guard length > 0 else {
          throw TextError(.unsupportedOption(path: field.path(of: "length"), value: "\(length)"))
        }
        steps.append(.fixedLength(length))
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
      steps.append(
        .split(PatternSplit(try field.regex(node), behavior, isInverted: isInverted)))
    }

    private mutating func readByteLevel(_ field: TokenizerField) throws(TextError) {
      if try field.flag("add_prefix_space", default: true) { steps.append(.prefixSpace) }
      if try field.flag("use_regex", default: true) {
        let pattern = TokenizerField(.string(byteLevelPattern), path: field.path)
        try add(pattern.pattern(), .isolated, at: field)
      }
      steps.append(.byteAlphabet)
    }

    private mutating func readSplit(_ field: TokenizerField) throws(TextError) {
      let pattern = try field.required("pattern")
      let behavior = try SplitBehavior(field.required("behavior"))
      let isInverted = try field.flag("invert", default: false)
      if let text = pattern["String"] {
        try add(.literal(text.string()), behavior, isInverted: isInverted, at: text)
      } else {
        let regex = try pattern.required("Regex")
        try add(regex.pattern(), behavior, isInverted: isInverted, at: regex)
      }
    }
  }
}
