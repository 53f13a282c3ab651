/// Text as Python spells it and takes it apart: by code points, with Python's notion of white space.
enum PythonText {
  // MARK: - Spelling

  static func hex(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(digits - text.utf8.count, 0)) + text
  }

  /// `repr` of a float: the shortest digits that read back, with an exponent below 1e-4 and from 1e16.
  static func float(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    if value == 0 { return value.sign == .minus ? "-0.0" : "0.0" }
    let parts = value.magnitude.description.split(separator: "e", maxSplits: 1)
    let mantissa = parts[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
    let all = mantissa[0] + fraction
    let leading = all.prefix { $0 == "0" }.count
    // The value is 0.DIGITS times ten to the power of `point`.
    let point = mantissa[0].count - leading + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    var digits = String(all.dropFirst(leading))
    while digits.hasSuffix("0") { digits.removeLast() }
    let sign = value < 0 ? "-" : ""
    return sign + layOut(digits, point: point)
  }

  private static func layOut(_ digits: String, point: Int) -> String {
    let count = digits.count
    switch point {
    case -3...0: return "0." + String(repeating: "0", count: -point) + digits
    case 1...16:
      if count <= point { return digits + String(repeating: "0", count: point - count) + ".0" }
      return digits.prefix(point) + "." + digits.dropFirst(point)
    default:
      let exponent = point - 1
      let size = String(abs(exponent))
      let fraction = count > 1 ? "." + digits.dropFirst() : ""
      return digits.prefix(1) + fraction + (exponent < 0 ? "e-" : "e+")
        + (size.count < 2 ? "0" : "") + size
    }
  }

  /// A scalar as the shortest of `\x`, `\u` and `\U` writes it.
  static func escape(_ scalar: Unicode.Scalar) -> String {
    let value = scalar.value
    if value < 0x100 { return "\\x" + hex(value, digits: 2) }
    return value < 0x10000 ? "\\u" + hex(value, digits: 4) : "\\U" + hex(value, digits: 8)
  }

  /// `repr` of a string: in single quotes unless it has some and no double ones.
  static func quoted(_ text: String) -> String {
    let scalars = text.unicodeScalars
    let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
    // Appending to the string, not to a view of it: the latter copies all of it for each escape.
    var output = String(quote)
    for scalar in scalars {
      switch scalar {
      case quote, "\\": output += "\\\(scalar)"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      default:
        if scalar.isPythonPrintable {
          output.unicodeScalars.append(scalar)
        } else {
          output += escape(scalar)
        }
      }
    }
    output.unicodeScalars.append(quote)
    return output
  }

  // MARK: - Taking apart

  /// Drops the characters of `set`, white space where it is nil, from the ends asked for.
  static func stripped(
    _ text: String, of set: String? = nil, leading: Bool = true, trailing: Bool = true
  ) -> String {
    let scalars = text.unicodeScalars
    let characters = set.map { Set($0.unicodeScalars) }
    func drops(_ scalar: Unicode.Scalar) -> Bool {
      characters?.contains(scalar) ?? scalar.isPythonSpace
    }
    var (start, end) = (scalars.startIndex, scalars.endIndex)
    while leading, start < end, drops(scalars[start]) { start = scalars.index(after: start) }
    while trailing, start < end {
      let last = scalars.index(before: end)
      guard drops(scalars[last]) else { break }
      end = last
    }
    return String(scalars[start..<end])
  }

  /// Where `needle`, which is not empty, begins in `text`, without overlaps.
  static func occurrences(of needle: [UInt8], in text: [UInt8], limit: Int = .max) -> [Int] {
    var found: [Int] = []
    var index = 0
    while found.count < limit, index + needle.count <= text.count {
      if text[index] == needle[0], text[index..<index + needle.count].elementsEqual(needle) {
        found.append(index)
        index += needle.count
      } else {
        index += 1
      }
    }
    return found
  }

  /// `split` without a separator: at runs of white space, at most `limit` times.
  static func words(_ text: String, limit: Int, fromEnd: Bool) -> [String] {
    let scalars = fromEnd ? text.unicodeScalars.reversed() : Array(text.unicodeScalars)
    var words: [[Unicode.Scalar]] = []
    var index = 0
    while true {
      while index < scalars.count, scalars[index].isPythonSpace { index += 1 }
      guard index < scalars.count else { break }
      let start = index
      if words.count == limit {
        // The rest stands as it is, with the white space at its far end.
        words.append(Array(scalars[start...]))
        break
      }
      while index < scalars.count, !scalars[index].isPythonSpace { index += 1 }
      words.append(Array(scalars[start..<index]))
    }
    guard fromEnd else { return words.map { String(scalars: $0) } }
    return words.reversed().map { String(scalars: $0.reversed()) }
  }

  /// `splitlines`: without the line ends.
  static func lines(_ text: String) -> [String] {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var previous: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      defer { previous = scalar }
      switch scalar {
      case "\n" where previous == "\r": continue
      case "\n", "\r", "\u{0b}", "\u{0c}", "\u{1c}", "\u{1d}", "\u{1e}", "\u{85}", "\u{2028}",
        "\u{2029}":
        lines.append(String(line))
        line = String.UnicodeScalarView()
      default: line.append(scalar)
      }
    }
    if !line.isEmpty { lines.append(String(line)) }
    return lines
  }

  /// `str.title`: letters after something that is not a letter are capitals.
  static func titled(_ text: String) -> String {
    var output = ""
    var isInWord = false
    for scalar in text.unicodeScalars {
      let properties = scalar.properties
      output += isInWord ? properties.lowercaseMapping : properties.titlecaseMapping
      isInWord = properties.isCased
    }
    return output
  }

  /// Jinja's `title` filter: words begin after blanks and opening brackets, not after apostrophes.
  static func titledWords(_ text: String) -> String {
    var output = ""
    var isInWord = false
    for scalar in text.unicodeScalars {
      if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
        output.unicodeScalars.append(scalar)
        isInWord = false
      } else {
        output += isInWord ? scalar.properties.lowercaseMapping : scalar.properties.uppercaseMapping
        isInWord = true
      }
    }
    return output
  }

  static func capitalized(_ text: String) -> String {
    guard let first = text.unicodeScalars.first else { return text }
    return first.properties.titlecaseMapping
      + String(String.UnicodeScalarView(text.unicodeScalars.dropFirst())).lowercased()
  }
}
