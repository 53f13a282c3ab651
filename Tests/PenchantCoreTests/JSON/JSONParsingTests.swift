import PenchantCore
import Testing

@Suite("JSON.parse")
struct JSONParsingTests {
  @Test func keepsOrderAndSpelling() throws {
    let json = try JSON.parse(#" {"b": 1.50, "a": [true, null, -0, 1E+2], "": "x"} "#)
    #expect(json.object?.keys == ["b", "a", ""])
    #expect(json.text() == #"{"b": 1.50, "a": [true, null, -0, 1E+2], "": "x"}"#)
  }

  @Test(arguments: [
    ("0", 0), ("-7", -7), ("1e3", 1000), ("2.0", 2), ("9223372036854775807", Int.max),
    ("-9223372036854775808", Int.min),
  ])
  func readsWholeNumbers(text: String, value: Int) throws {
    #expect(try JSON.parse(text).int == value)
  }

  @Test(arguments: ["1.5", "9223372036854775808", "1e400", "1e16", "\"1\"", "true"])
  func doesNotRoundToWholeNumbers(text: String) throws {
    #expect(try JSON.parse(text).int == nil)
  }

  @Test func numbersTooLargeForADoubleKeepTheirText() throws {
    let json = try JSON.parse("[1e999, 123456789012345678901234567890]")
    #expect(json.array?[0].double == nil)
    #expect(json.array?[1].double == 0x1.8ee90ff6c373ep+96)
    #expect(json.text() == "[1e999, 123456789012345678901234567890]")
  }

  @Test(arguments: [
    "", " ", "{", "[", "\"", "[1", "[1,", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "tru",
    "\"\\",
    "\"\\u12",
  ])
  func saysWhenTheTextEndsEarly(text: String) {
    #expect(throws: JSONError(code: .unexpectedEnd, offset: text.utf8.count)) {
      try JSON.parse(text)
    }
  }

  @Test(arguments: [
    "01", "-", "-x", "1.", "1.e3", "1e", "1e+", "-01", "00", "--1", ".5", "+1", "NaN", "Infinity",
    "-Infinity", "0x10", "1_000", "nul", "True", "[1,]", "{,}", "{\"a\" 1}", "{a:1}", "{1:1}",
    "[1 2]", "'a'", "/* */1", "1 1", "{}{}", "\u{a0}1",
  ])
  func refusesWhatRFC8259Refuses(text: String) {
    #expect(throws: JSONError.self) { try JSON.parse(text) }
  }

  @Test func namesTheOffset() {
    #expect(throws: JSONError(code: .unexpectedByte(UInt8(ascii: "x")), offset: 4)) {
      try JSON.parse("[1, x]")
    }
    #expect(throws: JSONError(code: .trailingBytes, offset: 3)) { try JSON.parse("{} x") }
    #expect(throws: JSONError(code: .duplicateKey, offset: 9)) {
      try JSON.parse(#"{"a": 1, "a": 2}"#)
    }
  }

  @Test func findsDuplicatesAmongManyKeysAndBehindEscapes() {
    let many = (0..<500).map { "\"k\($0)\": \($0)" }.joined(separator: ", ")
    #expect(throws: JSONError.self) { try JSON.parse("{\(many), \"k77\": 1}") }
    #expect(throws: JSONError.self) { try JSON.parse(#"{"a": 1, "\u0061": 2}"#) }
    #expect(throws: Never.self) { try JSON.parse("{\(many)}") }
  }

  @Test func keepsApartKeysThatSwiftCallsEqual() throws {
    let composed = "\u{e9}"
    let decomposed = "e\u{301}"
    try #require(composed == decomposed)
    for padding in ["", (0..<20).map { ", \"k\($0)\": 0" }.joined()] {
      let json = try JSON.parse("{\"\(composed)\": 1, \"\(decomposed)\": 2\(padding)}")
      #expect(json[composed]?.int == 1)
      #expect(json[decomposed]?.int == 2)
    }
    #expect(JSON.string(composed) != JSON.string(decomposed))
  }

  @Test func readsEscapes() throws {
    let json = try JSON.parse(#""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\u0000""#)
    #expect(json == .string("\"\\/\u{8}\u{c}\n\r\tA\u{e9}\u{1f600}\0"))
  }

  @Test(arguments: [
    #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, #""\ud800x""#, #""a\ud83d\n""#,
    #""\ude00\ud83d""#,
  ])
  func refusesLoneSurrogates(text: String) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    #expect(error?.code == .loneSurrogate)
  }

  @Test(arguments: [#""\x41""#, #""\u12g4""#, #""\U0041""#, #""\u+123""#, #""\ ""#])
  func refusesUnknownEscapes(text: String) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(text) }
    #expect(error?.code == .invalidEscape)
  }

  @Test func refusesControlCharacters() {
    for byte in UInt8(0)..<0x20 {
      let error = #expect(throws: JSONError.self) { try JSON.parse([0x22, byte, 0x22]) }
      #expect(error?.code == .controlCharacter)
    }
  }

  @Test(
    arguments: [
      [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xff],
    ] as [[UInt8]])
  func refusesInvalidUTF8(bytes: [UInt8]) {
    for escape in [[], Array(#"\n"#.utf8)] {
      let error = #expect(throws: JSONError.self) {
        try JSON.parse([0x22] + escape + bytes + [0x22])
      }
      #expect(error?.code == .invalidUTF8)
    }
  }

  @Test func passesOverAByteOrderMark() throws {
    #expect(try JSON.parse([0xef, 0xbb, 0xbf] + Array("[1]".utf8)) == [1])
  }

  @Test func stopsAtTheDepthLimit() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try JSON.parse(nested(128)) }
    let error = #expect(throws: JSONError.self) { try JSON.parse(nested(129)) }
    #expect(error?.code == .tooDeep(limit: 128))
    #expect(throws: JSONError.self) { try JSON.parse(String(repeating: "[", count: 1_000_000)) }
    #expect(throws: JSONError.self) {
      try JSON.parse(String(repeating: #"{"a":"#, count: 1_000_000))
    }
  }

  @Test func stopsAtTheSizeLimit() {
    #expect(throws: JSONError(code: .tooLong(limit: 4), offset: 4)) {
      try JSON.parse("[1,2]", limits: JSONLimits(bytes: 4))
    }
    #expect(throws: Never.self) { try JSON.parse("[1,2]", limits: JSONLimits(bytes: 5)) }
  }

  /// Whatever single byte changes, the reader answers.
  @Test func survivesEveryFlippedBitAndTruncation() throws {
    let text = Array(#"{"a": [1.5e-3, "\u00e9\n", {"b": null}], "é": true}"#.utf8)
    for length in 0..<text.count {
      #expect(throws: JSONError.self) { try JSON.parse(Array(text[..<length])) }
    }
    for position in text.indices {
      for bit in 0..<8 {
        var changed = text
        changed[position] ^= 1 << bit
        guard let json = try? JSON.parse(changed) else { continue }
        #expect(try JSON.parse(json.text()) == json)
      }
    }
  }

  @Test func phrasesNeverQuoteStrings() {
    #expect(
      JSONError(code: .unexpectedByte(UInt8(ascii: "}")), offset: 0).phrase
        == "unexpected character '}'")
    #expect(JSONError(code: .unexpectedByte(0x80), offset: 0).phrase == "unexpected byte 0x80")
    #expect(
      JSONError(code: .duplicateKey, offset: 0).phrase == "an object has the same key twice")
  }
}
