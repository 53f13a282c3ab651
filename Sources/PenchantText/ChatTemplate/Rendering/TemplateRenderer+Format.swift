/// `str.format` and `str.format_map`, with attributes and items looked up as the sandbox does.
extension TemplateRenderer {
  func formatMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    var fields = FormatFields(positional: arguments.positional)
    for (name, value) in arguments.named { fields.named[ExactText(name)] = value }
    return .string(try format(text, &fields, depth: 2))
  }

  func formatMapMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let value = try bind(arguments, ["mapping"], required: 1)[0] ?? .none
    guard case .mapping(let mapping) = value else {
      throw failure(.wrongType(operation: "format_map", operands: [value.typeName]))
    }
    var fields = FormatFields()
    for case (.string(let name), let value) in mapping.members {
      fields.named[ExactText(name)] = value
    }
    return .string(try format(text, &fields, depth: 2))
  }

  /// What replacement fields name, and how many of the unnamed ones were used.
  private struct FormatFields {
    var positional: [TemplateValue] = []
    var named: [ExactText: TemplateValue] = [:]
    var next = 0
    /// Fields are numbered by the template or counted, not both.
    var isNumbered: Bool?
  }

  var badFormat: ChatTemplateError { failure(.invalidValue(operation: "format")) }

  /// Replaces the fields of a format string.
  private func format(
    _ text: String, _ fields: inout FormatFields, depth: Int
  ) throws(ChatTemplateError) -> String {
    guard depth >= 0 else { throw badFormat }
    try charge(bytes: text.utf8.count, times: 4)
    let scalars = Array(text.unicodeScalars)
    var output = ""
    var position = 0
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      guard scalar == "{" || scalar == "}" else {
        output.unicodeScalars.append(scalar)
        continue
      }
      if position < scalars.count, scalars[position] == scalar {
        output.unicodeScalars.append(scalar)
        position += 1
        continue
      }
      guard scalar == "{" else { throw badFormat }
      // Up to the brace that closes the field, those of a nested specification included.
      let start = position
      var open = 1
      while position < scalars.count, open > 0 {
        if scalars[position] == "{" { open += 1 }
        if scalars[position] == "}" { open -= 1 }
        position += 1
      }
      guard open == 0 else { throw badFormat }
      output += try field(Array(scalars[start..<position - 1]), &fields, depth)
      try checkLength(output)
    }
    return output
  }

  /// One field: `name!conversion:specification`.
  private func field(
    _ scalars: [Unicode.Scalar], _ fields: inout FormatFields, _ depth: Int
  ) throws(ChatTemplateError) -> String {
    try charge(1)
    var end = 0
    var isInBrackets = false
    while end < scalars.count {
      if scalars[end] == "[" { isInBrackets = true }
      if scalars[end] == "]" { isInBrackets = false }
      if scalars[end] == "{" { throw badFormat }
      if !isInBrackets, scalars[end] == "!" || scalars[end] == ":" { break }
      end += 1
    }
    var value = try lookUp(Array(scalars[..<end]), &fields)
    if end < scalars.count, scalars[end] == "!" {
      guard end + 1 < scalars.count, end + 2 == scalars.count || scalars[end + 2] == ":" else {
        throw badFormat
      }
      value = .string(try converted(value, scalars[end + 1]))
      end += 2
    }
    let written = String(scalars: scalars.dropFirst(end + 1))
    return try formatted(value, try format(written, &fields, depth: depth - 1))
  }

  private func lookUp(
    _ name: [Unicode.Scalar], _ fields: inout FormatFields
  ) throws(ChatTemplateError) -> TemplateValue {
    let first = name.prefix { $0 != "." && $0 != "[" }
    var position = first.count
    var value: TemplateValue
    if first.allSatisfy(\.isASCIIDigit) {
      let isNumbered = !first.isEmpty
      // Only a field without any name is counted.
      guard isNumbered || name.isEmpty else { throw badFormat }
      guard fields.isNumbered ?? isNumbered == isNumbered else { throw badFormat }
      fields.isNumbered = isNumbered
      let index = isNumbered ? Int(String(scalars: first)) : fields.next
      if !isNumbered { fields.next += 1 }
      guard let index, fields.positional.indices.contains(index) else { throw badFormat }
      value = fields.positional[index]
    } else {
      guard let named = fields.named[ExactText(String(scalars: first))] else { throw badFormat }
      value = named
    }
    while position < name.count {
      try charge(1)
      let isAttribute = name[position] == "."
      let rest = name[(position + 1)...]
      let part = rest.prefix { isAttribute ? $0 != "." && $0 != "[" : $0 != "]" }
      guard !part.isEmpty else { throw badFormat }
      position += 1 + part.count
      if isAttribute {
        value = try attribute(String(scalars: part), of: value)
      } else {
        guard position < name.count else { throw badFormat }
        position += 1
        guard position == name.count || name[position] == "." || name[position] == "[" else {
          throw badFormat
        }
        let index = part.allSatisfy(\.isASCIIDigit) ? Int(String(scalars: part)) : nil
        value = try item(index.map { .int($0) } ?? .string(String(scalars: part)), of: value)
      }
    }
    return value
  }

  /// `!s`, `!r` or `!a`.
  func converted(
    _ value: TemplateValue, _ conversion: Unicode.Scalar
  ) throws(ChatTemplateError) -> String {
    switch conversion {
    case "s": return try text(of: value)
    case "r": return try representation(of: value)
    case "a":
      let text = try representation(of: value)
      try charge(bytes: text.utf8.count, times: 12)
      return PythonText.escapedNonASCII(text)
    default: throw badFormat
    }
  }

  /// Python's `format(value, specification)`.
  private func formatted(
    _ value: TemplateValue, _ written: String
  ) throws(ChatTemplateError) -> String {
    if written.isEmpty { return try text(of: value) }
    let isNumber = value.number != nil
    guard let specification = FormatSpecification(written, defaultsRight: isNumber) else {
      throw badFormat
    }
    try charge(bytes: specification.width + (specification.precision ?? 0), times: 4)
    let laidOut: String? =
      switch value {
      case .string(let text): specification.laidOut(text)
      case .double(let number): specification.laidOut(number)
      default: value.integer.flatMap { specification.laidOut($0) }
      }
    guard let laidOut else { throw badFormat }
    return laidOut
  }
}
