/// Looking at UTF-8 without making strings of it.
extension [UInt8] {
  /// Where `needle` first stands at or after `start`.
  func offset(of needle: [UInt8], from start: Int = 0) -> Int? {
    guard let first = needle.first, count >= needle.count else { return nil }
    return withUnsafeBufferPointer { text in
      needle.withUnsafeBufferPointer { needle in
        var position = start
        let last = text.count - needle.count
        while position <= last {
          if text[position] == first {
            var length = 1
            while length < needle.count, text[position + length] == needle[length] { length += 1 }
            if length == needle.count { return position }
          }
          position += 1
        }
        return nil
      }
    }
  }

  func contains(_ needle: [UInt8]) -> Bool { offset(of: needle) != nil }

  /// Where `needle` last stands.
  func lastOffset(of needle: [UInt8]) -> Int? {
    guard !needle.isEmpty, count >= needle.count else { return nil }
    var position = count - needle.count
    while position >= 0 {
      if self[position] == needle[0], self[position..<position + needle.count].elementsEqual(needle)
      {
        return position
      }
      position -= 1
    }
    return nil
  }

  /// Whether `needle` stands at `position`.
  func has(_ needle: [UInt8], at position: Int) -> Bool {
    guard position + needle.count <= count else { return false }
    for (offset, byte) in needle.enumerated() where self[position + offset] != byte {
      return false
    }
    return true
  }

  /// The text without white space at its ends.
  var trimmed: ArraySlice<UInt8> {
    guard let first = firstIndex(where: { !$0.isSpace }),
      let last = lastIndex(where: { !$0.isSpace })
    else { return [] }
    return self[first...last]
  }

  /// The first `limit` bytes with ASCII letters in lower case, curly apostrophes straightened.
  func lowercasedPrefix(_ limit: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(Swift.min(limit, count))
    var position = 0
    while position < count, result.count < limit {
      if has([0xe2, 0x80, 0x99], at: position) {
        result.append(UInt8(ascii: "'"))
        position += 3
        continue
      }
      result.append(self[position].lowercased)
      position += 1
    }
    return result
  }
}

extension UInt8 {
  var isSpace: Bool { self == 0x20 || (0x09...0x0d).contains(self) }
  var isDigit: Bool { (0x30...0x39).contains(self) }
  var isLetter: Bool { (0x61...0x7a).contains(self | 0x20) }
  /// ASCII letters in lower case, all else as it is.
  var lowercased: UInt8 { (0x41...0x5a).contains(self) ? self | 0x20 : self }
}

/// Texts compared as people read them: case and runs of white space make no difference.
enum Folded {
  /// The folded text.
  static func bytes(_ text: [UInt8]) -> [UInt8] {
    let isASCII = text.allSatisfy { $0 < 0x80 }
    let source =
      isASCII ? text : Array(String(decoding: text, as: UTF8.self).lowercased().utf8)
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
    for byte in source {
      if byte.isSpace {
        if let last = result.last, last != 0x20 { result.append(0x20) }
      } else {
        result.append(byte.lowercased)
      }
    }
    if result.last == 0x20 { result.removeLast() }
    return result
  }
}
