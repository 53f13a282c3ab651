/// Text for web pages, as MarkupSafe, `html` and `urllib` write and read it.
extension PythonText {
  /// What stands for itself in HTML, by `markupsafe.escape`.
  static func escapedHTML(_ text: String) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": output += "&amp;"
      case "<": output += "&lt;"
      case ">": output += "&gt;"
      case "'": output += "&#39;"
      case "\"": output += "&#34;"
      default: output.unicodeScalars.append(scalar)
      }
    }
    return output
  }

  /// Percent-encodes UTF-8 as `urllib.parse.quote`; in a query slashes too, and a space is a plus.
  static func urlQuoted(_ text: String, inQuery: Bool) -> String {
    var output = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "~"):
        output.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "/") where !inQuery: output += "/"
      case UInt8(ascii: " ") where inQuery: output += "+"
      default: output += "%" + hex(UInt32(byte), digits: 2).uppercased()
      }
    }
    return output
  }

  /// Text outside of tags and comments, its white space collapsed; an unclosed tag stays.
  static func withoutTags(_ text: String) -> String {
    let bytes = Array(text.utf8)
    var kept: [UInt8] = []
    var position = 0
    func find(_ wanted: String, from start: Int) -> Int? {
      let wanted = Array(wanted.utf8)
      var index = start
      while index + wanted.count <= bytes.count {
        if bytes[index] == wanted[0], bytes[index..<index + wanted.count].elementsEqual(wanted) {
          return index
        }
        index += 1
      }
      return nil
    }
    while let start = find("<", from: position) {
      let isComment = bytes[start...].starts(with: "<!--".utf8)
      guard let end = isComment ? find("-->", from: start + 4) : find(">", from: start) else {
        break
      }
      kept += bytes[position..<start]
      position = end + (isComment ? 3 : 1)
    }
    kept += bytes[position...]
    return words(String(decoding: kept, as: UTF8.self), limit: .max, fromEnd: false)
      .joined(separator: " ")
  }

  /// Latin-1's entities from U+00A0 on.
  private static let latinEntities: [Substring] = """
    nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro \
    para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil \
    Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave \
    Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml \
    igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute \
    thorn yuml
    """.split(separator: " ")

  /// Entities that need no semicolon.
  private static let plainEntities: [Substring: Unicode.Scalar] = {
    var entities: [Substring: Unicode.Scalar] = [
      "amp": "&", "AMP": "&", "lt": "<", "LT": "<", "gt": ">", "GT": ">", "quot": "\"",
      "QUOT": "\"", "COPY": "©", "REG": "®",
    ]
    for (offset, name) in latinEntities.enumerated() {
      entities[name] = Unicode.Scalar(0xa0 + UInt32(offset))
    }
    return entities
  }()

  /// What the numbers 0x80 to 0x9f stand for: Windows-1252, 0 where it has nothing.
  private static let windows1252: [UInt32] = [
    0x20ac, 0, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152,
    0, 0x17d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161,
    0x203a, 0x153, 0, 0x17e, 0x178,
  ]

  /// `html.unescape` with HTML 4's Latin-1 entities; nil where another name may be meant.
  static func unescapedHTML(_ text: String) -> String? {
    let scalars = Array(text.unicodeScalars)
    var output = ""
    var position = 0
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      guard scalar == "&", position < scalars.count else {
        output.unicodeScalars.append(scalar)
        continue
      }
      if scalars[position] == "#" {
        output += numbered(scalars, &position)
        continue
      }
      let name = String(
        scalars: scalars[position...].prefix(32).prefix {
          !"\t\n\u{0c} <&#;".unicodeScalars.contains($0)
        })
      let end = position + name.unicodeScalars.count
      let isClosed = end < scalars.count && scalars[end] == ";"
      if isClosed, let found = name == "apos" ? "'" : plainEntities[name[...]] {
        output.unicodeScalars.append(found)
        position = end + 1
        continue
      }
      // A name with a semicolon that is none of these could be one of two thousand others.
      if isClosed, name.utf8.first.map({ !(0x30...0x39).contains($0) }) == true,
        name.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) })
      {
        return nil
      }
      // Without a semicolon the longest beginning that is a name counts.
      var length = min(name.utf8.count, 6)
      while length > 1, plainEntities[name.prefix(length)] == nil { length -= 1 }
      if length > 1, let found = plainEntities[name.prefix(length)] {
        output.unicodeScalars.append(found)
        position += length
      } else {
        output += "&"
      }
    }
    return output
  }

  /// `#12;` or `#xC;` after an ampersand.
  private static func numbered(_ scalars: [Unicode.Scalar], _ position: inout Int) -> String {
    var end = position + 1
    let isHex = end < scalars.count && (scalars[end] == "x" || scalars[end] == "X")
    if isHex { end += 1 }
    let start = end
    var value: UInt32 = 0
    while end < scalars.count, scalars[end].isASCII,
      let digit = Character(scalars[end]).hexDigitValue, isHex || digit < 10
    {
      value = min(value * (isHex ? 16 : 10) + UInt32(digit), 0x200000)
      end += 1
    }
    guard end > start else {
      position += 1
      return "&#"
    }
    if end < scalars.count, scalars[end] == ";" { end += 1 }
    position = end
    switch value {
    case 0: return "\u{fffd}"
    case 0x0d: return "\r"
    case 0x80...0x9f where windows1252[Int(value) - 0x80] != 0:
      return Unicode.Scalar(windows1252[Int(value) - 0x80]).map { String($0) } ?? ""
    case 0x80, 0x81, 0x8d, 0x8f, 0x90, 0x9d: return Unicode.Scalar(value).map { String($0) } ?? ""
    case 0xd800...0xdfff, 0x110000...: return "\u{fffd}"
    // Controls and what is no character.
    case 1...8, 0x0b, 0x0e...0x1f, 0x7f...0x9f, 0xfdd0...0xfdef: return ""
    default:
      return value & 0xfffe == 0xfffe ? "" : Unicode.Scalar(value).map { String($0) } ?? "\u{fffd}"
    }
  }

  /// `ascii`: what is not ASCII in a representation, escaped.
  static func escapedNonASCII(_ text: String) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        output.unicodeScalars.append(scalar)
      } else {
        output += escape(scalar)
      }
    }
    return output
  }

  /// How many runs of `\w` there are.
  static func wordCount(_ text: String) -> Int {
    var count = 0
    var isInWord = false
    for scalar in text.unicodeScalars {
      let isWord =
        scalar == "_" || scalar.isPythonAlphabetic || scalar.properties.numericType != nil
      if isWord, !isInWord { count += 1 }
      isInWord = isWord
    }
    return count
  }

  /// `str.center`; where blanks do not halve, an even width has the more on the left.
  static func centered(_ text: String, _ width: Int, _ fill: Unicode.Scalar) -> String {
    let missing = width - text.unicodeScalars.count
    guard missing > 0 else { return text }
    let left = missing / 2 + (missing & width & 1)
    let blank = String(fill)
    return String(repeating: blank, count: left) + text
      + String(repeating: blank, count: missing - left)
  }
}
