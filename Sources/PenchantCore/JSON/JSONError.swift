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
