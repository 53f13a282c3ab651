import PenchantText
import Testing

@Suite("LinearRegex") struct RegexTests {
  /// The matched texts.
  private func matches(_ regex: LinearRegex, in text: String) -> [String] {
    var found: [String] = []
    let bytes = Array(text.utf8)
    bytes.withUnsafeBufferPointer { buffer in
      regex.forEachMatch(in: buffer) { found.append(String(decoding: bytes[$0], as: UTF8.self)) }
    }
    return found
  }

  private func failure(_ pattern: String) -> LinearRegexError? {
    do throws(LinearRegexError) {
      _ = try LinearRegex(pattern)
      return nil
    } catch { return error }
  }

  @Test("prefers earlier alternatives and longer repetitions")
  func preference() throws {
    #expect(try matches(LinearRegex("a|ab"), in: "abab") == ["a", "a"])
    #expect(try matches(LinearRegex("ab|a"), in: "abaab") == ["ab", "a", "ab"])
    #expect(try matches(LinearRegex("a{2,3}"), in: "aaaaa") == ["aaa", "aa"])
    #expect(try matches(LinearRegex("a+?b?"), in: "aab") == ["a", "ab"])
    #expect(try matches(LinearRegex("a*"), in: "baac") == ["", "aa", ""])
  }

  @Test("looks one character ahead, and treats the end as no character")
  func lookahead() throws {
    #expect(try matches(LinearRegex(#"\s+(?!\S)|\s+"#), in: "a   b  ") == ["  ", " ", "  "])
    #expect(try matches(LinearRegex("a(?=b)"), in: "abaa") == ["a"])
    #expect(try matches(LinearRegex("a(?!b)"), in: "aba") == ["a"])
  }

  @Test("looks behind, and far ahead and behind")
  func lookaround() throws {
    #expect(try matches(LinearRegex("(?<=a)b"), in: "babb") == ["b"])
    #expect(try matches(LinearRegex("(?<!a)b"), in: "babb") == ["b", "b"])
    // Groups of three digits from the right.
    let groups = try LinearRegex(#"\d{1,3}(?=(?:\d{3})*(?:\D|$))"#)
    #expect(matches(groups, in: "1234567 12 1000") == ["1", "234", "567", "12", "1", "000"])
    #expect(try matches(LinearRegex("(?<=foo|ba+)x"), in: "foox bax baaax ax") == ["x", "x", "x"])
    #expect(try matches(LinearRegex("(?<!ab)c(?!de)"), in: "abc cde c") == ["c"])
    // A look within a look, and one that is optional.
    #expect(try matches(LinearRegex("a(?=b(?!cd))"), in: "abcd abc ab") == ["a", "a"])
    #expect(try matches(LinearRegex("(?:(?<=xy)z)?a"), in: "xyza za") == ["za", "a"])
  }

  @Test("knows the beginnings and ends of lines, texts and words")
  func anchors() throws {
    #expect(try matches(LinearRegex("^a"), in: "ab\na") == ["a", "a"])
    #expect(try matches(LinearRegex("^"), in: "a\n") == [""])
    #expect(try matches(LinearRegex(#"\Aa|b\z"#), in: "aab\nb") == ["a", "b"])
    #expect(try matches(LinearRegex(#"b\Z"#), in: "b\nb\n") == ["b"])
    #expect(try matches(LinearRegex(#"\bfoo\b"#), in: "foo food foo") == ["foo", "foo"])
    #expect(try matches(LinearRegex(#"\Bo"#), in: "foo o") == ["o", "o"])
  }

  @Test("gives nothing back of what is atomic")
  func atomic() throws {
    #expect(try matches(LinearRegex("(?>a|ab)c"), in: "abc ac") == ["ac"])
    #expect(try matches(LinearRegex("(?>a+)ab|b"), in: "aab") == ["b"])
    #expect(try matches(LinearRegex("(?:ab)++abc|c"), in: "ababc") == ["c"])
    #expect(try matches(LinearRegex("(?>a{1,2})a"), in: "aaaa") == ["aaa"])
    #expect(try matches(LinearRegex("(?>a+b*)c"), in: "aabbc abc") == ["aabbc", "abc"])
    #expect(try matches(LinearRegex("(?>a*?)ab"), in: "aab") == ["ab"])
    #expect(try matches(LinearRegex("(?>(?:a|ab)+)c|c"), in: "abc") == ["c"])
    #expect(try matches(LinearRegex("(?>(?:ab){2,})a"), in: "ababa") == ["ababa"])
  }

  @Test(
    "needs time linear in the text for patterns that backtracking engines hang on",
    arguments: [
      ("(a+)+b", 0), ("(a|aa)*b", 0), ("((a+)*c?a)*b", 0), ("a{0,30}a{30}b", 0),
      (#"\p{L}+\p{N}"#, 0), ("a*a*a*b", 0), ("[^c]*[ab]c", 0),
      // Each of these finds matches everywhere, and reads to the end of the text for each.
      ("(?=a*b)a", 0), ("a(?!a*$)", 0), ("(?<=a{0,30}a{9})a(?=(?:aa)*$)", 49_996),
      (#"\b(?:a|aa)+\b"#, 1), ("(?>a|aa)*+b", 0), ("^(?:a+)+$", 1),
      ("a+b|a", 100_000), ("(?:aa)*b|aaa", 33_333), ("a(?:[^c]+c)?", 100_000),
    ])
  func hostilePatterns(pattern: String, count: Int) throws {
    let text = Array(String(repeating: "a", count: 100_000).utf8)
    let regex = try LinearRegex(pattern)
    let clock = ContinuousClock()
    let start = clock.now
    var found = 0
    text.withUnsafeBufferPointer { regex.forEachMatch(in: $0) { _ in found += 1 } }
    #expect(found == count)
    // Quadratic time would be minutes.
    #expect(clock.now - start < .seconds(5))
  }

  @Test("forgets nothing that could still match")
  func futileRunsAreExact() throws {
    // Runs of a's in vain for b, then one that has it; longer than what a run does before it takes notes.
    let regex = try LinearRegex("(?:aa)+b|a+c|a")
    let text =
      String(repeating: "a", count: 301) + " " + String(repeating: "a", count: 301) + "b"
      + String(repeating: "a", count: 300) + "c"
    let found = matches(regex, in: text).map(\.utf8.count)
    // The second word: "a", then 300 of it with the b.
    #expect(found == Array(repeating: 1, count: 301) + [1, 301] + [301])
  }

  @Test("bounds what a pattern may ask for")
  func bounds() {
    #expect(failure("a{1001}")?.code == .tooLarge)
    #expect(failure("((a{1000}){1000}){1000}")?.code == .tooLarge)
    #expect(failure("[ab]*a[ab]{16}")?.code == .tooLarge)
    let deep = String(repeating: "(", count: 60_000) + String(repeating: ")", count: 60_000)
    #expect(failure(deep)?.code == .tooDeep(limit: 50))
    #expect(failure(String(repeating: "a", count: 10_000))?.code == .tooLarge)
    #expect(failure("a{99999999999999999999}")?.code == .tooLarge)
  }

  @Test(
    "refuses what it cannot do, at its place",
    arguments: [
      (#"(a)\1"#, .backreference, 3), ("x(?>a*ab)", .possessive, 1),
      ("x(?>(?:a|ab)c)", .possessive, 1), ("(?>(?:a|ab){2,})", .possessive, 0),
      ("(?>a{0,1000})", .possessive, 0),
      ("(?:a*b?)++", .possessive, 8),
      ("(?<n>a)", .namedGroup, 0), ("(?m:a)", .flag, 0),
      (#"a\G"#, .anchor, 1), (#"a\Kb"#, .anchor, 1), (#"[\b]"#, .anchor, 1),
      ("(?i)é", .caseInsensitive, 4), (#"(?i)\p{Lu}"#, .caseInsensitive, 4),
      ("a**", .quantifierStack, 2), ("a{2}?", .quantifierStack, 1), (#"\h"#, .escape, 0),
      ("a{x}", .brace, 1), ("{", .brace, 0), ("(?=a)*", .emptyRepetition, 0),
      ("b(a*)+", .emptyRepetition, 1), ("(a|)*", .emptyRepetition, 0),
    ] as [(String, LinearRegexError.Construct, Int)])
  func unsupported(pattern: String, construct: LinearRegexError.Construct, offset: Int) {
    #expect(failure(pattern)?.code == .unsupported(construct), "\(pattern)")
    #expect(failure(pattern)?.offset == offset, "\(pattern)")
  }

  @Test("refuses what is malformed, at its place")
  func malformed() {
    let cases: [(String, LinearRegexError.Code, Int)] = [
      ("(a", .unmatchedParenthesis, 0), ("a)", .unmatchedParenthesis, 1), ("[a", .unexpectedEnd, 2),
      (#"\"#, .unexpectedEnd, 1), ("*", .nothingToRepeat, 0),
      ("[z-a]", .invalidRange, 1), ("a{3,2}", .invalidRange, 1),
      (#"\x{110000}"#, .invalidEscape, 0),
      (#"\xZZ"#, .invalidEscape, 0), (#"\pL"#, .invalidEscape, 0), ("[]", .emptyClass, 0),
      (#"\p{Nope}"#, .unknownProperty("Nope"), 0), ("[[:nope:]]", .unknownProperty("nope"), 1),
      (#"[\s-a]"#, .invalidRange, 1),
    ]
    for (pattern, code, offset) in cases {
      #expect(failure(pattern) == LinearRegexError(code: code, offset: offset), "\(pattern)")
    }
  }
}
