/// The methods of Python's `str` that templates use.
extension TemplateRenderer {
  static let stringMethods: [String: Method<String>] = [
    "capitalize": plainMethod(PythonText.capitalized),
    "center": alignMethod(PythonText.centered),
    "count": TemplateRenderer.countMethod,
    "endswith": affixMethod { $0.reversed().starts(with: $1.reversed()) },
    "find": TemplateRenderer.findMethod,
    "format": TemplateRenderer.formatMethod,
    "format_map": TemplateRenderer.formatMapMethod,
    "index": TemplateRenderer.findMethod,
    "isalnum": everyScalar { $0.isPythonAlphabetic || $0.properties.numericType != nil },
    "isalpha": everyScalar(\.isPythonAlphabetic),
    "isascii": asciiTest,
    "isdecimal": everyScalar { $0.properties.numericType == .decimal },
    "isdigit": everyScalar { [.decimal, .digit].contains($0.properties.numericType) },
    "islower": casedTest { $0 == $0.lowercased() },
    "isnumeric": everyScalar { $0.properties.numericType != nil },
    "isspace": everyScalar(\.isPythonSpace),
    "isupper": casedTest { $0 == $0.uppercased() },
    "join": TemplateRenderer.joinMethod,
    "ljust": alignMethod { text, width, fill in
      text + String(repeating: String(fill), count: max(0, width - text.unicodeScalars.count))
    },
    "lower": plainMethod { $0.lowercased() },
    "lstrip": stripMethod(leading: true, trailing: false),
    "partition": partitionMethod(fromEnd: false),
    "removeprefix": TemplateRenderer.removePrefixMethod,
    "removesuffix": TemplateRenderer.removeSuffixMethod,
    "replace": TemplateRenderer.replaceMethod,
    "rfind": TemplateRenderer.findMethod,
    "rindex": TemplateRenderer.findMethod,
    "rjust": alignMethod { text, width, fill in
      String(repeating: String(fill), count: max(0, width - text.unicodeScalars.count)) + text
    },
    "rpartition": partitionMethod(fromEnd: true),
    "rsplit": splitMethod(fromEnd: true),
    "rstrip": stripMethod(leading: false, trailing: true),
    "split": splitMethod(fromEnd: false),
    "splitlines": TemplateRenderer.linesMethod,
    "startswith": affixMethod { $0.starts(with: $1) },
    "strip": stripMethod(leading: true, trailing: true),
    "title": plainMethod(PythonText.titled),
    "upper": plainMethod { $0.uppercased() },
    "zfill": TemplateRenderer.zeroFillMethod,
  ]

  // MARK: - Arguments

  /// An argument that is text, or none where it is not given.
  func optionalString(
    _ value: TemplateValue?, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> String? {
    switch value {
    case nil, TemplateValue.none?: nil
    case let value?: try string(value, of: arguments.function)
    }
  }

  private func needle(
    _ value: TemplateValue?, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> String {
    try string(value ?? .none, of: arguments.function)
  }

  // MARK: - Searching

  private func countMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let part = try needle(try bind(arguments, ["sub"], required: 1)[0], arguments)
    if part.isEmpty { return .int(text.unicodeScalars.count + 1) }
    return .int(try occurrences(of: part, in: text).count)
  }

  /// `find`, `rfind`, `index` and `rindex`, which differ in which occurrence they mean and what absence is.
  private func findMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let part = try needle(try bind(arguments, ["sub"], required: 1)[0], arguments)
    let isLast = arguments.function.hasPrefix("r")
    if part.isEmpty { return .int(isLast ? text.unicodeScalars.count : 0) }
    let offset =
      isLast
      ? try lastOccurrence(of: part, in: text)
      : try occurrences(of: part, in: text, limit: 1).first
    guard let offset else {
      if arguments.function.hasSuffix("index") {
        throw failure(.invalidValue(operation: arguments.function))
      }
      return .int(-1)
    }
    let utf8 = text.utf8
    return .int(text.unicodeScalars[..<utf8.index(utf8.startIndex, offsetBy: offset)].count)
  }

  /// The last occurrence: overlaps count from the end, so the text is searched backwards.
  func lastOccurrence(of part: String, in text: String) throws(ChatTemplateError) -> Int? {
    try occurrencesFromEnd(of: part, in: text, limit: 1).first
  }

  private func occurrencesFromEnd(
    of part: String, in text: String, limit: Int
  ) throws(ChatTemplateError) -> [Int] {
    try charge(bytes: text.utf8.count, times: 1 + part.utf8.count / 16)
    let count = text.utf8.count
    let found = PythonText.occurrences(
      of: part.utf8.reversed(), in: text.utf8.reversed(), limit: limit)
    try charge(found.count)
    return found.map { count - $0 - part.utf8.count }
  }

  // MARK: - Cutting and joining

  /// The pieces of `text` before, between and after the parts of `length` bytes at `offsets`.
  private func pieces(
    of text: String, at offsets: [Int], length: Int
  ) throws(ChatTemplateError) -> [String] {
    try charge(offsets.count)
    let bytes = Array(text.utf8)
    var start = 0
    var pieces: [String] = []
    for offset in offsets {
      pieces.append(String(decoding: bytes[start..<offset], as: UTF8.self))
      start = offset + length
    }
    pieces.append(String(decoding: bytes[start...], as: UTF8.self))
    return pieces
  }

  private static func splitMethod(fromEnd: Bool) -> Method<String> {
    { renderer in
      { text, arguments throws(ChatTemplateError) in
        let values = try renderer.bind(arguments, ["sep", "maxsplit"])
        let limit = try values[1].map { value throws(ChatTemplateError) in
          try renderer.integer(value, of: arguments.function)
        }
        let count = limit.map { $0 < 0 ? Int.max : $0 } ?? Int.max
        let parts: [String]
        if let separator = try renderer.optionalString(values[0], arguments) {
          parts = try renderer.split(text, at: separator, count, fromEnd: fromEnd)
        } else {
          try renderer.charge(bytes: text.utf8.count, times: 8)
          parts = PythonText.words(text, limit: count, fromEnd: fromEnd)
        }
        return try renderer.sequence(.list, parts.map { .string($0) })
      }
    }
  }

  private func split(
    _ text: String, at separator: String, _ limit: Int, fromEnd: Bool
  ) throws(ChatTemplateError) -> [String] {
    guard !separator.isEmpty else { throw failure(.invalidValue(operation: "split")) }
    let offsets =
      fromEnd
      ? try occurrencesFromEnd(of: separator, in: text, limit: limit).reversed()
      : try occurrences(of: separator, in: text, limit: limit)
    return try pieces(of: text, at: offsets, length: separator.utf8.count)
  }

  private static func partitionMethod(fromEnd: Bool) -> Method<String> {
    { renderer in
      { text, arguments throws(ChatTemplateError) in
        let separator = try renderer.needle(
          try renderer.bind(arguments, ["sep"], required: 1)[0], arguments)
        let parts = try renderer.split(text, at: separator, 1, fromEnd: fromEnd)
        let whole = fromEnd ? ["", "", text] : [text, "", ""]
        let three = parts.count == 2 ? [parts[0], separator, parts[1]] : whole
        return try renderer.sequence(.tuple, three.map { .string($0) })
      }
    }
  }

  private func linesMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    try charge(bytes: text.utf8.count, times: 8)
    return try sequence(.list, PythonText.lines(text).map { .string($0) })
  }

  private func joinMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let list = try bind(arguments, ["iterable"], required: 1)[0] ?? .none
    var parts: [String] = []
    for element in try elements(of: list, operation: "join") {
      parts.append(try string(element, of: "join"))
    }
    return .string(try joined(parts, separator: text))
  }

  func joined(_ parts: [String], separator: String) throws(ChatTemplateError) -> String {
    var text = ""
    for (position, part) in parts.enumerated() {
      try charge(1)
      try charge(bytes: part.utf8.count + separator.utf8.count)
      if position > 0 { text += separator }
      text += part
      try checkLength(text)
    }
    return text
  }

  private func replaceMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["old", "new", "count"], required: 2)
    let count = try values[2].map { value throws(ChatTemplateError) in
      try integer(value, of: arguments.function)
    }
    return .string(
      try replaced(
        text, try needle(values[0], arguments), try needle(values[1], arguments), count ?? -1))
  }

  /// `str.replace`; a negative count means all.
  func replaced(
    _ text: String, _ old: String, _ new: String, _ count: Int
  ) throws(ChatTemplateError) -> String {
    let limit = count < 0 ? Int.max : count
    if old.isEmpty {
      // Python puts the new text before every character and at the end.
      try charge(text.utf8.count)
      let characters = text.unicodeScalars.map { String($0) }
      let heads = min(limit, characters.count)
      let head = try joined([""] + characters.prefix(heads), separator: new)
      let rest = characters.dropFirst(heads).joined()
      return head + rest + (limit > characters.count ? new : "")
    }
    let offsets = try occurrences(of: old, in: text, limit: limit)
    return try joined(
      try pieces(of: text, at: offsets, length: old.utf8.count), separator: new)
  }

  private func removePrefixMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let prefix = try needle(try bind(arguments, ["prefix"], required: 1)[0], arguments)
    guard text.utf8.starts(with: prefix.utf8) else { return .string(text) }
    return .string(String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self))
  }

  private func removeSuffixMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let suffix = try needle(try bind(arguments, ["suffix"], required: 1)[0], arguments)
    guard text.utf8.reversed().starts(with: suffix.utf8.reversed()) else { return .string(text) }
    return .string(String(decoding: text.utf8.dropLast(suffix.utf8.count), as: UTF8.self))
  }

  private func zeroFillMethod(
    _ text: String, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let value = try bind(arguments, ["width"], required: 1)[0] ?? .none
    let width = try integer(value, of: "zfill")
    let missing = width.subtractingReportingOverflow(text.unicodeScalars.count)
    guard !missing.overflow, missing.partialValue > 0 else { return .string(text) }
    try charge(bytes: missing.partialValue)
    let isSigned = text.utf8.first == UInt8(ascii: "-") || text.utf8.first == UInt8(ascii: "+")
    let zeros = String(repeating: "0", count: missing.partialValue)
    let sign = isSigned ? String(text.unicodeScalars.prefix(1)) : ""
    return .string(sign + zeros + String(text.unicodeScalars.dropFirst(isSigned ? 1 : 0)))
  }
}
