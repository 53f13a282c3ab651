extension JSONParser {
  /// A string whose opening quote stands at `position`.
  mutating func parseString() throws(JSONError) -> String {
    position += 1
    let start = position
    // The common case, a string without escapes, is copied in one piece.
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        let text = try decode(bytes[start..<position], at: start)
        position += 1
        return text
      }
      if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
      guard byte >= 0x20 else { throw failure(.controlCharacter) }
      position += 1
    }
    throw failure(.unexpectedEnd)
  }

  private mutating func parseEscapedString(from start: Int) throws(JSONError) -> String {
    var collected = Array(bytes[start..<position])
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        let text = try collected.withUnsafeBytes { raw in
          Result { () throws(JSONError) in try decode(raw[...], at: start) }
        }.get()
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        try appendEscape(to: &collected)
      case 0..<0x20: throw failure(.controlCharacter)
      default:
        collected.append(byte)
        position += 1
      }
    }
    throw failure(.unexpectedEnd)
  }

  private mutating func appendEscape(to collected: inout [UInt8]) throws(JSONError) {
    guard position < bytes.count else { throw failure(.unexpectedEnd) }
    let escape = bytes[position]
    position += 1
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): collected.append(escape)
    case UInt8(ascii: "b"): collected.append(0x08)
    case UInt8(ascii: "f"): collected.append(0x0c)
    case UInt8(ascii: "n"): collected.append(0x0a)
    case UInt8(ascii: "r"): collected.append(0x0d)
    case UInt8(ascii: "t"): collected.append(0x09)
    case UInt8(ascii: "u"):
      let offset = position - 2
      var value = try parseHex()
      if (0xdc00...0xdfff).contains(value) { throw failure(.loneSurrogate, at: offset) }
      if (0xd800...0xdbff).contains(value) {
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw failure(.loneSurrogate, at: offset) }
        position += 2
        let low = try parseHex()
        guard (0xdc00...0xdfff).contains(low) else { throw failure(.loneSurrogate, at: offset) }
        value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(value) else { throw failure(.invalidEscape, at: offset) }
      collected.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    default: throw failure(.invalidEscape, at: position - 2)
    }
  }

  private mutating func parseHex() throws(JSONError) -> UInt32 {
    guard position + 4 <= bytes.count else { throw failure(.unexpectedEnd, at: bytes.count) }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue,
        bytes[position] < 0x80
      else { throw failure(.invalidEscape) }
      value = value << 4 + UInt32(digit)
      position += 1
    }
    return value
  }

  private func decode(
    _ slice: Slice<UnsafeRawBufferPointer>, at offset: Int
  ) throws(JSONError) -> String {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw failure(.invalidUTF8, at: offset)
    }
    return text
  }
}
