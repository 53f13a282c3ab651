/// Bounds on what a JSON text may ask of the reader.
package struct JSONLimits: Sendable {
  /// The deepest nesting of arrays and objects.
  package var depth: Int
  /// The longest text in bytes.
  package var bytes: Int

  package init(depth: Int = 128, bytes: Int = 1 << 30) {
    self.depth = depth
    self.bytes = bytes
  }
}

/// Why a text is not JSON, and at which byte.
package struct JSONError: Error, Equatable, Sendable {
  package enum Code: Equatable, Sendable {
    case unexpectedEnd
    case unexpectedByte(UInt8)
    case invalidNumber
    case invalidEscape
    case loneSurrogate
    case controlCharacter
    case invalidUTF8
    case duplicateKey
    case tooDeep(limit: Int)
    case tooLong(limit: Int)
    case trailingBytes
  }

  package let code: Code
  /// Offset in bytes from the beginning of the text.
  package let offset: Int

  package init(code: Code, offset: Int) {
    self.code = code
    self.offset = offset
  }

  /// A phrase for messages: "a comma or bracket is missing"; it never quotes the text.
  package var phrase: String {
    switch code {
    case .unexpectedEnd: "the text ends too early"
    case .unexpectedByte(let byte) where (0x21...0x7e).contains(byte):
      "unexpected character '\(Character(Unicode.Scalar(byte)))'"
    case .unexpectedByte(let byte): "unexpected byte 0x\(String(byte, radix: 16))"
    case .invalidNumber: "not a number as JSON spells them"
    case .invalidEscape: "invalid escape in a string"
    case .loneSurrogate: "half of a surrogate pair in a string (\\ud800–\\udfff must come in pairs)"
    case .controlCharacter: "unescaped control character in a string"
    case .invalidUTF8: "not valid UTF-8"
    case .duplicateKey: "an object has the same key twice"
    case .tooDeep(let limit): "nested deeper than \(limit) levels"
    case .tooLong(let limit): "longer than \(limit) bytes"
    case .trailingBytes: "text after the end of the value"
    }
  }
}

extension JSON {
  /// Reads one JSON text (RFC 8259, strictly: no NaN, no comments, no duplicate keys, valid UTF-8).
  ///
  /// Time and memory are linear in the length of the text. A leading byte order mark is accepted.
  /// - Throws: ``JSONError`` with the offset of the first byte that does not fit.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSON {
    guard bytes.count <= limits.bytes else {
      throw JSONError(code: .tooLong(limit: limits.bytes), offset: limits.bytes)
    }
    var parser = JSONParser(bytes: bytes, depthLimit: limits.depth)
    return try parser.parseText()
  }

  /// Reads one JSON text; see the other overload.
  package static func parse(
    _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSON {
    let result = bytes.withUnsafeBytes { raw in
      Result { () throws(JSONError) in try parse(raw, limits: limits) }
    }
    return try result.get()
  }

  /// Reads one JSON text; see the other overload.
  package static func parse(
    _ text: String, limits: JSONLimits = JSONLimits()
  ) throws(JSONError) -> JSON {
    try parse(Array(text.utf8), limits: limits)
  }
}

/// A recursive-descent reader over raw bytes; `position` is always within the text.
private struct JSONParser {
  let bytes: UnsafeRawBufferPointer
  let depthLimit: Int
  var position = 0

  init(bytes: UnsafeRawBufferPointer, depthLimit: Int) {
    self.bytes = bytes
    self.depthLimit = depthLimit
  }

  mutating func parseText() throws(JSONError) -> JSON {
    if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf { position = 3 }
    let value = try parseValue(depth: 0)
    skipSpace()
    guard position == bytes.count else { throw failure(.trailingBytes) }
    return value
  }

  private func failure(_ code: JSONError.Code, at offset: Int? = nil) -> JSONError {
    JSONError(code: code, offset: offset ?? position)
  }

  private func unexpected() -> JSONError {
    position < bytes.count ? failure(.unexpectedByte(bytes[position])) : failure(.unexpectedEnd)
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  private mutating func parseValue(depth: Int) throws(JSONError) -> JSON {
    skipSpace()
    guard position < bytes.count else { throw failure(.unexpectedEnd) }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try parseObject(depth: depth + 1)
    case UInt8(ascii: "["): return try parseArray(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try parseString())
    case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
    case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
    case UInt8(ascii: "n"): return try parseWord("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try parseNumber()
    default: throw unexpected()
    }
  }

  private mutating func parseWord(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for offset in 0..<word.utf8CodeUnitCount {
      guard position < bytes.count, bytes[position] == word.utf8Start[offset] else {
        throw unexpected()
      }
      position += 1
    }
    return value
  }

  private mutating func parseObject(depth: Int) throws(JSONError) -> JSON {
    guard depth <= depthLimit else { throw failure(.tooDeep(limit: depthLimit)) }
    position += 1
    var object = JSONObject()
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      return .object(object)
    }
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw unexpected()
      }
      let keyOffset = position
      let key = try parseString()
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw unexpected() }
      position += 1
      let value = try parseValue(depth: depth)
      guard object.appendIfNew(key, value) else { throw failure(.duplicateKey, at: keyOffset) }
      skipSpace()
      guard position < bytes.count else { throw failure(.unexpectedEnd) }
      switch bytes[position] {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "}"):
        position += 1
        return .object(object)
      default: throw unexpected()
      }
    }
  }

  private mutating func parseArray(depth: Int) throws(JSONError) -> JSON {
    guard depth <= depthLimit else { throw failure(.tooDeep(limit: depthLimit)) }
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      position += 1
      return .array(elements)
    }
    while true {
      elements.append(try parseValue(depth: depth))
      skipSpace()
      guard position < bytes.count else { throw failure(.unexpectedEnd) }
      switch bytes[position] {
      case UInt8(ascii: ","): position += 1
      case UInt8(ascii: "]"):
        position += 1
        return .array(elements)
      default: throw unexpected()
      }
    }
  }

  /// number = [ "-" ] int [ frac ] [ exp ], as in RFC 8259 section 6.
  private mutating func parseNumber() throws(JSONError) -> JSON {
    let start = position
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let integerStart = position
    guard skipDigits() > 0 else { throw failure(.invalidNumber, at: start) }
    if bytes[integerStart] == UInt8(ascii: "0"), position - integerStart > 1 {
      throw failure(.invalidNumber, at: start)
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      position += 1
      guard skipDigits() > 0 else { throw failure(.invalidNumber, at: start) }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      position += 1
      if position < bytes.count,
        bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-")
      {
        position += 1
      }
      guard skipDigits() > 0 else { throw failure(.invalidNumber, at: start) }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    return .number(JSONNumber(validated: text))
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position])
    {
      position += 1
    }
    return position - start
  }

  private mutating func parseString() throws(JSONError) -> String {
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
