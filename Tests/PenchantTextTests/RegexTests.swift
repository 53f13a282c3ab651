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

  @Test("finds the same by table and by simulation")
  func tableAgreesWithSimulation() throws {
    let patterns = [
      #"(?i:'s|'t|'ll)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#,
      "(a|b)*c|a", "(?:a?){3}a{3}", "(a*)*b", "ab*?(?=a|c)|b", "[^a]+c$",
    ]
    var state: UInt64 = 3
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let alphabet = ["a", "b", "c", "A", " ", "\n", "'", "s", "1", "é", "東", "😀"]
    for pattern in patterns {
      let table = try LinearRegex(pattern, usesTable: true)
      let simulation = try LinearRegex(pattern, usesTable: false)
      for _ in 0..<300 {
        let text = (0..<next(30)).map { _ in alphabet[next(alphabet.count)] }.joined()
        #expect(matches(table, in: text) == matches(simulation, in: text), "\(pattern) \(text)")
      }
    }
  }

  @Test("needs time linear in the text for patterns that backtracking engines hang on")
  func hostilePatterns() throws {
    let clock = ContinuousClock()
    let text = Array(String(repeating: "a", count: 100_000).utf8)
    for pattern in ["(a+)+b", "(a|aa)*b", "(a*)*b", "(?:a?){50}a{50}b", #"\p{L}+\p{N}"#, "a*a*a*b"]
    {
      for usesTable in [true, false] {
        let regex = try LinearRegex(pattern, usesTable: usesTable)
        let start = clock.now
        let match = text.withUnsafeBufferPointer { regex.firstMatch(in: $0, from: 0) }
        #expect(match == nil)
        #expect(clock.now - start < .seconds(5), "\(pattern) \(usesTable)")
      }
    }
  }

  @Test("bounds what a pattern may ask for")
  func bounds() {
    #expect(failure("a{1001}")?.code == .tooLarge)
    #expect(failure("((a{1000}){1000}){1000}")?.code == .tooLarge)
    #expect(failure("(((a{0}){1000}){1000}){1000}") == nil)
    let deep = String(repeating: "(", count: 60_000) + String(repeating: ")", count: 60_000)
    #expect(failure(deep)?.code == .tooDeep(limit: 50))
    #expect(failure(String(repeating: "a", count: 10_000))?.code == .tooLarge)
    #expect(failure("a{99999999999999999999}")?.code == .tooLarge)
  }

  @Test(
    "refuses what it cannot do, at its place",
    arguments: [
      (#"(a)\1"#, .backreference, 3), ("x(?<=a)", .lookbehind, 1), ("x(?<!a)", .lookbehind, 1),
      ("(?=ab)", .longLookahead, 0), ("(?!a*)", .longLookahead, 0), ("a++", .possessive, 1),
      ("(?>a)", .possessive, 0), ("(?<n>a)", .namedGroup, 0), ("(?m:a)", .flag, 0),
      ("^a", .anchor, 0), (#"a\b"#, .anchor, 1), ("[a&&b]", .classSetOperation, 2),
      ("[a[b]]", .classSetOperation, 2), ("[[:alpha:]]", .classSetOperation, 1),
      ("(?i)é", .caseInsensitive, 4), (#"(?i)\p{Lu}"#, .caseInsensitive, 4),
      ("a**", .quantifierStack, 2), ("a{2}?", .quantifierStack, 1), (#"\h"#, .escape, 0),
      ("a{x}", .brace, 1), ("{", .brace, 0),
    ] as [(String, LinearRegexError.Construct, Int)])
  func unsupported(pattern: String, construct: LinearRegexError.Construct, offset: Int) {
    #expect(failure(pattern)?.code == .unsupported(construct), "\(pattern)")
    #expect(failure(pattern)?.offset == offset, "\(pattern)")
  }

  @Test("refuses what is malformed, at its place")
  func malformed() {
    let cases: [(String, LinearRegexError.Code, Int)] = [
      ("(a", .unmatchedParenthesis, 0), ("a)", .unmatchedParenthesis, 1), ("[a", .unexpectedEnd, 2),
      (#"\"#, .unexpectedEnd, 1), ("*", .nothingToRepeat, 0), ("(?=a)*", .nothingToRepeat, 0),
      ("[z-a]", .invalidRange, 1), ("a{3,2}", .invalidRange, 1),
      (#"\x{110000}"#, .invalidEscape, 0),
      (#"\xZZ"#, .invalidEscape, 0), (#"\pL"#, .invalidEscape, 0), ("[]", .emptyClass, 0),
      (#"\p{Nope}"#, .unknownProperty("Nope"), 0), (#"[\s-a]"#, .invalidRange, 1),
    ]
    for (pattern, code, offset) in cases {
      #expect(failure(pattern) == LinearRegexError(code: code, offset: offset), "\(pattern)")
    }
  }
}
