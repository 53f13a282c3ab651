/// Tokens inside of tags.
extension TemplateLexer {
  private static let pairs: [StaticString] = ["**", "//", "==", "!=", ">=", "<="]

  /// Reads the token at `position`, which is within the source and not a blank.
  mutating func readToken() throws(ChatTemplateError) -> TemplateToken.Kind {
    let scalar = source[position]
    if scalar.isASCIIDigit { return try readNumber() }
    if scalar == "_" || scalar.properties.isXIDStart { return readName() }
    if scalar == "'" || scalar == "\"" { return try readString(quote: scalar) }
    for pair in Self.pairs where matches(pair, at: position) {
      position += 2
      return .symbol(pair.description)
    }
    guard "+-/*%~[](){}><=.:|,;".unicodeScalars.contains(scalar) else {
      throw failure(.unexpected("character U+\(String(scalar.value, radix: 16))"), at: position)
    }
    position += 1
    return .symbol(String(scalar))
  }

  private mutating func readName() -> TemplateToken.Kind {
    let start = position
    while position < source.count, source[position].properties.isXIDContinue { position += 1 }
    return .name(String(scalars: source[start..<position]))
  }

  // MARK: - Numbers

  private mutating func readNumber() throws(ChatTemplateError) -> TemplateToken.Kind {
    let start = position
    if let float = readFloat() { return float }
    position = start
    if source[position] == "0", position + 1 < source.count {
      let radix: Int? =
        switch source[position + 1] {
        case "b", "B": 2
        case "o", "O": 8
        case "x", "X": 16
        default: nil
        }
      if let radix {
        position += 2
        let digits = readDigits(radix: radix)
        guard !digits.isEmpty else { throw failure(.invalidNumber, at: start) }
        return try integer(digits, radix: radix, at: start)
      }
    }
    let digits = readDigits(radix: 10)
    // Python has no integers with leading zeros.
    if digits.utf8.first == UInt8(ascii: "0"), digits.utf8.contains(where: { $0 != 0x30 }) {
      throw failure(.invalidNumber, at: start)
    }
    return try integer(digits, radix: 10, at: start)
  }

  private mutating func integer(
    _ digits: String, radix: Int, at start: Int
  ) throws(ChatTemplateError) -> TemplateToken.Kind {
    guard let value = Int(digits, radix: radix) else {
      throw ChatTemplateError(code: .integerOverflow, line: line(at: start))
    }
    return .integer(value)
  }

  /// Digits with single underscores between them, without the underscores.
  private mutating func readDigits(radix: Int) -> String {
    var digits = ""
    while position < source.count {
      var next = position
      if source[next] == "_", radix != 10 || !digits.isEmpty { next += 1 }
      guard next < source.count, let value = Character(source[next]).hexDigitValue, value < radix,
        source[next].isASCII
      else { break }
      digits.unicodeScalars.append(source[next])
      position = next + 1
    }
    return digits
  }

  /// A number with a fraction or an exponent; nil, with `position` anywhere, where there is none.
  private mutating func readFloat() -> TemplateToken.Kind? {
    // In `x.0.5` each number is an index of its own.
    if position > 0, source[position - 1] == "." { return nil }
    var text = readDigits(radix: 10)
    var isFloat = false
    if matches(".", at: position), position + 1 < source.count, source[position + 1].isASCIIDigit {
      position += 1
      text += "." + readDigits(radix: 10)
      isFloat = true
    }
    if matches("e", at: position) || matches("E", at: position) {
      var next = position + 1
      var exponent = "e"
      if matches("-", at: next) { exponent = "e-" }
      if matches("-", at: next) || matches("+", at: next) { next += 1 }
      if next < source.count, source[next].isASCIIDigit {
        position = next
        text += exponent + readDigits(radix: 10)
        isFloat = true
      }
    }
    guard isFloat, let value = Double(text) else { return nil }
    return .float(value)
  }

  // MARK: - Strings

  private mutating func readString(
    quote: Unicode.Scalar
  ) throws(ChatTemplateError) -> TemplateToken.Kind {
    let start = position
    position += 1
    var text = String.UnicodeScalarView()
    while position < source.count {
      let scalar = source[position]
      position += 1
      if scalar == quote { return .string(String(text)) }
      if scalar == "\\" {
        guard position < source.count else { break }
        try readEscape(into: &text)
      } else {
        text.append(scalar)
      }
    }
    throw failure(.unterminated("a string"), at: start)
  }

  /// An escape as Python spells it; an unknown one keeps its backslash.
  private mutating func readEscape(
    into text: inout String.UnicodeScalarView
  ) throws(ChatTemplateError) {
    let letter = source[position]
    position += 1
    switch letter {
    case "\n": break
    case "\\", "'", "\"": text.append(letter)
    case "a": text.append("\u{07}")
    case "b": text.append("\u{08}")
    case "f": text.append("\u{0c}")
    case "n": text.append("\n")
    case "r": text.append("\r")
    case "t": text.append("\t")
    case "v": text.append("\u{0b}")
    case "x": text.append(try readHex(digits: 2))
    case "u": text.append(try readHex(digits: 4))
    case "U": text.append(try readHex(digits: 8))
    case "N": throw failure(.invalidEscape, at: position)
    case "0"..."7":
      var value = letter.value - 0x30
      var count = 1
      while count < 3, position < source.count, ("0"..."7").contains(source[position]) {
        value = value * 8 + source[position].value - 0x30
        position += 1
        count += 1
      }
      guard let scalar = Unicode.Scalar(value) else { throw failure(.invalidEscape, at: position) }
      text.append(scalar)
    default:
      text.append("\\")
      text.append(letter)
    }
  }

  private mutating func readHex(digits: Int) throws(ChatTemplateError) -> Unicode.Scalar {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard position < source.count, source[position].isASCII,
        let digit = Character(source[position]).hexDigitValue
      else { throw failure(.invalidEscape, at: position) }
      // At most eight digits: they fill the 32 bits and cannot exceed them.
      value = value << 4 | UInt32(digit)
      position += 1
    }
    guard let scalar = Unicode.Scalar(value) else { throw failure(.invalidEscape, at: position) }
    return scalar
  }
}
