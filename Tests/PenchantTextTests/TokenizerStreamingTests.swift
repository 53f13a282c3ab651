import PenchantCore
import PenchantText
import Testing

@Suite("StreamingDecoder") struct TokenizerStreamingTests {
  private let tokenizer: Tokenizer

  init() throws { tokenizer = try Tokenizer(json: TinyTokenizer.file()) }

  /// Every byte is a token of its own, so characters arrive in parts.
  private func decode(_ bytes: [UInt8]) throws -> (pieces: [String], rest: String, whole: String) {
    var decoder = tokenizer.streamingDecoder()
    let ids = bytes.map { Int32($0) }
    let pieces = ids.map { decoder.append($0) }
    return (pieces, decoder.finish(), try tokenizer.decode(ids))
  }

  @Test("holds a character back until it is whole")
  func wholeCharacters() throws {
    let (pieces, rest, _) = try decode(Array("aé😀".utf8))
    #expect(pieces == ["a", "", "é", "", "", "", "😀"])
    #expect(rest.isEmpty)
  }

  @Test("gives an unfinished character as U+FFFD at the end")
  func unfinished() throws {
    let (pieces, rest, _) = try decode([0x61, 0xf0, 0x9f, 0x98])
    #expect(pieces == ["a", "", "", ""])
    #expect(rest == "\u{fffd}")
  }

  @Test("together gives what decoding at once gives, whatever the bytes")
  func agreesWithWhole() throws {
    var state: UInt64 = 7
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let interesting: [UInt8] = [
      0x61, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xe2, 0xed, 0xef, 0xf0,
      0xf1, 0xf4, 0xf5, 0xff,
    ]
    for _ in 0..<2000 {
      let bytes = (0..<next(12)).map { _ in interesting[next(interesting.count)] }
      let (pieces, rest, whole) = try decode(bytes)
      let joined = pieces.joined() + rest
      #expect(joined.unicodeScalars.elementsEqual(whole.unicodeScalars), "\(bytes)")
    }
  }

  @Test("leaves out special tokens on request and unknown ids always")
  func special() {
    var decoder = tokenizer.streamingDecoder(skipSpecialTokens: true)
    #expect(decoder.append(257) == "abc")
    #expect(decoder.append(258).isEmpty)
    #expect(decoder.append(5000).isEmpty)
    var plain = tokenizer.streamingDecoder()
    #expect(plain.append(258) == "<|end|>")
  }
}
