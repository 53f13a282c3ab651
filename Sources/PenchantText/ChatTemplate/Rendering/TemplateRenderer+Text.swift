extension TemplateRenderer {
  /// Python's `str`: what `{{ value }}` prints.
  func text(of value: TemplateValue) throws(ChatTemplateError) -> String {
    switch value {
    case .undefined: return ""
    case .string(let text): return text
    default: return try representation(of: value)
    }
  }

  /// Python's `repr`.
  func representation(of value: TemplateValue) throws(ChatTemplateError) -> String {
    var output = ""
    try writeRepresentation(of: value, into: &output)
    return output
  }

  private func writeRepresentation(
    of value: TemplateValue, into output: inout String
  ) throws(ChatTemplateError) {
    try charge(1)
    switch value {
    case .undefined: output += "Undefined"
    case .none: output += "None"
    case .bool(let value): output += value ? "True" : "False"
    case .int(let value): output += String(value)
    case .bigInteger(let text): output += text
    case .double(let value): output += PythonText.float(value)
    case .string(let text):
      try charge(bytes: text.utf8.count, times: 16)
      output += PythonText.quoted(text)
    case .sequence(let sequence) where sequence.kind == .list || sequence.kind == .tuple:
      output += sequence.kind == .list ? "[" : "("
      for (position, element) in sequence.elements.enumerated() {
        if position > 0 { output += ", " }
        try writeRepresentation(of: element, into: &output)
      }
      if sequence.kind == .list {
        output += "]"
      } else {
        output += sequence.elements.count == 1 ? ",)" : ")"
      }
    case .mapping(let mapping):
      output += "{"
      for (position, member) in mapping.members.enumerated() {
        if position > 0 { output += ", " }
        try writeRepresentation(of: member.0, into: &output)
        output += ": "
        try writeRepresentation(of: member.1, into: &output)
      }
      output += "}"
    case .sequence, .namespace, .macro, .loop, .method, .function:
      throw failure(.unprintable(value.typeName))
    }
    try checkLength(output)
  }
}
