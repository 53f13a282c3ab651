/// Reads protocol buffer messages field by field; every length is checked against what is there.
struct ProtobufReader {
  let bytes: [UInt8]
  private(set) var position: Int
  private let end: Int

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  private init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    position = range.lowerBound
    end = range.upperBound
  }

  enum Value {
    case number(UInt64)
    case bits32(UInt32)
    case bytes(Range<Int>)
    case bits64
  }

  private func malformed() -> TextError { TextError(.malformedSentencePiece(offset: position)) }

  /// The next field's number and value; nil at the end.
  mutating func next() throws(TextError) -> (field: Int, value: Value)? {
    guard position < end else { return nil }
    let key = try varint()
    guard key >> 3 > 0, key >> 3 < 1 << 29 else { throw malformed() }
    let field = Int(key >> 3)
    switch key & 7 {
    case 0: return (field, .number(try varint()))
    case 1:
      try skip(8)
      return (field, .bits64)
    case 2:
      let length = try varint()
      guard length <= UInt64(end - position) else { throw malformed() }
      let start = position
      position += Int(length)
      return (field, .bytes(start..<position))
    case 5:
      let start = position
      try skip(4)
      let bits = bytes[start..<position].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      return (field, .bits32(bits))
    default: throw malformed()
    }
  }

  private mutating func skip(_ count: Int) throws(TextError) {
    guard count <= end - position else { throw malformed() }
    position += count
  }

  private mutating func varint() throws(TextError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard position < end else { throw malformed() }
      let byte = bytes[position]
      position += 1
      if shift == 63, byte > 1 { throw malformed() }
      value |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte & 0x80 == 0 { return value }
    }
    throw malformed()
  }

  /// A reader of a message within this one.
  func message(_ value: Value) throws(TextError) -> ProtobufReader {
    guard case .bytes(let range) = value else { throw malformed() }
    return ProtobufReader(bytes, range)
  }

  func string(_ value: Value) throws(TextError) -> String {
    guard case .bytes(let range) = value,
      let text = String(validating: bytes[range], as: UTF8.self)
    else { throw malformed() }
    return text
  }

  func number(_ value: Value) throws(TextError) -> Int {
    // Negative numbers are written as their 64-bit complement.
    guard case .number(let bits) = value else { throw malformed() }
    return Int(Int64(bitPattern: bits))
  }

  func float(_ value: Value) throws(TextError) -> Float {
    guard case .bits32(let bits) = value else { throw malformed() }
    let number = Float(bitPattern: bits)
    guard number.isFinite else { throw malformed() }
    return number
  }
}
