/// Words and phrases to be found in texts: whole words only, ASCII letters without regard to case.
///
/// A phrase's words may have spaces and apostrophes between them, nothing else. Where phrases overlap the one that begins
/// first is found, and of those the longest.
package struct Lexicon<Entry: Sendable>: Sendable {
  package struct Match {
    /// Bytes of the text.
    package let range: Range<Int>
    package let entry: Entry
  }

  private struct Phrase {
    /// Hashes of the words after the first.
    let rest: [UInt64]
    let entry: Entry
  }

  /// By the first word's hash, the longest phrase first.
  private var phrases: [UInt64: [Phrase]] = [:]
  /// A bit for each hash's low bits: of a hundred words that are not in the lexicon few ask the dictionary.
  private var filter = [UInt64](repeating: 0, count: Self.filterBits / 64)
  private static var filterBits: Int { 1 << 14 }

  /// - Precondition: every phrase has a word, and none is there twice.
  package init(_ entries: [(phrase: String, entry: Entry)]) {
    for (text, entry) in entries {
      let bytes = Array(text.utf8)
      let words = bytes.withUnsafeBufferPointer { bytes in
        var words: [UInt64] = []
        var position = 0
        while let word = WordRun(bytes, from: position) {
          words.append(word.hash)
          position = word.range.upperBound
        }
        return words
      }
      precondition(!words.isEmpty, "Lexicon: a phrase without a word")
      let phrase = Phrase(rest: Array(words.dropFirst()), entry: entry)
      precondition(
        !phrases[words[0], default: []].contains { $0.rest == phrase.rest },
        "Lexicon: a phrase twice")
      phrases[words[0], default: []].append(phrase)
      phrases[words[0]]?.sort { $0.rest.count > $1.rest.count }
      let bit = Int(words[0] % UInt64(Self.filterBits))
      filter[bit / 64] |= 1 << UInt64(bit % 64)
    }
  }

  /// What is found in a text, in order.
  package func matches(in text: [UInt8]) -> [Match] {
    var matches: [Match] = []
    text.withUnsafeBufferPointer { bytes in
      var position = 0
      while let word = WordRun(bytes, from: position) {
        position = word.range.upperBound
        let bit = Int(word.hash % UInt64(Self.filterBits))
        guard filter[bit / 64] & 1 << UInt64(bit % 64) != 0, let candidates = phrases[word.hash]
        else { continue }
        for phrase in candidates {
          guard let end = Self.end(of: phrase.rest, bytes, after: position) else { continue }
          matches.append(Match(range: word.range.lowerBound..<end, entry: phrase.entry))
          position = end
          break
        }
      }
    }
    return matches
  }

  /// Where the words end, if they come next.
  private static func end(
    of words: [UInt64], _ bytes: UnsafeBufferPointer<UInt8>, after start: Int
  ) -> Int? {
    var position = start
    for hash in words {
      guard let word = WordRun(bytes, from: position), word.hash == hash,
        WordRun.isGap(bytes[position..<word.range.lowerBound])
      else { return nil }
      position = word.range.upperBound
    }
    return position
  }
}

/// A word of a text and its hash.
///
/// A run of ASCII letters, digits and whatever lies beyond ASCII but general punctuation (U+2000…U+207F). An
/// apostrophe ends it: `he` is a word of `he’s`, and none of `the` or `Hélène`.
struct WordRun {
  let range: Range<Int>
  /// Of the bytes, ASCII letters in lower case.
  let hash: UInt64

  /// The first word at or after a position; nil where none follows.
  init?(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) {
    var position = start
    while position < bytes.count {
      let length = Self.letter(bytes, position)
      if length > 0 { break }
      position -= length
    }
    guard position < bytes.count else { return nil }
    let first = position
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    while position < bytes.count {
      let length = Self.letter(bytes, position)
      guard length > 0 else { break }
      // FNV-1a.
      hash = (hash ^ UInt64(bytes[position].lowercased)) &* 0x0000_0100_0000_01b3
      position += 1
    }
    range = first..<position
    self.hash = WordHashes.mixed(hash)
  }

  /// 1 for a byte of a word, else minus the bytes of what stands between words.
  private static func letter(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int {
    let byte = bytes[position]
    if byte < 0x80 { return byte.isLetter || byte.isDigit ? 1 : -1 }
    let isPunctuation =
      byte == 0xe2 && position + 2 < bytes.count && (0x80...0x81).contains(bytes[position + 1])
    return isPunctuation ? -3 : 1
  }

  /// Whether words of one phrase may stand on both sides: white space, apostrophes.
  static func isGap(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    var position = bytes.startIndex
    while position < bytes.endIndex {
      if bytes[position].isSpace || bytes[position] == UInt8(ascii: "'") {
        position += 1
      } else if bytes.endIndex - position >= 3, bytes[position] == 0xe2,
        bytes[position + 1] == 0x80, bytes[position + 2] == 0x99
      {
        position += 3
      } else {
        return false
      }
    }
    return true
  }
}
