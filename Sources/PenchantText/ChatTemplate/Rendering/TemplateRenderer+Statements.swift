extension TemplateRenderer {
  /// How a body came to its end.
  enum Flow { case end, breakLoop, continueLoop }

  func execute(_ body: [TemplateStatement]) throws(ChatTemplateError) -> Flow {
    try enter()
    var flow = Flow.end
    for statement in body {
      line = statement.line
      try charge(1)
      flow = try execute(statement.kind)
      if flow != .end { break }
    }
    leave()
    return flow
  }

  /// Executes a body in a scope of its own, below `parent` or the present one.
  func executeInner(
    _ body: [TemplateStatement], below parent: TemplateScope? = nil,
    _ prepare: (TemplateScope) throws(ChatTemplateError) -> Void = { _ in }
  ) throws(ChatTemplateError) -> Flow {
    let outer = scope
    scope = TemplateScope(parent: parent ?? outer)
    try prepare(scope)
    let flow = try execute(body)
    scope = outer
    return flow
  }

  private func execute(_ kind: TemplateStatement.Kind) throws(ChatTemplateError) -> Flow {
    switch kind {
    case .text(let text): try emit(text)
    case .output(let expression): try emit(text(of: try evaluate(expression)))
    case .condition(let branches, let otherwise):
      for branch in branches where try evaluate(branch.test).isTrue {
        return try execute(branch.body)
      }
      return try execute(otherwise)
    case .loop(let loop): return try execute(loop)
    case .assignment(let target, let expression):
      try assign(try evaluate(expression), to: target, in: scope)
    case .blockAssignment(let target, let filters, let body):
      let text = try captureInner(body)
      try assign(try apply(filters, to: .string(text)), to: target, in: scope)
    case .macro(let macro): scope.names[macro.name] = instance(of: macro)
    case .call(let function, let call, let caller):
      try emit(text(of: try evaluateCall(function, call, caller: caller)))
    case .filtered(let filters, let body):
      let text = try captureInner(body)
      try emit(self.text(of: try apply(filters, to: .string(text))))
    case .with(let values, let body): return try executeWith(values, body)
    case .generation(let body):
      let start = output.utf8.count
      _ = try executeInner(body)
      markGeneration(from: start)
    case .breakLoop: return .breakLoop
    case .continueLoop: return .continueLoop
    }
    return .end
  }

  private func captureInner(_ body: [TemplateStatement]) throws(ChatTemplateError) -> String {
    try capture { () throws(ChatTemplateError) in _ = try executeInner(body) }
  }

  private func executeWith(
    _ values: [(target: TemplateTarget, value: TemplateExpression)], _ body: [TemplateStatement]
  ) throws(ChatTemplateError) -> Flow {
    var evaluated: [TemplateValue] = []
    for (_, value) in values { evaluated.append(try evaluate(value)) }
    return try executeInner(body) { inner throws(ChatTemplateError) in
      for (pair, value) in zip(values, evaluated) { try assign(value, to: pair.target, in: inner) }
    }
  }

  // MARK: - Assignment

  func assign(
    _ value: TemplateValue, to target: TemplateTarget, in scope: TemplateScope
  ) throws(ChatTemplateError) {
    try charge(1)
    switch target {
    case .name(let name): scope.names[name] = value
    case .attribute(let name, let attribute):
      guard case .namespace(let number)? = scope.value(of: name) else {
        throw failure(.wrongType(operation: "set .\(attribute)", operands: [name]))
      }
      try set(attribute, to: value, inNamespace: number)
    case .tuple(let targets):
      let elements = try elements(of: value, operation: "unpack")
      guard elements.count == targets.count else {
        throw failure(.unpacking(expected: targets.count, found: elements.count))
      }
      for (target, element) in zip(targets, elements) {
        try assign(element, to: target, in: scope)
      }
    }
  }

  /// Sets an attribute of a namespace; those that begin with an underscore are refused.
  func set(
    _ name: String, to value: TemplateValue, inNamespace number: Int
  ) throws(ChatTemplateError) {
    guard !name.utf8.starts(with: "_".utf8) else {
      throw failure(.refused(method: name, of: "namespace"))
    }
    namespaces[number][.text(ExactText(name))] = value
  }

  // MARK: - Loops

  private func execute(_ loop: TemplateForLoop) throws(ChatTemplateError) -> Flow {
    try execute(loop, over: try evaluate(loop.iterable), level: 0)
  }

  /// Runs a loop over a value, in the present scope.
  func execute(
    _ loop: TemplateForLoop, over value: TemplateValue, level: Int
  ) throws(ChatTemplateError) -> Flow {
    var elements = try elements(of: value, operation: "for")
    if let test = loop.test { elements = try filter(elements, with: test, of: loop) }
    let outer = scope
    let number = loops.count
    loops.append(
      TemplateLoopState(elements: elements, level: level, loop: loop, scope: outer))
    // As in Jinja, `else` runs unless a round of the loop came to its end.
    var hasCompleted = false
    for (position, element) in elements.enumerated() {
      try charge(1)
      loops[number].position = position
      scope = TemplateScope(parent: outer)
      scope.names["loop"] = .loop(number)
      try assign(element, to: loop.target, in: scope)
      let flow = try execute(loop.body)
      if flow == .breakLoop { break }
      if flow == .end { hasCompleted = true }
    }
    scope = outer
    if !hasCompleted, !loop.otherwise.isEmpty { return try executeInner(loop.otherwise) }
    return .end
  }

  private func filter(
    _ elements: [TemplateValue], with test: TemplateExpression, of loop: TemplateForLoop
  ) throws(ChatTemplateError) -> [TemplateValue] {
    let outer = scope
    var kept: [TemplateValue] = []
    for element in elements {
      scope = TemplateScope(parent: outer)
      try assign(element, to: loop.target, in: scope)
      if try evaluate(test).isTrue { kept.append(element) }
    }
    scope = outer
    return kept
  }

  /// What iterating over a value yields.
  func elements(
    of value: TemplateValue, operation: String
  ) throws(ChatTemplateError) -> [TemplateValue] {
    switch value {
    case .undefined: return []
    case .sequence(let sequence):
      try charge(sequence.elements.count)
      return sequence.elements
    case .mapping(let mapping):
      try charge(mapping.count)
      return mapping.keys
    case .string(let text):
      try charge(text.utf8.count)
      return text.unicodeScalars.map { .string(String($0)) }
    case .loop(let number):
      return loops[number].elements
    default: throw failure(.wrongType(operation: operation, operands: [value.typeName]))
    }
  }
}
