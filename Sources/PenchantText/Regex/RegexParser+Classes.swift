extension RegexParser {
  /// What follows a "[", up to and including the "]": items, nested classes, and "&&" between parts
  /// that intersect.
  mutating func parseClass() throws(LinearRegexError) -> ScalarSet {
    let start = position - 1
    classDepth += 1
    defer { classDepth -= 1 }
    guard classDepth <= Self.depthLimit else { throw failure(.tooDeep(limit: Self.depthLimit)) }
    let isNegated = skip("^")
    if next == "]" { throw failure(.emptyClass, at: start) }
    var whole: ScalarSet?
    var part = ScalarSet()
    while !skip("]") {
      if skip("&&") {
        whole = whole.map { $0.intersection(part) } ?? part
        part = ScalarSet()
      } else if skip("[:") {
        part = part.union(try parseBracketProperty(at: position - 2))
      } else if skip("[") {
        part = part.union(try parseClass())
      } else {
        part = part.union(try parseClassItem())
      }
    }
    let set = whole.map { $0.intersection(part) } ?? part
    return isNegated ? set.complement : set
  }

  /// What follows a "[:": `alpha:]`, `^digit:]`.
  private mutating func parseBracketProperty(at start: Int) throws(LinearRegexError) -> ScalarSet {
    let isNegated = skip("^")
    var name = ""
    while !skip(":]") { name.unicodeScalars.append(try take()) }
    guard let set = ScalarSet(bracketProperty: name) else {
      throw failure(.unknownProperty(name), at: start)
    }
    return isNegated ? set.complement : set
  }

  /// A scalar, a range of scalars or a shorthand such as `\s`.
  private mutating func parseClassItem() throws(LinearRegexError) -> ScalarSet {
    let start = position
    let lower = try parseClassScalar()
    guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
      if let shorthand = lower.shorthand { return shorthand }
      return try folded(lower.set, at: start)
    }
    position += 1
    let upper = try parseClassScalar()
    guard lower.shorthand == nil, upper.shorthand == nil,
      let first = lower.set.ranges.first?.lowerBound, let last = upper.set.ranges.first?.upperBound,
      first <= last
    else { throw failure(.invalidRange, at: start) }
    return try folded(ScalarSet([first...last]), at: start)
  }

  private mutating func parseClassScalar() throws(LinearRegexError) -> (
    set: ScalarSet, shorthand: ScalarSet?
  ) {
    let start = position
    let scalar = try take()
    guard scalar == "\\" else { return (ScalarSet(scalar), nil) }
    if let shorthand = try parseShorthand(at: start) { return (ScalarSet(), shorthand) }
    return (ScalarSet(try parseScalarEscape(at: start)), nil)
  }

  /// What follows a "\" outside a class.
  mutating func parseEscape(at start: Int) throws(LinearRegexError) -> ScalarSet {
    if let shorthand = try parseShorthand(at: start) { return shorthand }
    return try folded(ScalarSet(try parseScalarEscape(at: start)), at: start)
  }

  /// `\s`, `\d`, `\w`, `\p{…}` and their negations; nil when something else follows the "\".
  private mutating func parseShorthand(at start: Int) throws(LinearRegexError) -> ScalarSet? {
    guard let letter = next else { throw failure(.unexpectedEnd) }
    let set: ScalarSet
    switch letter {
    case "s": set = .whitespace
    case "S": set = ScalarSet.whitespace.complement
    case "d": set = .decimalDigits
    case "D": set = ScalarSet.decimalDigits.complement
    case "w": set = .onigurumaWord
    case "W": set = ScalarSet.onigurumaWord.complement
    case "p", "P":
      position += 1
      return try parseProperty(negated: letter == "P", at: start)
    default: return nil
    }
    position += 1
    return set
  }

  /// `{L}` or `{^L}` after `\p`: general categories, scripts and what POSIX brackets have.
  private mutating func parseProperty(
    negated: Bool, at start: Int
  ) throws(LinearRegexError) -> ScalarSet {
    guard skip("{") else { throw failure(.invalidEscape, at: start) }
    let isNegated = skip("^") != negated
    var name = ""
    while !skip("}") { name.unicodeScalars.append(try take()) }
    guard let set = ScalarSet(property: name) else {
      throw failure(.unknownProperty(name), at: start)
    }
    // Under (?i) Oniguruma closes these over letter case; tokenizers never ask for that.
    if ignoresCase, name.utf8.count == 2, name.utf8.first == UInt8(ascii: "L") {
      throw failure(.unsupported(.caseInsensitive), at: start)
    }
    return isNegated ? set.complement : set
  }

  /// `\n`, `\x41`, `\x{1f600}`, `\u0041` and punctuation that stands for itself.
  private mutating func parseScalarEscape(at start: Int) throws(LinearRegexError) -> Unicode.Scalar
  {
    let letter = try take()
    switch letter {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "f": return "\u{0c}"
    case "v": return "\u{0b}"
    case "a": return "\u{07}"
    case "e": return "\u{1b}"
    case "x":
      if skip("{") {
        let value = try parseHex(1...8, at: start)
        guard skip("}") else { throw failure(.invalidEscape, at: start) }
        return value
      }
      return try parseHex(2...2, at: start)
    case "u": return try parseHex(4...4, at: start)
    case "1"..."9", "k": throw failure(.unsupported(.backreference), at: start)
    case "b", "B", "A", "z", "Z", "G", "K": throw failure(.unsupported(.anchor), at: start)
    case "0", "a"..."z", "A"..."Z": throw failure(.unsupported(.escape), at: start)
    default: return letter
    }
  }

  private mutating func parseHex(
    _ lengths: ClosedRange<Int>, at start: Int
  ) throws(LinearRegexError) -> Unicode.Scalar {
    var value: UInt32 = 0
    var count = 0
    while count < lengths.upperBound, let digit = next, digit.isASCII,
      let number = Character(digit).hexDigitValue
    {
      value = value << 4 | UInt32(number)
      count += 1
      position += 1
    }
    guard lengths.contains(count), let scalar = Unicode.Scalar(value),
      value < 0x80 || lengths.upperBound != 2
    else { throw failure(.invalidEscape, at: start) }
    return scalar
  }

  /// The set, closed over letter case when that is asked for.
  ///
  /// That goes as far as ASCII letters and the two that fold to them, ſ and the Kelvin sign.
  func folded(_ set: ScalarSet, at start: Int) throws(LinearRegexError) -> ScalarSet {
    guard ignoresCase else { return set }
    var ranges = set.ranges
    for range in set.ranges {
      guard range.upperBound < 0x80 else {
        throw failure(.unsupported(.caseInsensitive), at: start)
      }
      for scalar in range {
        switch scalar {
        case 0x41...0x5a: ranges.append(scalar + 0x20...scalar + 0x20)
        case 0x61...0x7a: ranges.append(scalar - 0x20...scalar - 0x20)
        default: break
        }
        if scalar | 0x20 == 0x73 { ranges.append(0x17f...0x17f) }
        if scalar | 0x20 == 0x6b { ranges.append(0x212a...0x212a) }
      }
    }
    return ScalarSet(ranges)
  }
}
