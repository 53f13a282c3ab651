import PenchantCore

extension TemplateValue {
  /// A JSON value as Python's reader has it: numbers spelled with a fraction or exponent are floats.
  ///
  /// - Throws: ``ChatTemplateError`` when it is nested deeper than values may be.
  init(_ json: JSON) throws(ChatTemplateError) {
    try self.init(json, depth: 0)
  }

  private init(_ json: JSON, depth: Int) throws(ChatTemplateError) {
    guard depth <= ChatTemplateLimits.valueDepth else {
      throw ChatTemplateError(
        code: .nestingExceeded(limit: ChatTemplateLimits.valueDepth), line: 1)
    }
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .number(let number): self = Self.number(number.text)
    case .string(let text): self = .string(text)
    case .array(let elements):
      var values: [TemplateValue] = []
      values.reserveCapacity(elements.count)
      for element in elements { values.append(try TemplateValue(element, depth: depth + 1)) }
      self = .sequence(TemplateSequence(.list, values))
    case .object(let object):
      var members: [(TemplateValue, TemplateValue)] = []
      for (key, value) in object.members {
        members.append((.string(key), try TemplateValue(value, depth: depth + 1)))
      }
      self = .mapping(TemplateMapping(members))
    }
  }

  private static func number(_ text: String) -> TemplateValue {
    if let value = Int(text) { return .int(value) }
    if text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }) {
      return .bigInteger(text)
    }
    // Too large a number is infinite, as Python reads it.
    return .double(Double(text) ?? .infinity)
  }
}

/// `tojson`: Python's `json.dumps`.
struct TemplateJSONWriter {
  var escapesNonASCII = false
  /// What a level is indented by; nil for one line.
  var indent: String?
  var itemSeparator = ", "
  var keySeparator = ": "
  var sortsKeys = false

  func write(
    _ value: TemplateValue, into output: inout String, level: Int = 0, renderer: TemplateRenderer
  ) throws(ChatTemplateError) {
    try renderer.charge(1)
    switch value {
    case .sequence(let sequence) where sequence.kind == .list || sequence.kind == .tuple:
      try writeList(sequence.elements, "[", "]", &output, level, renderer) {
        (element, output) throws(ChatTemplateError) in
        try write(element, into: &output, level: level + 1, renderer: renderer)
      }
    case .mapping(let mapping):
      var members = Array(mapping.members)
      if sortsKeys {
        members = try renderer.sorted(members) { (left, right) throws(ChatTemplateError) in
          try renderer.isLess(left.0, right.0, operation: "tojson")
        }
      }
      try writeList(members, "{", "}", &output, level, renderer) {
        (member, output) throws(ChatTemplateError) in
        if case .string(let key) = member.0 {
          try writeQuoted(key, into: &output, renderer)
        } else {
          output += "\"" + (try scalar(member.0, renderer)) + "\""
        }
        output += keySeparator
        try write(member.1, into: &output, level: level + 1, renderer: renderer)
      }
    case .string(let text): try writeQuoted(text, into: &output, renderer)
    default: output += try scalar(value, renderer)
    }
    try renderer.checkLength(output)
  }

  private func scalar(
    _ value: TemplateValue, _ renderer: TemplateRenderer
  ) throws(ChatTemplateError) -> String {
    switch value {
    case .none: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .int(let value): return String(value)
    case .bigInteger(let text): return text
    case .double(let value):
      if value.isFinite { return PythonText.float(value) }
      return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    default:
      throw renderer.failure(.wrongType(operation: "tojson", operands: [value.typeName]))
    }
  }

  private func writeList<Element>(
    _ elements: [Element], _ open: String, _ close: String, _ output: inout String, _ level: Int,
    _ renderer: TemplateRenderer,
    _ writeElement: (Element, inout String) throws(ChatTemplateError) -> Void
  ) throws(ChatTemplateError) {
    output += open
    for (position, element) in elements.enumerated() {
      if position > 0 { output += itemSeparator }
      try writeBreak(level + 1, &output, renderer)
      try writeElement(element, &output)
    }
    if !elements.isEmpty { try writeBreak(level, &output, renderer) }
    output += close
  }

  private func writeBreak(
    _ level: Int, _ output: inout String, _ renderer: TemplateRenderer
  ) throws(ChatTemplateError) {
    guard let indent else { return }
    try renderer.charge(bytes: indent.utf8.count, times: level)
    output += "\n" + String(repeating: indent, count: level)
  }

  private func writeQuoted(
    _ text: String, into output: inout String, _ renderer: TemplateRenderer
  ) throws(ChatTemplateError) {
    try renderer.charge(bytes: text.utf8.count, times: escapesNonASCII ? 16 : 8)
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
        try renderer.charge(1)
        output += "\\u" + PythonText.hex(scalar.value, digits: 4)
      case "\u{7f}"... where escapesNonASCII:
        try renderer.charge(1)
        for unit in String(scalar).utf16 {
          output += "\\u" + PythonText.hex(UInt32(unit), digits: 4)
        }
      default: output.unicodeScalars.append(scalar)
      }
    }
    output += "\""
  }
}
