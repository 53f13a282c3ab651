/// `pprint`: Python's `pformat`, 80 columns wide, keys in order.
extension TemplateRenderer {
  func prettyPrintFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    var output = ""
    try prettyPrint(value, indent: 0, allowance: 0, level: 0, into: &output)
    return .string(output)
  }

  private static let width = 80

  /// - Parameters:
  ///   - indent: the column at which the value begins.
  ///   - allowance: what must still fit behind it.
  private func prettyPrint(
    _ value: TemplateValue, indent: Int, allowance: Int, level: Int, into output: inout String
  ) throws(ChatTemplateError) {
    try enter()
    defer { leave() }
    let text = try representation(of: try ordered(value))
    try charge(bytes: text.utf8.count)
    guard text.unicodeScalars.count > Self.width - indent - allowance else {
      output += text
      return try checkLength(output)
    }
    switch value {
    case .string(let string):
      try prettyPrint(string, indent: indent, allowance: allowance, level: level + 1, into: &output)
    case .mapping:
      guard case .mapping(let mapping) = try ordered(value) else { return }
      output += "{"
      let inner = indent + 1
      for (position, (key, member)) in mapping.members.enumerated() {
        if position > 0 { output += ",\n" + String(repeating: " ", count: inner) }
        let name = try representation(of: key)
        output += name + ": "
        let isLast = position == mapping.count - 1
        try prettyPrint(
          member, indent: inner + name.unicodeScalars.count + 2,
          allowance: isLast ? allowance + 1 : 1, level: level + 1, into: &output)
      }
      output += "}"
    case .sequence(let sequence) where sequence.kind == .list || sequence.kind == .tuple:
      let isList = sequence.kind == .list
      let end = isList ? "]" : sequence.elements.count == 1 ? ",)" : ")"
      output += isList ? "[" : "("
      for (position, element) in sequence.elements.enumerated() {
        if position > 0 { output += ",\n" + String(repeating: " ", count: indent + 1) }
        let isLast = position == sequence.elements.count - 1
        try prettyPrint(
          element, indent: indent + 1, allowance: isLast ? allowance + end.utf8.count : 1,
          level: level + 1, into: &output)
      }
      output += end
    default: output += text
    }
    try checkLength(output)
  }

  /// A long text in lines and, where those are too long, in words.
  private func prettyPrint(
    _ text: String, indent: Int, allowance: Int, level: Int, into output: inout String
  ) throws(ChatTemplateError) {
    var (indent, allowance) = (indent, allowance)
    if level == 1 { (indent, allowance) = (indent + 1, allowance + 1) }
    let width = Self.width - indent
    let lines = PythonText.linesWithEnds(text)
    var chunks: [String] = []
    var last = ""
    for (number, line) in lines.enumerated() {
      let isLastLine = number == lines.count - 1
      last = PythonText.quoted(line)
      try charge(bytes: line.utf8.count, times: 16)
      guard last.unicodeScalars.count > width - (isLastLine ? allowance : 0) else {
        chunks.append(last)
        continue
      }
      let parts = PythonText.wordsWithSpace(line)
      var current = ""
      for (place, part) in parts.enumerated() {
        let room = width - (isLastLine && place == parts.count - 1 ? allowance : 0)
        let candidate = PythonText.quoted(current + part)
        try charge(bytes: candidate.utf8.count, times: 16)
        if candidate.unicodeScalars.count > room {
          if !current.isEmpty { chunks.append(PythonText.quoted(current)) }
          current = part
        } else {
          current += part
        }
      }
      if !current.isEmpty { chunks.append(PythonText.quoted(current)) }
    }
    // As Python does it: of a single chunk the representation of the last line.
    guard chunks.count != 1 else {
      output += last
      return
    }
    if level == 1 { output += "(" }
    output += chunks.joined(separator: "\n" + String(repeating: " ", count: indent))
    if level == 1 { output += ")" }
  }

  /// A value with the members of its mappings in the order of their keys.
  private func ordered(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .mapping(let mapping):
      let keyed = mapping.members.map { ($0, $1) }
      let sorted = try sorted(keyed) { (left, right) throws(ChatTemplateError) in
        try self.isBefore(left.0, right.0)
      }
      var members: [(TemplateValue, TemplateValue)] = []
      for (key, member) in sorted { members.append((key, try ordered(member))) }
      return try self.mapping(members)
    case .sequence(let list) where list.kind == .list || list.kind == .tuple:
      var elements: [TemplateValue] = []
      for element in list.elements { elements.append(try ordered(element)) }
      return try sequence(list.kind, elements)
    default: return value
    }
  }

  /// Keys that cannot be compared stand in the order of their types' names.
  private func isBefore(
    _ left: TemplateValue, _ right: TemplateValue
  ) throws(ChatTemplateError) -> Bool {
    let names = [left, right].map(\.pythonTypeName)
    let areNumbers = left.number != nil && right.number != nil
    guard areNumbers || (names[0] == names[1] && names[0] == "str") else {
      return names[0] < names[1]
    }
    return try isLess(left, right, operation: "pprint")
  }
}

extension TemplateValue {
  /// The name of the key's type in Python.
  fileprivate var pythonTypeName: String {
    switch self {
    case .none: "NoneType"
    case .bool: "bool"
    case .int, .bigInteger: "int"
    case .double: "float"
    case .string: "str"
    default: typeName
    }
  }
}

extension PythonText {
  /// `splitlines(True)`: the lines with their ends.
  fileprivate static func linesWithEnds(_ text: String) -> [String] {
    var rest = text.unicodeScalars[...]
    return lines(text).map { line in
      var end = rest.index(rest.startIndex, offsetBy: line.unicodeScalars.count)
      if end < rest.endIndex {
        let isReturn = rest[end] == "\r"
        end = rest.index(after: end)
        if isReturn, end < rest.endIndex, rest[end] == "\n" { end = rest.index(after: end) }
      }
      defer { rest = rest[end...] }
      return String(rest[..<end])
    }
  }

  /// Words, each with the white space that follows it.
  fileprivate static func wordsWithSpace(_ text: String) -> [String] {
    var parts: [String] = []
    var current = String.UnicodeScalarView()
    var isInSpace = false
    for scalar in text.unicodeScalars {
      if isInSpace, !scalar.isPythonSpace {
        parts.append(String(current))
        current = String.UnicodeScalarView()
      }
      isInSpace = scalar.isPythonSpace
      current.append(scalar)
    }
    if !current.isEmpty { parts.append(String(current)) }
    return parts
  }
}
