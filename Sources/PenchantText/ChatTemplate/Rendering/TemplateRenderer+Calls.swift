extension TemplateRenderer {
  func call(
    _ callee: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch callee {
    case .undefined(let name): throw failure(.unknownFunction(name))
    case .function(let function):
      return try call(function, named(arguments, function.rawValue))
    case .macro(let number): return try callMacro(number, arguments)
    case .loop(let number): return try recurse(number, arguments)
    case .method(let method): return try callMethod(method, named(arguments, method.name))
    default: throw failure(.wrongType(operation: "call", operands: [callee.typeName]))
    }
  }

  private func named(_ arguments: TemplateArguments, _ name: String) -> TemplateArguments {
    var arguments = arguments
    arguments.function = name
    return arguments
  }

  // MARK: - Macros

  /// The macro as a value; it sees the names of the scope it is defined in.
  func instance(of macro: TemplateMacro) -> TemplateValue {
    macros.append((macro, scope))
    return .macro(macros.count - 1)
  }

  func evaluateCall(
    _ function: TemplateExpression, _ call: TemplateSuffix, caller: TemplateMacro
  ) throws(ChatTemplateError) -> TemplateValue {
    guard case .call(let written) = call.kind else { throw failure(.wrongArguments(of: "call")) }
    let callee = try evaluate(function)
    var arguments = try evaluate(written, of: "call")
    arguments.named.append(("caller", instance(of: caller)))
    return try self.call(callee, arguments)
  }

  private func callMacro(
    _ number: Int, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let (macro, definition) = macros[number]
    let wrong = failure(.wrongArguments(of: macro.name))
    let inner = TemplateScope(parent: definition)
    let count = macro.parameters.count
    var named = arguments.named
    if macro.takesCaller {
      let position = named.firstIndex { $0.name == "caller" }
      inner.names["caller"] = position.map { named.remove(at: $0).value } ?? .undefined("caller")
    }
    var bound = Array(arguments.positional.prefix(count).map(Optional.some))
    bound += [TemplateValue?](repeating: nil, count: count - bound.count)
    for (position, parameter) in macro.parameters.enumerated() {
      guard let index = named.firstIndex(where: { $0.name == parameter.name }) else { continue }
      guard bound[position] == nil else { throw wrong }
      bound[position] = named.remove(at: index).value
    }
    if macro.takesMore {
      inner.names["varargs"] = try sequence(.tuple, Array(arguments.positional.dropFirst(count)))
    } else if arguments.positional.count > count {
      throw wrong
    }
    if macro.takesMoreNamed {
      inner.names["kwargs"] = try mapping(named.map { (.string($0.name), $0.value) })
    } else if !named.isEmpty {
      throw wrong
    }
    return try run(macro, bound, in: inner)
  }

  private func run(
    _ macro: TemplateMacro, _ bound: [TemplateValue?], in inner: TemplateScope
  ) throws(ChatTemplateError) -> TemplateValue {
    try enterCall()
    let outer = scope
    scope = inner
    for (parameter, value) in zip(macro.parameters, bound) {
      try charge(1)
      let standard = value == nil ? try parameter.standard.map(evaluate) : nil
      inner.names[parameter.name] = value ?? standard ?? .undefined(parameter.name)
    }
    let text = try capture { () throws(ChatTemplateError) in _ = try execute(macro.body) }
    scope = outer
    calls -= 1
    return .string(text)
  }

  private func enterCall() throws(ChatTemplateError) {
    calls += 1
    guard calls <= limits.depth else { throw failure(.nestingExceeded(limit: limits.depth)) }
  }

  /// `loop(items)` in a recursive loop: the same loop over other items.
  private func recurse(
    _ number: Int, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let state = loops[number]
    guard state.loop.isRecursive, let value = try bind(arguments, ["iterable"], required: 1)[0]
    else { throw failure(.wrongArguments(of: "loop")) }
    try enterCall()
    let outer = scope
    scope = state.scope
    let text = try capture { () throws(ChatTemplateError) in
      _ = try execute(state.loop, over: value, level: state.level + 1)
    }
    scope = outer
    calls -= 1
    return .string(text)
  }
}
