/// What can stand after `is`.
extension TemplateRenderer {
  typealias Test =
    @Sendable (TemplateRenderer) -> (TemplateValue, TemplateArguments) throws(ChatTemplateError) ->
    Bool

  static let tests: [String: Test] = [
    "boolean": plainTest { if case .bool = $0 { true } else { false } },
    "callable": plainTest { $0.isCallable },
    "defined": plainTest { !$0.isUndefined },
    "divisibleby": TemplateRenderer.isDivisible,
    "==": relationTest(.equal),
    "eq": relationTest(.equal),
    "equalto": relationTest(.equal),
    "even": TemplateRenderer.isEven,
    "false": plainTest { if case .bool(false) = $0 { true } else { false } },
    "filter": nameTest { filters[$0] != nil },
    "float": plainTest { if case .double = $0 { true } else { false } },
    ">=": relationTest(.greaterOrEqual),
    "ge": relationTest(.greaterOrEqual),
    ">": relationTest(.greater),
    "gt": relationTest(.greater),
    "greaterthan": relationTest(.greater),
    "in": relationTest(.contained),
    "integer": plainTest { $0.isInteger },
    "iterable": plainTest { $0.isIterable },
    "<=": relationTest(.lessOrEqual),
    "le": relationTest(.lessOrEqual),
    "<": relationTest(.less),
    "lessthan": relationTest(.less),
    "lt": relationTest(.less),
    "lower": TemplateRenderer.isLowercase,
    "mapping": plainTest { if case .mapping = $0 { true } else { false } },
    "!=": relationTest(.notEqual),
    "ne": relationTest(.notEqual),
    "none": plainTest { if case .none = $0 { true } else { false } },
    "number": plainTest { $0.isNumber },
    "odd": TemplateRenderer.isOdd,
    "sameas": TemplateRenderer.isSame,
    "sequence": plainTest { $0.isSequence },
    "string": plainTest { if case .string = $0 { true } else { false } },
    "test": nameTest { tests[$0] != nil },
    "true": plainTest { if case .bool(true) = $0 { true } else { false } },
    "undefined": plainTest(\.isUndefined),
    "upper": TemplateRenderer.isUppercase,
  ]

  private static func plainTest(_ holds: @escaping @Sendable (TemplateValue) -> Bool) -> Test {
    { renderer in
      { value, arguments throws(ChatTemplateError) in
        try renderer.bindNothing(arguments)
        return holds(value)
      }
    }
  }

  private static func relationTest(_ relation: TemplateRelation) -> Test {
    { renderer in
      { value, arguments throws(ChatTemplateError) in
        let other = try renderer.bind(arguments, ["other"], required: 1)[0] ?? .none
        return try renderer.holds(relation, value, other)
      }
    }
  }

  private static func nameTest(_ holds: @escaping @Sendable (String) -> Bool) -> Test {
    { renderer in
      { value, arguments throws(ChatTemplateError) in
        try renderer.bindNothing(arguments)
        return holds(try renderer.string(value, of: arguments.function))
      }
    }
  }

  private func isDivisible(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> Bool {
    let divisor = try bind(arguments, ["num"], required: 1)[0] ?? .none
    return try isEqual(try apply(.remainder, value, divisor), .int(0))
  }

  private func isEven(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> Bool {
    try bindNothing(arguments)
    return try isEqual(try apply(.remainder, value, .int(2)), .int(0))
  }

  private func isOdd(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> Bool {
    try bindNothing(arguments)
    return try isEqual(try apply(.remainder, value, .int(2)), .int(1))
  }

  private func isLowercase(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> Bool {
    try isCase(value, arguments) { $0.lowercased() }
  }

  private func isUppercase(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> Bool {
    try isCase(value, arguments) { $0.uppercased() }
  }

  private func isCase(
    _ value: TemplateValue, _ arguments: TemplateArguments, _ change: (String) -> String
  ) throws(ChatTemplateError) -> Bool {
    try bindNothing(arguments)
    let text = try text(of: value)
    try charge(bytes: text.utf8.count, times: 12)
    return text.unicodeScalars.contains { $0.properties.isCased }
      && ExactText(change(text)) == ExactText(text)
  }

  /// Python's `is`, for the values of which there is one each; lists and mappings by identity.
  private func isSame(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> Bool {
    let other = try bind(arguments, ["other"], required: 1)[0] ?? .none
    switch (value, other) {
    case (.none, .none): return true
    case (.bool(let a), .bool(let b)): return a == b
    case (.sequence(let a), .sequence(let b)): return a === b
    case (.mapping(let a), .mapping(let b)): return a === b
    case (.int, .int), (.double, .double), (.string, .string), (.namespace, .namespace),
      (.macro, .macro), (.loop, .loop):
      return try isEqual(value, other)
    default: return false
    }
  }
}

extension TemplateValue {
  var isUndefined: Bool {
    switch self {
    case .undefined: true
    // What the sandbox refuses is undefined to whoever only looks.
    case .method(let method): TemplateRenderer.isRefused(method)
    default: false
    }
  }

  fileprivate var isCallable: Bool {
    switch self {
    case .macro, .loop, .method, .function: true
    default: false
    }
  }

  fileprivate var isInteger: Bool {
    switch self {
    case .int, .bigInteger: true
    default: false
    }
  }

  fileprivate var isNumber: Bool {
    switch self {
    case .bool, .int, .bigInteger, .double: true
    default: false
    }
  }

  fileprivate var isIterable: Bool {
    switch self {
    case .undefined, .string, .sequence, .mapping, .loop: true
    default: false
    }
  }

  /// What has a length and indices; Jinja counts undefined values in.
  fileprivate var isSequence: Bool {
    switch self {
    case .undefined, .string, .mapping: true
    case .sequence(let sequence): sequence.kind != .view && sequence.kind != .iterator
    default: false
    }
  }
}
