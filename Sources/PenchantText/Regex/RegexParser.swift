/// Reads the regular expressions of published tokenizers, with the meaning Oniguruma gives them.
///
/// Anything outside that dialect is an error, never a guess. Captures are read as plain groups,
/// since only where a match lies matters. (One gap: under (?i) Oniguruma lets some ligatures match
/// two letters, as ﬆ does "st"; no tokenizer's pattern has those letters there.)
struct RegexParser {
  static let depthLimit = 50
  private static let repetitionLimit = 1000

  let scalars: [Unicode.Scalar]
  var position = 0
  /// Inside `(?i:…)` or after `(?i)`.
  var ignoresCase = false
  private var depth = 0
  /// How many classes are open.
  var classDepth = 0

  /// The pattern as a tree.
  static func parse(_ pattern: String) throws(LinearRegexError) -> RegexNode {
    var parser = RegexParser(scalars: Array(pattern.unicodeScalars))
    let node = try parser.parseAlternation()
    guard parser.position == parser.scalars.count else {
      throw parser.failure(.unmatchedParenthesis)
    }
    return node
  }

  private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

  // MARK: Looking at the pattern

  var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  /// Steps over the text if it comes next.
  mutating func skip(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  mutating func take() throws(LinearRegexError) -> Unicode.Scalar {
    guard let scalar = next else { throw failure(.unexpectedEnd) }
    position += 1
    return scalar
  }

  func failure(_ code: LinearRegexError.Code, at offset: Int? = nil) -> LinearRegexError {
    LinearRegexError(code: code, offset: offset ?? position)
  }

  // MARK: Structure

  /// alternation = sequence { "|" sequence }, up to a ")" or the end.
  private mutating func parseAlternation() throws(LinearRegexError) -> RegexNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw failure(.tooDeep(limit: Self.depthLimit)) }
    let caseOutside = ignoresCase
    defer { ignoresCase = caseOutside }
    var branches: [RegexNode] = []
    repeat { branches.append(try parseSequence()) } while skip("|")
    return branches.count == 1 ? branches[0] : .alternation(branches)
  }

  private mutating func parseSequence() throws(LinearRegexError) -> RegexNode {
    var parts: [RegexNode] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = position
      let atom = try parseAtom()
      parts.append(try parseQuantifier(of: atom, at: start))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func parseAtom() throws(LinearRegexError) -> RegexNode {
    let start = position
    let scalar = try take()
    switch scalar {
    case "(": return try parseGroup(at: start)
    case "[": return .set(try parseClass())
    case "\\":
      if let anchor = parseAnchor() { return anchor }
      return .set(try parseEscape(at: start))
    case ".": return .set(ScalarSet("\n").complement)
    case "$": return .lineEnd
    case "^": return .lineStart
    case "*", "+", "?": throw failure(.nothingToRepeat, at: start)
    case "{", "}": throw failure(.unsupported(.brace), at: start)
    default: return .set(try folded(ScalarSet(scalar), at: start))
    }
  }

  /// What follows a "\" where it stands for a place: nil where it does not.
  private mutating func parseAnchor() -> RegexNode? {
    let anchors: [(String, RegexNode)] = [
      ("b", .wordBoundary(true)), ("B", .wordBoundary(false)), ("A", .textStart), ("z", .textEnd),
      ("Z", .lastLineEnd),
    ]
    for (letter, node) in anchors where skip(letter) { return node }
    return nil
  }

  /// What follows a "(".
  private mutating func parseGroup(at start: Int) throws(LinearRegexError) -> RegexNode {
    guard skip("?") else { return try closed(try parseAlternation(), at: start) }
    if skip(":") { return try closed(try parseAlternation(), at: start) }
    if skip("=") { return try parseLook(ahead: true, negated: false, at: start) }
    if skip("!") { return try parseLook(ahead: true, negated: true, at: start) }
    if skip("<=") { return try parseLook(ahead: false, negated: false, at: start) }
    if skip("<!") { return try parseLook(ahead: false, negated: true, at: start) }
    if skip(">") {
      guard let node = try closed(try parseAlternation(), at: start).atomic else {
        throw failure(.unsupported(.possessive), at: start)
      }
      return node
    }
    if skip("<") || skip("P<") { throw failure(.unsupported(.namedGroup), at: start) }
    let caseOutside = ignoresCase
    if skip("i") {
      ignoresCase = true
    } else if skip("-i") {
      ignoresCase = false
    } else {
      throw failure(.unsupported(.flag), at: start)
    }
    defer { ignoresCase = caseOutside }
    if skip(":") { return try closed(try parseAlternation(), at: start) }
    // An isolated flag holds to the end of the group around it, alternatives included.
    guard skip(")") else { throw failure(.unsupported(.flag), at: start) }
    return try parseAlternation()
  }

  private mutating func closed(
    _ node: RegexNode, at start: Int
  ) throws(LinearRegexError) -> RegexNode {
    guard skip(")") else { throw failure(.unmatchedParenthesis, at: start) }
    return node
  }

  private mutating func parseLook(
    ahead: Bool, negated: Bool, at start: Int
  ) throws(LinearRegexError) -> RegexNode {
    let inner = try closed(try parseAlternation(), at: start)
    guard let set = inner.singleScalarSet else {
      return .look(inner, ahead: ahead, negated: negated)
    }
    let wanted = negated ? set.complement : set
    return ahead ? .lookahead(wanted, orEnd: negated) : .lookbehind(wanted, orStart: negated)
  }

  // MARK: Quantifiers

  private mutating func parseQuantifier(
    of atom: RegexNode, at start: Int
  ) throws(LinearRegexError) -> RegexNode {
    let quantifier = position
    var (minimum, maximum): (Int, Int?)
    var isInterval = false
    switch next {
    case "*": (minimum, maximum) = (0, nil)
    case "+": (minimum, maximum) = (1, nil)
    case "?": (minimum, maximum) = (0, 1)
    case "{":
      (minimum, maximum) = try parseInterval()
      isInterval = true
    default: return atom
    }
    if !isInterval { position += 1 }
    var isGreedy = true
    if next == "?" {
      // Oniguruma reads {n}? as "n times or not at all", unlike most others.
      guard !isInterval || minimum != maximum else {
        throw failure(.unsupported(.quantifierStack), at: quantifier)
      }
      isGreedy = false
      position += 1
    } else if next == "+" {
      guard !isInterval else { throw failure(.unsupported(.quantifierStack), at: quantifier) }
      position += 1
      if let following = next, "*+?{".unicodeScalars.contains(following) {
        throw failure(.unsupported(.quantifierStack))
      }
      guard maximum == 1 || !atom.isNullable,
        let node = RegexNode.repetition(atom, minimum: minimum, maximum: maximum, greedy: true)
          .atomic
      else { throw failure(.unsupported(.possessive), at: quantifier) }
      return node
    }
    if let following = next, "*+?{".unicodeScalars.contains(following) {
      throw failure(.unsupported(.quantifierStack))
    }
    // Engines disagree on when a loop that got nowhere ends.
    if maximum != 0, maximum != 1, atom.isNullable {
      throw failure(.unsupported(.emptyRepetition), at: start)
    }
    return .repetition(atom, minimum: minimum, maximum: maximum, greedy: isGreedy)
  }

  /// `{n}`, `{n,}`, `{n,m}` or `{,m}`.
  private mutating func parseInterval() throws(LinearRegexError) -> (Int, Int?) {
    let start = position
    position += 1
    let minimum = try parseCount()
    let hasComma = skip(",")
    let maximum = hasComma ? try parseCount() : minimum
    guard skip("}"), minimum != nil || (hasComma && maximum != nil) else {
      throw failure(.unsupported(.brace), at: start)
    }
    if let minimum, let maximum, minimum > maximum { throw failure(.invalidRange, at: start) }
    return (minimum ?? 0, maximum)
  }

  private mutating func parseCount() throws(LinearRegexError) -> Int? {
    var count: Int?
    while let digit = next, ("0"..."9").contains(digit) {
      let value = (count ?? 0) * 10 + Int(digit.value - 48)
      guard value <= Self.repetitionLimit else { throw failure(.tooLarge) }
      count = value
      position += 1
    }
    return count
  }
}
