/// Methods of values: which there are, which of them change the value and are refused, and those of
/// lists, mappings and loops.
extension TemplateRenderer {
  typealias Method<Receiver> =
    @Sendable (TemplateRenderer) -> (Receiver, TemplateArguments) throws(ChatTemplateError) ->
    TemplateValue

  /// Methods that Python has and a template cannot use here; looking one up is not an error.
  private static let otherStringMethods: Set<String> = [
    "casefold", "encode", "expandtabs", "isidentifier", "isprintable", "istitle", "maketrans",
    "swapcase", "translate",
  ]
  private static let sequenceMethods: Set<String> = ["count", "index"]
  private static let changingListMethods: Set<String> = [
    "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort",
  ]
  private static let mappingMethods: Set<String> = ["copy", "get", "items", "keys", "values"]
  private static let changingMappingMethods: Set<String> = [
    "clear", "pop", "popitem", "setdefault", "update",
  ]

  static func hasMethod(_ name: String, _ value: TemplateValue) -> Bool {
    switch value {
    case .string: stringMethods[name] != nil || otherStringMethods.contains(name)
    case .sequence(let sequence) where sequence.kind == .list:
      sequenceMethods.contains(name) || changingListMethods.contains(name) || name == "copy"
    case .sequence(let sequence) where sequence.kind == .tuple || sequence.kind == .range:
      sequenceMethods.contains(name)
    case .mapping:
      mappingMethods.contains(name) || changingMappingMethods.contains(name) || name == "fromkeys"
    case .loop: name == "cycle" || name == "changed"
    default: false
    }
  }

  /// Whether the sandbox hides a method because it would change its value.
  static func isRefused(_ method: TemplateMethod) -> Bool {
    switch method.receiver {
    case .sequence: changingListMethods.contains(method.name)
    case .mapping: changingMappingMethods.contains(method.name)
    default: false
    }
  }

  func callMethod(
    _ method: TemplateMethod, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    if Self.isRefused(method) {
      throw failure(.refused(method: method.name, of: method.receiver.typeName))
    }
    switch method.receiver {
    case .string(let text):
      guard let function = Self.stringMethods[method.name] else { break }
      try charge(bytes: text.utf8.count, times: 2)
      return try function(self)(text, arguments)
    case .sequence(let sequence):
      if let value = try call(method.name, of: sequence, arguments) { return value }
    case .mapping(let mapping):
      if let value = try call(method.name, of: mapping, arguments) { return value }
    case .loop(let number): return try callLoop(method.name, number, arguments)
    default: break
    }
    throw failure(.unknownMethod(method.name, of: method.receiver.typeName))
  }

  private func call(
    _ name: String, of sequence: TemplateSequence, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue? {
    if name == "copy" {
      try bindNothing(arguments)
      return .sequence(sequence)
    }
    let wanted = try bind(arguments, ["value"], required: 1)[0] ?? .none
    var count = 0
    for (position, element) in sequence.elements.enumerated() where try isEqual(element, wanted) {
      if name == "index" { return .int(position) }
      count += 1
    }
    guard name == "count" else { throw failure(.invalidValue(operation: name)) }
    return .int(count)
  }

  private func call(
    _ name: String, of mapping: TemplateMapping, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue? {
    if name == "get" {
      let values = try bind(arguments, ["key", "default"], required: 1)
      let wanted = values[0] ?? .none
      if case .string(let text) = wanted { try charge(bytes: text.utf8.count) }
      if case .undefined = wanted { return values[1] ?? TemplateValue.none }
      guard let key = wanted.key else {
        throw failure(.wrongType(operation: name, operands: [wanted.typeName]))
      }
      return mapping[key] ?? values[1] ?? TemplateValue.none
    }
    guard Self.mappingMethods.contains(name) else { return nil }
    try bindNothing(arguments)
    switch name {
    case "items": return try sequence(.view, try pairs(of: mapping))
    case "keys": return try sequence(.view, mapping.keys)
    case "values": return try sequence(.view, mapping.values)
    default: return .mapping(mapping)
    }
  }

  /// The members of a mapping as tuples.
  func pairs(of mapping: TemplateMapping) throws(ChatTemplateError) -> [TemplateValue] {
    var pairs: [TemplateValue] = []
    for (key, value) in mapping.members { pairs.append(try sequence(.tuple, [key, value])) }
    return pairs
  }

  private func callLoop(
    _ name: String, _ number: Int, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    guard arguments.named.isEmpty else { throw failure(.wrongArguments(of: name)) }
    let values = arguments.positional
    if name == "cycle" {
      guard !values.isEmpty else { throw failure(.wrongArguments(of: name)) }
      return values[loops[number].position % values.count]
    }
    let last = loops[number].lastChanged
    loops[number].lastChanged = values
    guard let last, last.count == values.count else { return .bool(true) }
    for (x, y) in zip(last, values) where try !isEqual(x, y) { return .bool(true) }
    return .bool(false)
  }
}
