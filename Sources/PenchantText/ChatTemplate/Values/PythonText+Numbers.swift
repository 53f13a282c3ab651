/// Numbers out of text, as Python's `int` and `float` read them.
extension PythonText {
  /// An integer in a base from 2 to 36, with a sign and single underscores between digits; nil for
  /// anything else and for what does not fit in 64 bits.
  static func integer(_ text: String, base: Int) -> Int? {
    guard (2...36).contains(base), var digits = withoutUnderscores(text) else { return nil }
    let isNegative = digits.utf8.first == UInt8(ascii: "-")
    if isNegative || digits.utf8.first == UInt8(ascii: "+") { digits.removeFirst() }
    let prefixes = [2: "0b", 8: "0o", 16: "0x"]
    if let prefix = prefixes[base], digits.utf8.count > 2, digits.lowercased().hasPrefix(prefix) {
      digits.removeFirst(2)
    }
    // A second sign would be read by Int itself.
    guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+")
    else { return nil }
    return Int((isNegative ? "-" : "") + digits, radix: base)
  }

  /// Whether text is an integer in base 10, of any size.
  static func isDecimalInteger(_ text: String) -> Bool {
    guard let digits = withoutUnderscores(text) else { return false }
    let unsigned = digits.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    return digits.utf8.count - unsigned.count <= 1 && !unsigned.isEmpty
      && unsigned.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// A float, with underscores between digits, `inf` and `nan`.
  static func number(_ text: String) -> Double? {
    guard let plain = withoutUnderscores(text) else { return nil }
    // Hexadecimal floats are Swift's and not Python's.
    guard !plain.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") || $0 == UInt8(ascii: "(") })
    else { return nil }
    let bytes = plain.utf8.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    // Swift wants a digit on both sides of the point, Python on one.
    guard let first = bytes.first, plain.utf8.count - bytes.count <= 1 else { return nil }
    var padded = first == UInt8(ascii: ".") ? "0" : ""
    padded += String(decoding: bytes, as: UTF8.self)
    if padded.hasSuffix(".") { padded += "0" }
    guard padded.utf8.count > 3 || bytes.count > 1 || (0x30...0x39).contains(first) else {
      return nil
    }
    guard let value = Double(padded) else { return nil }
    return plain.utf8.first == UInt8(ascii: "-") ? -value : value
  }

  /// Text without its underscores; nil where one does not stand between two digits.
  private static func withoutUnderscores(_ text: String) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.contains(UInt8(ascii: "_")) else { return text }
    func isDigit(_ index: Int) -> Bool {
      bytes.indices.contains(index) && Character(Unicode.Scalar(bytes[index])).isHexDigit
    }
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "_") {
      guard isDigit(index - 1), isDigit(index + 1) else { return nil }
    }
    return String(decoding: bytes.filter { $0 != UInt8(ascii: "_") }, as: UTF8.self)
  }
}
