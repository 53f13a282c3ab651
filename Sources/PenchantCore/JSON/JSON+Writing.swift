extension JSON {
  /// How a value is laid out as text.
  package enum Style: Sendable {
    /// On one line, with a space after `:` and `,` as Python writes it.
    case compact
    /// One member or element a line, indented by two spaces.
    case pretty
  }

  /// The value as JSON text.
  ///
  /// Only what JSON requires is escaped; other characters stand as they are.
  package func text(_ style: Style = .compact) -> String {
    var output = ""
    write(into: &output, style: style, indent: 0)
    return output
  }

  private func write(into output: inout String, style: Style, indent: Int) {
    switch self {
    case .null: output += "null"
    case .bool(let value): output += value ? "true" : "false"
    case .number(let number): output += number.text
    case .string(let value): Self.writeQuoted(value, into: &output)
    case .array(let elements):
      Self.writeList(elements, "[", "]", into: &output, style: style, indent: indent) {
        element, output, indent in
        element.write(into: &output, style: style, indent: indent)
      }
    case .object(let object):
      Self.writeList(Array(object.members), "{", "}", into: &output, style: style, indent: indent) {
        member, output, indent in
        Self.writeQuoted(member.0, into: &output)
        output += ": "
        member.1.write(into: &output, style: style, indent: indent)
      }
    }
  }

  private static func writeList<Element>(
    _ elements: [Element], _ open: String, _ close: String, into output: inout String, style: Style,
    indent: Int, _ writeElement: (Element, inout String, Int) -> Void
  ) {
    output += open
    for (position, element) in elements.enumerated() {
      if position > 0 { output += style == .compact ? ", " : "," }
      if style == .pretty { output += "\n" + String(repeating: "  ", count: indent + 1) }
      writeElement(element, &output, indent + 1)
    }
    if style == .pretty, !elements.isEmpty {
      output += "\n" + String(repeating: "  ", count: indent)
    }
    output += close
  }

  private static func writeQuoted(_ text: String, into output: inout String) {
    output += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      case "\u{08}": output += "\\b"
      case "\u{0c}": output += "\\f"
      case "\u{00}"..<"\u{20}":
        let digits = String(scalar.value, radix: 16)
        output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
