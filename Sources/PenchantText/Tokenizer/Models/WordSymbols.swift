/// The tokens that a word begins as, before anything is merged: one a character, or one a byte.
struct WordSymbols: Sendable {
  private let vocabulary: Vocabulary
  /// Stands before each character but a word's first.
  private let prefix: [UInt8]
  /// Stands after a word's last character.
  private let suffix: [UInt8]
  /// Byte → its token, -1 where there is none: what a word of bytes consists of.
  private let byteTokens: [Int32]
  /// Byte → the token `<0x41>` that stands for it when its character has none; -1 where there is none.
  private let fallbackTokens: [Int32]
  private let fallsBackToBytes: Bool
  /// What has no token becomes this; nil: nothing.
  private let unknown: Int32?
  /// Whether neighbouring unknown characters become one token.
  private let fusesUnknown: Bool
  /// Scalar below U+10000 → its token, -1 where there is none; empty for words of bytes.
  private let scalarTokens: [Int32]

  init(
    _ vocabulary: Vocabulary, prefix: [UInt8] = [], suffix: [UInt8] = [], fallsBackToBytes: Bool,
    unknown: Int32?, fusesUnknown: Bool
  ) {
    self.vocabulary = vocabulary
    self.prefix = prefix
    self.suffix = suffix
    self.fallsBackToBytes = fallsBackToBytes
    self.unknown = unknown
    self.fusesUnknown = fusesUnknown
    let none = [Int32](repeating: -1, count: 256)
    byteTokens =
      vocabulary.holdsBytes
      ? (UInt8.min...UInt8.max).map { byte in
        [byte].withUnsafeBufferPointer { vocabulary.id(ofBytes: $0) } ?? -1
      } : none
    fallbackTokens = fallsBackToBytes ? vocabulary.byteFallbackTokens : none
    scalarTokens = vocabulary.holdsBytes ? [] : Self.scalarTokens(vocabulary)
  }

  private static func scalarTokens(_ vocabulary: Vocabulary) -> [Int32] {
    var tokens = [Int32](repeating: -1, count: 0x10000)
    for id in 0..<vocabulary.size {
      guard let bytes = vocabulary.bytes(of: id), !bytes.isEmpty, bytes.count <= 3 else { continue }
      bytes.withUnsafeBufferPointer { text in
        let (value, length) = scalar(at: 0, in: text)
        if length == text.count { tokens[Int(value)] = Int32(id) }
      }
    }
    return tokens
  }

  /// Whether every character becomes at least one token.
  var dropsNothing: Bool {
    unknown != nil || (fallsBackToBytes && fallbackTokens.allSatisfy { $0 >= 0 })
  }

  /// Whether a character's token can depend on where in a word it stands.
  var hasAffixes: Bool { !prefix.isEmpty || !suffix.isEmpty }

  /// Tokens that stand for characters without having their text.
  var substitutes: Set<Int32> { Set(fallbackTokens + [unknown ?? -1]).subtracting([-1]) }

  /// Appends the tokens of a word's characters.
  func append(_ word: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) {
    vocabulary.holdsBytes ? appendBytes(word, to: &ids) : appendCharacters(word, to: &ids)
  }

  private func appendBytes(_ word: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) {
    var lastIsUnknown = false
    for byte in word {
      let token = byteTokens[Int(byte)]
      if token >= 0 {
        ids.append(token)
        lastIsUnknown = false
      } else if let unknown, !(fusesUnknown && lastIsUnknown) {
        ids.append(unknown)
        lastIsUnknown = true
      }
    }
  }

  private func appendCharacters(_ word: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]) {
    // An unknown token is held back until a known character follows, as the library does: bytes that
    // a character falls back to overtake it.
    var isPending = false
    var position = 0
    while position < word.count {
      let (value, length) = scalar(at: position, in: word)
      let end = position + length
      let token = hasAffixes ? token(word, position..<end) : token(value, word, position..<end)
      if token >= 0 {
        if isPending, let unknown { ids.append(unknown) }
        isPending = false
        ids.append(token)
      } else if !(fallsBackToBytes && appendFallback(word, position..<end, to: &ids)),
        let unknown
      {
        if isPending, !fusesUnknown { ids.append(unknown) }
        isPending = true
      }
      position = end
    }
    if isPending, let unknown { ids.append(unknown) }
  }

  @inline(__always)
  private func token(
    _ value: UInt32, _ word: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
  ) -> Int32 {
    if value < 0x10000 { return scalarTokens[Int(value)] }
    return vocabulary.id(ofBytes: UnsafeBufferPointer(rebasing: word[range])) ?? -1
  }

  /// A character with what stands around it.
  private func spelling(_ word: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> [UInt8] {
    var text = range.lowerBound > 0 ? prefix : []
    text += word[range]
    if range.upperBound == word.count { text += suffix }
    return text
  }

  private func token(_ word: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int32 {
    spelling(word, range).withUnsafeBufferPointer { vocabulary.id(ofBytes: $0) } ?? -1
  }

  private func appendFallback(
    _ word: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, to ids: inout [Int32]
  ) -> Bool {
    let text = spelling(word, range)
    guard text.allSatisfy({ fallbackTokens[Int($0)] >= 0 }) else { return false }
    for byte in text { ids.append(fallbackTokens[Int(byte)]) }
    return true
  }
}
