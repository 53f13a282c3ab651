import PenchantData

/// The words of a text as 64-bit hashes.
///
/// A word is a run of letters and digits without regard to case; each Han, Kana, Hangul or Thai letter is a word of
/// its own, since nothing separates words there.
enum WordHashes {
  static func of(_ text: [UInt8]) -> [UInt64] {
    var words: [UInt64] = []
    words.reserveCapacity(text.count / 5)
    text.withUnsafeBufferPointer { bytes in
      var (hash, length, position) = (offset, 0, 0)
      func finish() {
        if length > 0 { words.append(mixed(hash)) }
        (hash, length) = (offset, 0)
      }
      while position < bytes.count {
        let byte = bytes[position]
        if byte < 0x80 {
          if byte.isLetter || byte.isDigit {
            hash = (hash ^ UInt64(byte.lowercased)) &* prime
            length += 1
          } else if byte != UInt8(ascii: "'") {
            finish()
          }
          position += 1
          continue
        }
        let size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
        let end = min(bytes.count, position + size)
        if size == 3, isPunctuation(bytes, position) {
          // A curly apostrophe stands inside a word like a straight one.
          if !(end - position == 3 && bytes[position + 2] == 0x99) { finish() }
          position = end
          continue
        }
        let isAlone = isWordByItself(bytes, position, size)
        if isAlone { finish() }
        for index in position..<end { hash = (hash ^ UInt64(bytes[index])) &* prime }
        length += 1
        if isAlone { finish() }
        position = end
      }
      finish()
    }
    return words
  }

  /// U+2000…U+206F and U+3000…U+303F.
  private static func isPunctuation(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
    guard position + 2 < bytes.count else { return false }
    return bytes[position] == 0xe2 && bytes[position + 1] <= 0x81
      || bytes[position] == 0xe3 && bytes[position + 1] == 0x80
  }

  private static func isWordByItself(
    _ bytes: UnsafeBufferPointer<UInt8>, _ position: Int, _ size: Int
  ) -> Bool {
    guard size == 3, position + 2 < bytes.count else {
      // Rare Han letters; emoji too are words by themselves.
      return size == 4
    }
    let value =
      UInt32(bytes[position] & 0x0f) << 12 | UInt32(bytes[position + 1] & 0x3f) << 6
      | UInt32(bytes[position + 2] & 0x3f)
    return (0x3040...0x9fff).contains(value) || (0xac00...0xd7af).contains(value)
      || (0xe00...0xe7f).contains(value)
  }

  private static let offset: UInt64 = 0xcbf2_9ce4_8422_2325
  private static let prime: UInt64 = 0x0000_0100_0000_01b3

  static func mixed(_ state: UInt64) -> UInt64 {
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
