extension TemplateParser {
  /// Statements up to a tag named in `ends`, whose name is consumed and returned; up to the end of the
  /// template where `ends` is empty.
  mutating func parseBody(
    until ends: [String]
  ) throws(ChatTemplateError) -> (body: [TemplateStatement], end: String) {
    try enter()
    var body: [TemplateStatement] = []
    while true {
      let token = current
      switch token.kind {
      case .data(let text):
        advance()
        body.append(TemplateStatement(kind: .text(text), line: token.line))
      case .variableBegin:
        advance()
        let expression = try parseTuple()
        try expect(.variableEnd)
        body.append(TemplateStatement(kind: .output(expression), line: token.line))
      case .blockBegin:
        advance()
        let name = try expectName()
        if ends.contains(name) {
          leave()
          return (body, name)
        }
        body.append(try parseStatement(name, line: token.line))
        try expect(.blockEnd)
      case .end where ends.isEmpty:
        leave()
        return (body, "")
      case .end: throw failure(.unclosed(tag: openTags.last ?? ""))
      default: throw failure(.unexpected(token.kind.phrase))
      }
    }
  }

  /// The rest of an opening tag and the statements up to one of `ends`.
  private mutating func parseBlock(
    until ends: String...
  ) throws(ChatTemplateError) -> (body: [TemplateStatement], end: String) {
    _ = skip(.symbol(":"))
    try expect(.blockEnd)
    return try parseBody(until: ends)
  }

  private mutating func parseStatement(
    _ name: String, line: Int
  ) throws(ChatTemplateError) -> TemplateStatement {
    openTags.append(name)
    let kind: TemplateStatement.Kind
    switch name {
    case "if": kind = try parseCondition()
    case "for": kind = try parseLoop()
    case "set": kind = try parseAssignment()
    case "macro": kind = .macro(try parseMacro())
    case "call": kind = try parseCallBlock()
    case "with": kind = try parseWith()
    case "filter":
      let filters = try parseFilters(first: true)
      kind = .filtered(filters, body: try parseCaptured(until: "endfilter"))
    case "generation":
      marksGeneration = true
      if captures > 0 { capturesGeneration = true }
      kind = .generation(try parseFunctionBody(until: "endgeneration"))
    case "break", "continue":
      guard isInLoop else { throw failure(.loopControl(name)) }
      kind = name == "break" ? .breakLoop : .continueLoop
    case "include", "import", "from", "extends", "block", "autoescape", "do", "trans", "print":
      throw failure(.unsupportedTag(name))
    default: throw failure(.unknownTag(name))
    }
    openTags.removeLast()
    return TemplateStatement(kind: kind, line: line)
  }

  /// A body with a scope of its own, in which names are resolved ahead again.
  private mutating func parseInner(
    until end: String
  ) throws(ChatTemplateError) -> [TemplateStatement] {
    let outer = isConditional
    isConditional = false
    let body = try parseBlock(until: end).body
    isConditional = outer
    return body
  }

  /// A body whose output goes somewhere else than into the text.
  private mutating func parseCaptured(
    until end: String
  ) throws(ChatTemplateError) -> [TemplateStatement] {
    captures += 1
    let body = try parseInner(until: end)
    captures -= 1
    return body
  }

  /// A body that is a function of its own: it has no loop to break out of.
  private mutating func parseFunctionBody(
    until end: String
  ) throws(ChatTemplateError) -> [TemplateStatement] {
    let outer = isInLoop
    isInLoop = false
    let body = try parseInner(until: end)
    isInLoop = outer
    return body
  }

  // MARK: - Statements

  private mutating func parseCondition() throws(ChatTemplateError) -> TemplateStatement.Kind {
    let outer = isConditional
    isConditional = true
    var branches: [(test: TemplateExpression, body: [TemplateStatement])] = []
    var otherwise: [TemplateStatement] = []
    while true {
      let test = try parseTuple(withConditional: false)
      let block = try parseBlock(until: "elif", "else", "endif")
      branches.append((test, block.body))
      if block.end == "elif" { continue }
      if block.end == "else" { otherwise = try parseBlock(until: "endif").body }
      break
    }
    isConditional = outer
    return .condition(branches: branches, otherwise: otherwise)
  }

  private mutating func parseLoop() throws(ChatTemplateError) -> TemplateStatement.Kind {
    let target = try parseTarget(withNamespace: false, endingAt: "in")
    try expect(.name("in"))
    let iterable = try parseTuple(withConditional: false, endingAt: "recursive")
    let test = skip(.name("if")) ? try parseExpression() : nil
    let isRecursive = skip(.name("recursive"))
    let (outerLoop, outerConditional) = (isInLoop, isConditional)
    (isInLoop, isConditional) = (true, false)
    let block = try parseBlock(until: "endfor", "else")
    isInLoop = outerLoop
    let otherwise = block.end == "else" ? try parseBlock(until: "endfor").body : []
    isConditional = outerConditional
    return .loop(
      TemplateForLoop(
        target: target, iterable: iterable, test: test, isRecursive: isRecursive,
        body: block.body, otherwise: otherwise))
  }

  private mutating func parseAssignment() throws(ChatTemplateError) -> TemplateStatement.Kind {
    let target = try parseTarget(withNamespace: true, endingAt: nil)
    if skip(.symbol("=")) { return .assignment(target, try parseTuple()) }
    let filters = try parseFilters(first: false)
    return .blockAssignment(target, filters: filters, body: try parseCaptured(until: "endset"))
  }

  private mutating func parseWith() throws(ChatTemplateError) -> TemplateStatement.Kind {
    var values: [(target: TemplateTarget, value: TemplateExpression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(.symbol(",")) }
      let target = try parseTarget(withNamespace: false, endingAt: nil)
      try expect(.symbol("="))
      values.append((target, try parseExpression()))
    }
    return .with(values, body: try parseInner(until: "endwith"))
  }

  // MARK: - Macros

  private mutating func parseMacro() throws(ChatTemplateError) -> TemplateMacro {
    let name = try expectName()
    let parameters = try parseParameters()
    return try parseMacroBody(name, parameters, until: "endmacro")
  }

  private mutating func parseCallBlock() throws(ChatTemplateError) -> TemplateStatement.Kind {
    let parameters = isSymbol("(") ? try parseParameters() : []
    let expression = try parseExpression()
    guard case .suffixed(let base, var suffixes) = expression.kind, let call = suffixes.popLast(),
      case .call = call.kind
    else { throw failure(.expected("a call", found: current.kind.phrase)) }
    let caller = try parseMacroBody("caller", parameters, until: "endcall")
    let function = TemplateExpression(kind: .suffixed(base, suffixes), line: expression.line)
    return .call(function, call, caller: caller)
  }

  private mutating func parseParameters()
    throws(ChatTemplateError) -> [(name: String, standard: TemplateExpression?)]
  {
    var parameters: [(name: String, standard: TemplateExpression?)] = []
    try expect(.symbol("("))
    while !isSymbol(")") {
      if !parameters.isEmpty { try expect(.symbol(",")) }
      let name = try expectName()
      if skip(.symbol("=")) {
        parameters.append((name, try parseExpression()))
      } else {
        if let last = parameters.last, last.standard != nil { throw failure(.defaultOrder) }
        parameters.append((name, nil))
      }
    }
    try expect(.symbol(")"))
    return parameters
  }

  private mutating func parseMacroBody(
    _ name: String, _ parameters: [(name: String, standard: TemplateExpression?)],
    until end: String
  ) throws(ChatTemplateError) -> TemplateMacro {
    let outer = implicitNames
    implicitNames = []
    captures += 1
    let body = try parseFunctionBody(until: end)
    captures -= 1
    let mentioned = implicitNames
    implicitNames.formUnion(outer)
    return TemplateMacro(
      name: name, parameters: parameters, body: body, takesMore: mentioned.contains("varargs"),
      takesMoreNamed: mentioned.contains("kwargs"), takesCaller: mentioned.contains("caller"))
  }

  // MARK: - Targets

  private static let constants: Set<String> = ["true", "false", "none", "True", "False", "None"]

  private mutating func parseTarget(
    withNamespace: Bool, endingAt end: String?
  ) throws(ChatTemplateError) -> TemplateTarget {
    var targets: [TemplateTarget] = []
    var isTuple = false
    while true {
      if !targets.isEmpty, let end, isName(end) { break }
      targets.append(try parseSingleTarget(withNamespace: withNamespace))
      guard skip(.symbol(",")) else { break }
      isTuple = true
    }
    return isTuple ? .tuple(targets) : targets[0]
  }

  private mutating func parseSingleTarget(
    withNamespace: Bool
  ) throws(ChatTemplateError) -> TemplateTarget {
    if skip(.symbol("(")) {
      try enter()
      let target = try parseTarget(withNamespace: withNamespace, endingAt: nil)
      try expect(.symbol(")"))
      leave()
      return target
    }
    guard case .name(let name) = current.kind, !Self.constants.contains(name) else {
      throw failure(.assignment)
    }
    advance()
    if isSymbol(".") {
      guard withNamespace else { throw failure(.assignment) }
      advance()
      return .attribute(of: name, try expectName())
    }
    return .name(name)
  }
}
