#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How a value is laid out: Python's format specification mini-language,
/// `[[fill]align][sign][#][0][width][grouping][.precision][type]`, which printf's conversions are turned into.
struct FormatSpecification {
  var fill: Unicode.Scalar?
  /// `<`, `>`, `^`, or `=` for filling between sign and digits.
  var align: Unicode.Scalar?
  /// `+`, `-` or a space.
  var sign: Unicode.Scalar?
  var isAlternate = false
  var width = 0
  /// `,` or `_` between groups of digits.
  var grouping: Unicode.Scalar?
  var precision: Int?
  var type: Unicode.Scalar?

  /// What a layout may take: a width or a precision beyond it is no format.
  static let sizeLimit = 1 << 20

  init() {}

  /// Reads a specification; nil where it is none.
  /// - Parameter defaultsRight: whether the value stands on the right unless told otherwise, as numbers do.
  init?(_ text: String, defaultsRight: Bool) {
    let scalars = Array(text.unicodeScalars)
    var position = 0
    func at(_ offset: Int) -> Unicode.Scalar? {
      position + offset < scalars.count ? scalars[position + offset] : nil
    }
    func isAlign(_ scalar: Unicode.Scalar?) -> Bool {
      scalar.map { "<>=^".unicodeScalars.contains($0) } ?? false
    }
    if isAlign(at(1)) {
      (fill, align) = (at(0), at(1))
      position += 2
    } else if isAlign(at(0)) {
      align = at(0)
      position += 1
    }
    if let sign = at(0), "+- ".unicodeScalars.contains(sign) {
      self.sign = sign
      position += 1
    }
    if at(0) == "#" {
      isAlternate = true
      position += 1
    }
    if fill == nil, at(0) == "0" {
      fill = "0"
      if align == nil, defaultsRight { align = "=" }
      position += 1
    }
    guard let width = Self.number(scalars, &position) else { return nil }
    self.width = width
    if let separator = at(0), separator == "," || separator == "_" {
      grouping = separator
      position += 1
    }
    if at(0) == "." {
      position += 1
      guard at(0)?.isASCIIDigit == true, let precision = Self.number(scalars, &position) else {
        return nil
      }
      self.precision = precision
    }
    if let type = at(0) {
      self.type = type
      position += 1
    }
    guard position == scalars.count else { return nil }
  }

  /// A run of digits as a number, 0 where there is none; nil beyond the limit.
  static func number(_ scalars: [Unicode.Scalar], _ position: inout Int) -> Int? {
    var value = 0
    while position < scalars.count, scalars[position].isASCIIDigit {
      value = value * 10 + Int(scalars[position].value - 0x30)
      guard value <= sizeLimit else { return nil }
      position += 1
    }
    return value
  }

  // MARK: - Text

  /// Text, cut to the precision; nil for what text cannot be told.
  func laidOut(_ text: String) -> String? {
    guard type == nil || type == "s", sign == nil, !isAlternate, align != "=", grouping == nil
    else {
      return nil
    }
    let cut = precision.map { String(scalars: text.unicodeScalars.prefix($0)) } ?? text
    return padded(cut, standard: "<")
  }

  /// Fills text up to the width.
  private func padded(_ text: String, standard: Unicode.Scalar) -> String {
    let missing = width - text.unicodeScalars.count
    guard missing > 0 else { return text }
    let left =
      switch align ?? standard {
      case "<": 0
      case "^": missing / 2
      default: missing
      }
    let fill = String(fill ?? " ")
    return String(repeating: fill, count: left) + text
      + String(repeating: fill, count: missing - left)
  }

  // MARK: - Integers

  /// An integer; nil for what integers cannot be told.
  func laidOut(_ value: Int) -> String? {
    switch type {
    case nil, "d", "n", "b", "o", "x", "X":
      guard precision == nil else { return nil }
      let (radix, prefix): (Int, String) =
        switch type {
        case "b": (2, "0b")
        case "o": (8, "0o")
        case "x": (16, "0x")
        case "X": (16, "0X")
        default: (10, "")
        }
      guard grouping != "," || radix == 10, grouping == nil || type != "n" else { return nil }
      return number(
        isNegative: value < 0, prefix: isAlternate ? prefix : "",
        digits: String(value.magnitude, radix: radix, uppercase: type == "X"), rest: "",
        groupSize: radix == 10 ? 3 : 4)
    case "c":
      guard sign == nil, !isAlternate, grouping == nil, precision == nil,
        let scalar = UInt32(exactly: value).flatMap(Unicode.Scalar.init)
      else { return nil }
      return align == "="
        ? padded(String(scalar), standard: ">") : padded(String(scalar), standard: "<")
    default: return laidOut(Double(value))
    }
  }

  /// Sign, prefix, digits in groups and what follows them, filled up to the width.
  private func number(
    isNegative: Bool, prefix: String, digits: String, rest: String, groupSize: Int
  ) -> String {
    let sign = isNegative ? "-" : self.sign == "+" ? "+" : self.sign == " " ? " " : ""
    var digits = digits
    let outside = sign.utf8.count + prefix.utf8.count + rest.utf8.count
    let fillsDigits = align == "=" && fill == "0"
    if let grouping, digits.utf8.allSatisfy({ $0 != 0x6e && $0 != 0x69 }) {
      // Zeros that fill are grouped too, and no group separator stands first.
      if fillsDigits {
        var count = digits.utf8.count
        while count + (count - 1) / groupSize < width - outside { count += 1 }
        digits = String(repeating: "0", count: count - digits.utf8.count) + digits
      }
      digits = Self.grouped(digits, by: groupSize, with: grouping)
    }
    guard align == "=" else { return padded(sign + prefix + digits + rest, standard: ">") }
    let missing = max(0, width - outside - digits.utf8.count)
    return sign + prefix + String(repeating: String(fill ?? " "), count: missing) + digits + rest
  }

  private static func grouped(
    _ digits: String, by size: Int, with separator: Unicode.Scalar
  ) -> String {
    var result = ""
    for (index, digit) in digits.unicodeScalars.enumerated() {
      if index > 0, (digits.utf8.count - index) % size == 0 {
        result.unicodeScalars.append(separator)
      }
      result.unicodeScalars.append(digit)
    }
    return result
  }

  // MARK: - Floats

  /// A floating-point number; nil for what it cannot be told.
  func laidOut(_ value: Double) -> String? {
    guard grouping == nil || type != "n" else { return nil }
    let magnitude = value.magnitude
    var text: String
    switch type {
    case nil:
      text =
        precision.map { Self.general(magnitude, digits: max(1, $0)) } ?? PythonText.float(magnitude)
    case "e", "E", "f", "F", "g", "G", "n":
      let style = type == "n" ? "g" : String(type ?? "g").lowercased()
      text = Self.printed(magnitude, style, precision ?? 6, alternate: isAlternate)
      if type == "E" || type == "F" || type == "G" { text = text.uppercased() }
    case "%":
      text = Self.printed(magnitude * 100, "f", precision ?? 6, alternate: isAlternate) + "%"
    default: return nil
    }
    let digits = text.prefix { $0.isNumber && $0.isASCII }
    let isNegative = value.sign == .minus && !value.isNaN
    // What has no digits (nan, inf) is laid out like digits and not grouped.
    return digits.isEmpty
      ? number(isNegative: isNegative, prefix: "", digits: text, rest: "", groupSize: 3)
      : number(
        isNegative: isNegative, prefix: "", digits: String(digits),
        rest: String(text.dropFirst(digits.count)), groupSize: 3)
  }

  /// What C's printf writes, which is Python's too.
  private static func printed(
    _ value: Double, _ style: String, _ precision: Int, alternate: Bool = false
  ) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return "inf" }
    // The largest number has 309 digits before the point.
    var buffer = [CChar](repeating: 0, count: precision + 330)
    let format = "%" + (alternate ? "#" : "") + ".*" + style
    let count = withVaList([Int32(precision), value]) {
      vsnprintf(&buffer, buffer.count, format, $0)
    }
    return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A precision without a type: like `g`, but with a digit after the point, and with an exponent one digit earlier.
  private static func general(_ value: Double, digits: Int) -> String {
    guard value.isFinite else { return printed(value, "g", digits) }
    let scientific = printed(value, "e", digits - 1)
    let parts = scientific.split(separator: "e", maxSplits: 1)
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    if exponent < -4 || exponent >= digits - 1 {
      let mantissa = withoutTrailingZeros(String(parts[0]))
      return mantissa + "e" + String(parts[1])
    }
    let fixed = withoutTrailingZeros(printed(value, "f", digits - 1 - exponent))
    return fixed.utf8.contains(UInt8(ascii: ".")) ? fixed : fixed + ".0"
  }

  private static func withoutTrailingZeros(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: ".")) else { return text }
    var bytes = Array(text.utf8)
    while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
