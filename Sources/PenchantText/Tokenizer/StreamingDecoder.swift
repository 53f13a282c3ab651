/// Decodes token ids one by one, giving out whole characters only.
///
/// A token can end in the middle of a character; its bytes wait for the next. What comes out over
/// time is together what ``Tokenizer/decode(_:skipSpecialTokens:)`` gives for all ids.
package struct StreamingDecoder: Sendable {
  private let tokenizer: Tokenizer
  private let skipsSpecialTokens: Bool
  /// The beginning of a character: at most three bytes.
  private var pending: [UInt8] = []

  init(tokenizer: Tokenizer, skipsSpecialTokens: Bool) {
    self.tokenizer = tokenizer
    self.skipsSpecialTokens = skipsSpecialTokens
  }

  /// The text that is complete with this id; empty while a character is unfinished and for an
  /// unknown id.
  package mutating func append(_ id: Int32) -> String {
    if skipsSpecialTokens, tokenizer.isSpecial(id) { return "" }
    guard let bytes = tokenizer.bytes(of: id) else { return "" }
    pending += bytes
    let waiting = Self.unfinishedSuffix(of: pending)
    let text = String(decoding: pending.dropLast(waiting), as: UTF8.self)
    pending.removeFirst(pending.count - waiting)
    return text
  }

  /// What is left, as U+FFFD; the decoder is then as new.
  package mutating func finish() -> String {
    defer { pending.removeAll() }
    return String(decoding: pending, as: UTF8.self)
  }

  /// How many bytes at the end could still become a character.
  private static func unfinishedSuffix(of bytes: [UInt8]) -> Int {
    // Walk back over at most two continuation bytes to a lead byte.
    for count in 1...3 where count <= bytes.count {
      let byte = bytes[bytes.count - count]
      if byte & 0xc0 == 0x80 { continue }
      let needed =
        switch byte {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 1
        }
      guard needed > count else { return 0 }
      return canContinue(bytes.suffix(count)) ? count : 0
    }
    return 0
  }

  /// Whether the second byte, if it is there, fits the lead byte (no overlong forms, no
  /// surrogates).
  private static func canContinue(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let lead = bytes.first, let second = bytes.dropFirst().first else { return true }
    return switch lead {
    case 0xe0: second >= 0xa0
    case 0xed: second < 0xa0
    case 0xf0: second >= 0x90
    case 0xf4: second < 0x90
    default: true
    }
  }
}
