/// A recursive-descent reader over raw bytes; `position` is always within the text.
struct JSONParser {
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

  func failure(_ code: JSONError.Code, at offset: Int? = nil) -> JSONError {
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
}
