/// Filters over lists and mappings.
extension TemplateRenderer {
  static let sequenceFilters: [String: Filter] = [
    "batch": TemplateRenderer.batchFilter,
    "count": TemplateRenderer.lengthFilter,
    "dictsort": TemplateRenderer.dictionarySortFilter,
    "first": TemplateRenderer.firstFilter,
    "groupby": TemplateRenderer.groupFilter,
    "items": TemplateRenderer.itemsFilter,
    "join": TemplateRenderer.joinFilter,
    "last": TemplateRenderer.lastFilter,
    "length": TemplateRenderer.lengthFilter,
    "list": TemplateRenderer.listFilter,
    "map": TemplateRenderer.mapFilter,
    "max": extremeFilter(isLeast: false),
    "min": extremeFilter(isLeast: true),
    "reject": selectionFilter(keeps: false, byAttribute: false),
    "rejectattr": selectionFilter(keeps: false, byAttribute: true),
    "reverse": TemplateRenderer.reverseFilter,
    "select": selectionFilter(keeps: true, byAttribute: false),
    "selectattr": selectionFilter(keeps: true, byAttribute: true),
    "slice": TemplateRenderer.sliceFilter,
    "sort": TemplateRenderer.sortFilter,
    "sum": TemplateRenderer.sumFilter,
    "unique": TemplateRenderer.uniqueFilter,
  ]

  // MARK: - Whole lists

  private func lengthFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    switch value {
    case .undefined: return .int(0)
    case .string(let text):
      try charge(bytes: text.utf8.count)
      return .int(text.unicodeScalars.count)
    case .sequence(let sequence) where sequence.kind != .iterator:
      return .int(sequence.elements.count)
    case .mapping(let mapping): return .int(mapping.count)
    case .loop(let number): return .int(loops[number].elements.count)
    default: throw failure(.wrongType(operation: arguments.function, operands: [value.typeName]))
    }
  }

  private func firstFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    return try elements(of: value, operation: "first").first ?? .undefined("first")
  }

  private func lastFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    if case .sequence(let sequence) = value, sequence.kind == .iterator {
      throw failure(.wrongType(operation: "last", operands: [value.typeName]))
    }
    return try elements(of: value, operation: "last").last ?? .undefined("last")
  }

  private func listFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    return try sequence(.list, try elements(of: value, operation: "list"))
  }

  private func itemsFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    switch value {
    case .undefined: return try sequence(.iterator, [])
    case .mapping(let mapping): return try sequence(.iterator, try pairs(of: mapping))
    default: throw failure(.wrongType(operation: "items", operands: [value.typeName]))
    }
  }

  private func reverseFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    try bindNothing(arguments)
    if case .string(let text) = value {
      try charge(bytes: text.utf8.count, times: 4)
      return .string(String(scalars: text.unicodeScalars.reversed()))
    }
    return try sequence(.iterator, try elements(of: value, operation: "reverse").reversed())
  }

  private func joinFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["d", "attribute"])
    let separator = try text(of: values[0] ?? .string(""))
    var parts: [String] = []
    for element in try elements(of: value, operation: "join") {
      parts.append(try text(of: try attribute(values[1], of: element)))
    }
    return .string(try joined(parts, separator: separator))
  }

  private func sumFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["attribute", "start"])
    var sum = values[1] ?? .int(0)
    for element in try elements(of: value, operation: "sum") {
      sum = try apply(.add, sum, try attribute(values[0], of: element))
    }
    return sum
  }

  // MARK: - Order

  private func sortFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["reverse", "case_sensitive", "attribute"])
    let foldsCase = values[1]?.isTrue != true
    var keyed: [(key: TemplateValue, value: TemplateValue)] = []
    for element in try elements(of: value, operation: "sort") {
      let key: TemplateValue
      if case .string(let names)? = values[2], names.utf8.contains(UInt8(ascii: ",")) {
        var keys: [TemplateValue] = []
        for name in names.split(separator: ",", omittingEmptySubsequences: false) {
          keys.append(
            try sortKey(try attribute(.string(String(name)), of: element), foldsCase: foldsCase))
        }
        key = try sequence(.list, keys)
      } else {
        key = try sortKey(try attribute(values[2], of: element), foldsCase: foldsCase)
      }
      keyed.append((key, element))
    }
    let sorted = try sorted(keyed, descending: values[0]?.isTrue == true, operation: "sort")
    return try sequence(.list, sorted)
  }

  /// The values in the order of their keys; equal ones keep their order, descending or not.
  private func sorted(
    _ keyed: [(key: TemplateValue, value: TemplateValue)], descending: Bool, operation: String
  ) throws(ChatTemplateError) -> [TemplateValue] {
    try sorted(keyed) { (left, right) throws(ChatTemplateError) in
      descending
        ? try isLess(right.key, left.key, operation: operation)
        : try isLess(left.key, right.key, operation: operation)
    }.map(\.value)
  }

  /// Text is compared without its case unless asked otherwise.
  func sortKey(
    _ value: TemplateValue, foldsCase: Bool
  ) throws(ChatTemplateError) -> TemplateValue {
    guard foldsCase, case .string(let text) = value else { return value }
    try charge(bytes: text.utf8.count, times: 2)
    return .string(text.lowercased())
  }

  private func dictionarySortFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["case_sensitive", "by", "reverse"])
    let by = try optionalString(values[1], arguments) ?? "key"
    guard by == "key" || by == "value" else { throw failure(.invalidValue(operation: "dictsort")) }
    guard case .mapping(let mapping) = value else {
      throw failure(.wrongType(operation: "dictsort", operands: [value.typeName]))
    }
    var keyed: [(key: TemplateValue, value: TemplateValue)] = []
    for (key, member) in mapping.members {
      let order = try sortKey(by == "key" ? key : member, foldsCase: values[0]?.isTrue != true)
      keyed.append((order, try sequence(.tuple, [key, member])))
    }
    let sorted = try sorted(keyed, descending: values[2]?.isTrue == true, operation: "dictsort")
    return try sequence(.list, sorted)
  }

  private func uniqueFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["case_sensitive", "attribute"])
    var seen: Set<TemplateMapping.Key> = []
    var kept: [TemplateValue] = []
    for element in try elements(of: value, operation: "unique") {
      let key = try sortKey(
        try attribute(values[1], of: element), foldsCase: values[0]?.isTrue != true)
      if case .string(let text) = key { try charge(bytes: text.utf8.count) }
      guard let hashed = key.key else {
        throw failure(.wrongType(operation: "unique", operands: [key.typeName]))
      }
      if seen.insert(hashed).inserted { kept.append(element) }
    }
    return try sequence(.iterator, kept)
  }

  private static func extremeFilter(isLeast: Bool) -> Filter {
    { renderer in
      { value, arguments throws(ChatTemplateError) in
        let values = try renderer.bind(arguments, ["case_sensitive", "attribute"])
        let foldsCase = values[0]?.isTrue != true
        var best: (key: TemplateValue, value: TemplateValue)?
        for element in try renderer.elements(of: value, operation: arguments.function) {
          let key = try renderer.sortKey(
            try renderer.attribute(values[1], of: element), foldsCase: foldsCase)
          guard let current = best else {
            best = (key, element)
            continue
          }
          let isBetter =
            isLeast
            ? try renderer.isLess(key, current.key, operation: arguments.function)
            : try renderer.isLess(current.key, key, operation: arguments.function)
          if isBetter { best = (key, element) }
        }
        return best?.value ?? .undefined(arguments.function)
      }
    }
  }
}
