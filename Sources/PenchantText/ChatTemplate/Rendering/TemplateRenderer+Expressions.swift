extension TemplateRenderer {
  func evaluate(_ expression: TemplateExpression) throws(ChatTemplateError) -> TemplateValue {
    try charge(1)
    line = expression.line
    switch expression.kind {
    case .constant(let value): return value
    case .name(let name): return scope.value(of: name) ?? .undefined(name)
    default:
      try enter()
      let value = try evaluateCompound(expression.kind)
      leave()
      return value
    }
  }

  private func evaluateCompound(
    _ kind: TemplateExpression.Kind
  ) throws(ChatTemplateError) -> TemplateValue {
    switch kind {
    case .constant(let value): return value
    case .name(let name): return scope.value(of: name) ?? .undefined(name)
    case .list(let elements): return try sequence(.list, try evaluate(elements))
    case .tuple(let elements): return try sequence(.tuple, try evaluate(elements))
    case .mapping(let members):
      var values: [(TemplateValue, TemplateValue)] = []
      for (key, value) in members { values.append((try evaluate(key), try evaluate(value))) }
      return try mapping(values)
    case .suffixed(let base, let suffixes): return try apply(suffixes, to: try evaluate(base))
    case .arithmetic(let first, let rest):
      var value = try evaluate(first)
      for (operation, operand) in rest {
        value = try apply(operation, value, try evaluate(operand))
      }
      return value
    case .concatenation(let operands):
      var text = ""
      for operand in operands {
        let part = try self.text(of: try evaluate(operand))
        try charge(bytes: part.utf8.count)
        text += part
      }
      try checkLength(text)
      return .string(text)
    case .negated(let operand): return try negate(try evaluate(operand))
    case .positive(let operand): return try positive(try evaluate(operand))
    case .not(let operand): return .bool(!(try evaluate(operand).isTrue))
    case .and(let operands): return try evaluate(operands, until: false)
    case .or(let operands): return try evaluate(operands, until: true)
    case .comparison(let first, let rest): return try compare(first, rest)
    case .conditional(let test, let then, let otherwise):
      if try evaluate(test).isTrue { return try evaluate(then) }
      guard let otherwise else { return .undefined("the value of an inline if without else") }
      return try evaluate(otherwise)
    }
  }

  private func evaluate(
    _ expressions: [TemplateExpression]
  ) throws(ChatTemplateError) -> [TemplateValue] {
    var values: [TemplateValue] = []
    for expression in expressions { values.append(try evaluate(expression)) }
    return values
  }

  /// The first operand whose truth is `truth`, or the last one.
  private func evaluate(
    _ operands: [TemplateExpression], until truth: Bool
  ) throws(ChatTemplateError) -> TemplateValue {
    var value = TemplateValue.none
    for operand in operands {
      value = try evaluate(operand)
      if value.isTrue == truth { break }
    }
    return value
  }

  private func compare(
    _ first: TemplateExpression,
    _ rest: [(relation: TemplateRelation, operand: TemplateExpression)]
  ) throws(ChatTemplateError) -> TemplateValue {
    var left = try evaluate(first)
    for (relation, operand) in rest {
      let right = try evaluate(operand)
      guard try holds(relation, left, right) else { return .bool(false) }
      left = right
    }
    return .bool(true)
  }

  // MARK: - Suffixes

  func apply(
    _ suffixes: [TemplateSuffix], to base: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    var value = base
    for suffix in suffixes {
      try charge(1)
      line = suffix.line
      value = try apply(suffix.kind, to: value)
      line = suffix.line
    }
    return value
  }

  private func apply(
    _ suffix: TemplateSuffix.Kind, to value: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    switch suffix {
    case .attribute(let name): return try attribute(name, of: value)
    case .item(let index):
      // A name is quoted in errors only where the template spells it: others may be the user's text.
      var name = "item"
      if case .constant(.string(let text)) = index.kind { name = text }
      return try item(try evaluate(index), of: value, named: name)
    case .slice(let start, let end, let step):
      return try slice(
        value, try start.map(evaluate), try end.map(evaluate), try step.map(evaluate))
    case .call(let arguments):
      return try call(value, try evaluate(arguments, of: "call"))
    case .filter(let name, let arguments):
      return try applyFilter(name, to: value, try evaluate(arguments, of: name))
    case .test(let name, let arguments, let negated):
      let result = try applyTest(name, to: value, try evaluate(arguments, of: name))
      return .bool(result != negated)
    }
  }

  func applyFilter(
    _ name: String, to value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    guard let filter = Self.filters[name] else { throw failure(.unknownFilter(name)) }
    try charge(1)
    return try filter(self)(value, arguments)
  }

  func applyTest(
    _ name: String, to value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> Bool {
    guard let test = Self.tests[name] else { throw failure(.unknownTest(name)) }
    try charge(1)
    return try test(self)(value, arguments)
  }

  func evaluate(
    _ arguments: TemplateCallArguments, of function: String
  ) throws(ChatTemplateError) -> TemplateArguments {
    var values = TemplateArguments(
      function: function, positional: try evaluate(arguments.positional))
    for (name, value) in arguments.named { values.named.append((name, try evaluate(value))) }
    if let spread = arguments.spread {
      values.positional += try elements(of: try evaluate(spread), operation: "*")
    }
    if let spread = arguments.namedSpread {
      guard case .mapping(let mapping) = try evaluate(spread) else {
        throw failure(.wrongArguments(of: function))
      }
      try charge(mapping.count)
      for case (.string(let name), let value) in mapping.members {
        values.named.append((name, value))
      }
    }
    return values
  }
}
