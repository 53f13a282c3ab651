/// The printable characters that stand for bytes in the vocabularies of byte-level BPE, as GPT-2
/// chose them.
///
/// Printable Latin-1 bytes stand for themselves; the other 68 are U+0100 and up, in order.
enum ByteAlphabet {
  /// Byte → scalar.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0..<256).map { (byte: UInt32) -> Unicode.Scalar in
      let isPrintable = (0x21...0x7e).contains(byte) || (byte >= 0xa1 && byte != 0xad)
      if isPrintable { return Unicode.Scalar(UInt8(byte)) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? " "
    }
  }()

  /// Scalar below 0x144 → byte; -1 where there is none.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
    return bytes
  }()

  /// Appends the bytes that a token's text stands for; false, leaving `result` as it was, when a
  /// character is not of the alphabet.
  static func appendBytes(
    of text: UnsafeBufferPointer<UInt8>, to result: inout [UInt8]
  ) -> Bool {
    let count = result.count
    var position = 0
    while position < text.count {
      let (value, length) = scalar(at: position, in: text)
      guard value < bytes.count, bytes[Int(value)] >= 0 else {
        result.removeSubrange(count...)
        return false
      }
      result.append(UInt8(truncatingIfNeeded: bytes[Int(value)]))
      position += length
    }
    return true
  }

  /// The UTF-8 of the text that stands for some bytes.
  static func spelling(of bytes: ArraySlice<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.count)
    for byte in bytes { appendUTF8(scalars[Int(byte)].value, to: &text) }
    return text
  }

  /// The bytes that a text stands for; the text itself when a character is not of the alphabet.
  static func bytes(ofSpelling text: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    return text.withUnsafeBufferPointer { appendBytes(of: $0, to: &bytes) } ? bytes : text
  }

  /// The token text that stands for some bytes.
  static func text(of bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes { text.unicodeScalars.append(scalars[Int(byte)]) }
    return text
  }
}

/// Calls `body` with the UTF-8 of a string.
func withUTF8<Result>(
  of text: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result
) -> Result {
  var text = text
  return text.withUTF8(body)
}
