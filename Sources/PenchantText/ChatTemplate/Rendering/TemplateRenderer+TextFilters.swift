/// Filters that yield text or numbers.
extension TemplateRenderer {
  typealias Filter =
    @Sendable (TemplateRenderer) -> (TemplateValue, TemplateArguments) throws(ChatTemplateError) ->
    TemplateValue

  /// Every filter by the names it goes by.
  static let filters: [String: Filter] = textFilters.merging(sequenceFilters) { first, _ in first }

  private static let textFilters: [String: Filter] = [
    "abs": TemplateRenderer.absoluteFilter,
    "capitalize": plainFilter(PythonText.capitalized),
    "center": TemplateRenderer.centerFilter,
    "d": TemplateRenderer.defaultFilter,
    "default": TemplateRenderer.defaultFilter,
    "e": plainFilter(PythonText.escapedHTML),
    "escape": plainFilter(PythonText.escapedHTML),
    "float": TemplateRenderer.floatFilter,
    "forceescape": plainFilter(PythonText.escapedHTML),
    "format": TemplateRenderer.formatFilter,
    "indent": TemplateRenderer.indentFilter,
    "int": TemplateRenderer.integerFilter,
    "lower": plainFilter { $0.lowercased() },
    "pprint": TemplateRenderer.prettyPrintFilter,
    "replace": TemplateRenderer.replaceFilter,
    "round": TemplateRenderer.roundFilter,
    // Nothing is escaped by itself, so that all text is safe.
    "safe": plainFilter { $0 },
    "string": plainFilter { $0 },
    "striptags": TemplateRenderer.stripTagsFilter,
    "title": plainFilter(PythonText.titledWords),
    "tojson": TemplateRenderer.jsonFilter,
    "trim": TemplateRenderer.trimFilter,
    "truncate": TemplateRenderer.truncateFilter,
    "upper": plainFilter { $0.uppercased() },
    "urlencode": TemplateRenderer.urlEncodeFilter,
    "wordcount": TemplateRenderer.wordCountFilter,
  ]

  private static func plainFilter(_ change: @escaping @Sendable (String) -> String) -> Filter {
    { renderer in
      { value, arguments throws(ChatTemplateError) in
        try renderer.bindNothing(arguments)
        let text = try renderer.text(of: value)
        try renderer.charge(bytes: text.utf8.count, times: 8)
        return .string(change(text))
      }
    }
  }

  private func trimFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let set = try optionalString(try bind(arguments, ["chars"])[0], arguments)
    let text = try text(of: value)
    try charge(bytes: text.utf8.count)
    return .string(PythonText.stripped(text, of: set))
  }

  private func centerFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let width = try integer(
      try bind(arguments, ["width"])[0] ?? .int(80), of: arguments.function)
    return .string(try aligned(try text(of: value), width, " ", PythonText.centered))
  }

  /// Text filled up to a width, which is charged for before it is had.
  func aligned(
    _ text: String, _ width: Int, _ fill: Unicode.Scalar,
    _ align: (String, Int, Unicode.Scalar) -> String
  ) throws(ChatTemplateError) -> String {
    guard width > 0 else { return text }
    try charge(bytes: text.utf8.count)
    try charge(bytes: width, times: 4)
    guard width <= limits.outputBytes else {
      throw failure(.outputExceeded(limit: limits.outputBytes))
    }
    return align(text, width, fill)
  }

  private func truncateFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["length", "killwords", "end", "leeway"])
    let length = try integer(values[0] ?? .int(255), of: "truncate")
    let end = try string(values[2] ?? .string("..."), of: "truncate")
    let leeway = try values[3].map { value throws(ChatTemplateError) -> Int in
      if case .none = value { return 5 }
      return try integer(value, of: "truncate")
    }
    let endCount = end.unicodeScalars.count
    guard length >= endCount, leeway ?? 5 >= 0 else {
      throw failure(.invalidValue(operation: "truncate"))
    }
    let (most, overflows) = length.addingReportingOverflow(leeway ?? 5)
    // What is short enough stays, text or not.
    if case .sequence(let list) = value, overflows || list.elements.count <= most { return value }
    let scalars = try string(value, of: "truncate").unicodeScalars
    if overflows || scalars.count <= most { return value }
    var kept = String.UnicodeScalarView(scalars.prefix(length - endCount))
    if values[1]?.isTrue != true, let space = kept.lastIndex(of: " ") {
      kept.removeSubrange(space...)
    }
    return .string(String(kept) + end)
  }

  private func wordCountFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    let text = try text(of: value)
    try charge(bytes: text.utf8.count, times: 12)
    return .int(PythonText.wordCount(text))
  }

  private func stripTagsFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    let text = try text(of: value)
    try charge(bytes: text.utf8.count, times: 16)
    guard let plain = PythonText.unescapedHTML(PythonText.withoutTags(text)) else {
      throw failure(.invalidValue(operation: "striptags"))
    }
    return .string(plain)
  }

  private func urlEncodeFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    func quoted(_ value: TemplateValue, inQuery: Bool) throws(ChatTemplateError) -> String {
      let text = try text(of: value)
      try charge(bytes: text.utf8.count, times: 8)
      return PythonText.urlQuoted(text, inQuery: inQuery)
    }
    let members: [TemplateValue]
    switch value {
    case .mapping(let mapping): members = try pairs(of: mapping)
    case .sequence: members = try elements(of: value, operation: "urlencode")
    // Something undefined is an empty list.
    case .undefined: members = []
    default: return .string(try quoted(value, inQuery: false))
    }
    var parts: [String] = []
    for member in members {
      let pair = try elements(of: member, operation: "urlencode")
      guard pair.count == 2 else { throw failure(.unpacking(expected: 2, found: pair.count)) }
      parts.append(
        try quoted(pair[0], inQuery: true) + "=" + (try quoted(pair[1], inQuery: true)))
    }
    return .string(try joined(parts, separator: "&"))
  }

  private func defaultFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["default_value", "boolean"])
    let replaces = value.isUndefined || (values[1]?.isTrue == true && !value.isTrue)
    return replaces ? values[0] ?? .string("") : value
  }

  private func replaceFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["old", "new", "count"], required: 2)
    var count = -1
    if let limit = values[2] {
      if case .none = limit {} else { count = try integer(limit, of: arguments.function) }
    }
    return .string(
      try replaced(
        try text(of: value), try text(of: values[0] ?? .none), try text(of: values[1] ?? .none),
        count))
  }

  private func indentFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["width", "first", "blank"])
    let indent = try indentation(values[0] ?? .int(4), of: arguments.function)
    let text = try string(value, of: arguments.function)
    // One line end is added, as the last of the text would be lost otherwise.
    var lines = PythonText.lines(text + "\n")
    try charge(bytes: text.utf8.count, times: 4)
    let fillsBlank = values[2]?.isTrue == true
    for position in lines.indices.dropFirst() where fillsBlank || !lines[position].isEmpty {
      try charge(bytes: 64 + indent.utf8.count)
      lines[position] = indent + lines[position]
    }
    if values[1]?.isTrue == true, !lines.isEmpty { lines[0] = indent + lines[0] }
    return .string(try joined(lines, separator: "\n"))
  }

  /// A number of blanks, or text that stands for itself.
  private func indentation(
    _ width: TemplateValue, of function: String
  ) throws(ChatTemplateError) -> String {
    if case .string(let text) = width { return text }
    let count = max(try integer(width, of: function), 0)
    try charge(bytes: count)
    return String(repeating: " ", count: count)
  }

  private func jsonFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["ensure_ascii", "indent", "separators", "sort_keys"])
    var writer = TemplateJSONWriter()
    writer.escapesNonASCII = values[0]?.isTrue == true
    if let indent = values[1] {
      if case .none = indent {
      } else {
        writer.indent = try indentation(indent, of: "tojson")
        writer.itemSeparator = ","
      }
    }
    if let separators = values[2] {
      if case .none = separators {
      } else {
        let parts = try elements(of: separators, operation: "tojson")
        guard parts.count == 2 else { throw failure(.wrongArguments(of: "tojson")) }
        writer.itemSeparator = try string(parts[0], of: "tojson")
        writer.keySeparator = try string(parts[1], of: "tojson")
      }
    }
    writer.sortsKeys = values[3]?.isTrue == true
    var output = ""
    try writer.write(value, into: &output, renderer: self)
    return .string(output)
  }

  // MARK: - Numbers

  private func integerFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["default", "base"])
    let base = try integer(values[1] ?? .int(10), of: "int")
    let standard = values[0] ?? .int(0)
    if case .undefined(let name) = value { throw failure(.undefined(name)) }
    if let integer = value.integer { return .int(integer) }
    if case .double(let number) = value { return try truncated(number) }
    guard case .string(let text) = value else { return standard }
    try charge(bytes: text.utf8.count, times: 4)
    let digits = PythonText.stripped(text)
    if let integer = PythonText.integer(digits, base: base) { return .int(integer) }
    if PythonText.isDecimalInteger(digits) { throw failure(.integerOverflow) }
    guard let number = PythonText.number(digits), number.isFinite else { return standard }
    return try truncated(number)
  }

  private func truncated(_ number: Double) throws(ChatTemplateError) -> TemplateValue {
    guard let integer = Int(exactly: number.rounded(.towardZero)) else {
      throw failure(.integerOverflow)
    }
    return .int(integer)
  }

  private func floatFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let standard = try bind(arguments, ["default"])[0] ?? .double(0)
    if case .undefined(let name) = value { throw failure(.undefined(name)) }
    if let number = value.number { return .double(number) }
    guard case .string(let text) = value else { return standard }
    try charge(bytes: text.utf8.count, times: 4)
    return PythonText.number(PythonText.stripped(text)).map { .double($0) } ?? standard
  }

  private func absoluteFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    let number = try positive(value)
    return try isLess(number, .int(0), operation: "abs") ? negate(number) : number
  }

  private func roundFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["precision", "method"])
    let precision = try integer(values[0] ?? .int(0), of: "round")
    let method = try optionalString(values[1], arguments) ?? "common"
    if case .undefined(let name) = value { throw failure(.undefined(name)) }
    guard let number = value.number, (0...15).contains(precision) else {
      throw failure(.invalidValue(operation: "round"))
    }
    let rules: [String: FloatingPointRoundingRule] = [
      "common": .toNearestOrEven, "ceil": .up, "floor": .down,
    ]
    guard let rule = rules[method] else { throw failure(.invalidValue(operation: "round")) }
    if let integer = value.integer, method == "common" { return .int(integer) }
    var scale = 1.0
    for _ in 0..<precision { scale *= 10 }
    let scaled = number * scale
    return .double(scaled.isFinite ? scaled.rounded(rule) / scale : number)
  }
}
