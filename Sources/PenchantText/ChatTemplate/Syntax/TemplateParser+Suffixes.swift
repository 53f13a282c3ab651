/// What follows a value: attributes, indices, calls, filters and tests.
extension TemplateParser {
  mutating func parsePostfix() throws(ChatTemplateError) -> [TemplateSuffix] {
    var suffixes: [TemplateSuffix] = []
    while case .symbol(let symbol) = current.kind {
      let line = line
      switch symbol {
      case ".":
        advance()
        suffixes.append(TemplateSuffix(kind: try parseAttribute(), line: line))
      case "[":
        advance()
        suffixes.append(TemplateSuffix(kind: try parseSubscript(), line: line))
      case "(":
        suffixes.append(TemplateSuffix(kind: .call(try parseArguments()), line: line))
      default: return suffixes
      }
    }
    return suffixes
  }

  private mutating func parseAttribute() throws(ChatTemplateError) -> TemplateSuffix.Kind {
    let token = current
    advance()
    switch token.kind {
    case .name(let name): return .attribute(name)
    case .integer(let index):
      return .item(TemplateExpression(kind: .constant(.int(index)), line: token.line))
    default:
      throw ChatTemplateError(
        code: .syntax(.expected("a name or a number", found: token.kind.phrase)), line: token.line)
    }
  }

  private mutating func parseSubscript() throws(ChatTemplateError) -> TemplateSuffix.Kind {
    let line = line
    var first: TemplateExpression?
    if !isSymbol(":") {
      let index = try parseExpression()
      if isSymbol(",") {
        var elements = [index]
        while skip(.symbol(",")) {
          if isSymbol("]") { break }
          elements.append(try parseExpression())
        }
        try expect(.symbol("]"))
        return .item(TemplateExpression(kind: .tuple(elements), line: line))
      }
      if skip(.symbol("]")) { return .item(index) }
      first = index
    }
    try expect(.symbol(":"))
    let second = isSymbol(":") || isSymbol("]") ? nil : try parseExpression()
    var third: TemplateExpression?
    if skip(.symbol(":")), !isSymbol("]") { third = try parseExpression() }
    try expect(.symbol("]"))
    return .slice(first, second, third)
  }

  private mutating func parseArguments() throws(ChatTemplateError) -> TemplateCallArguments {
    try expect(.symbol("("))
    var arguments = TemplateCallArguments()
    var needsComma = false
    while !isSymbol(")") {
      if needsComma {
        try expect(.symbol(","))
        if isSymbol(")") { break }
      }
      needsComma = true
      let isOpen = arguments.spread == nil && arguments.namedSpread == nil
      if isSymbol("*"), isOpen {
        advance()
        arguments.spread = try parseExpression()
      } else if isSymbol("**"), arguments.namedSpread == nil {
        advance()
        arguments.namedSpread = try parseExpression()
      } else if case .name(let name) = current.kind, following == .symbol("="),
        arguments.namedSpread == nil
      {
        advance()
        advance()
        arguments.named.append((name, try parseExpression()))
      } else {
        guard isOpen, arguments.named.isEmpty else {
          throw failure(.unexpected(current.kind.phrase))
        }
        arguments.positional.append(try parseExpression())
      }
    }
    try expect(.symbol(")"))
    return arguments
  }

  // MARK: - Filters and tests

  mutating func parseFiltersAndTests(
    into suffixes: inout [TemplateSuffix]
  ) throws(ChatTemplateError) {
    while true {
      let line = line
      if skip(.symbol("|")) {
        suffixes.append(try parseFilter(line: line))
      } else if skip(.name("is")) {
        suffixes.append(try parseTest(line: line))
      } else if isSymbol("(") {
        suffixes.append(TemplateSuffix(kind: .call(try parseArguments()), line: line))
      } else {
        return
      }
    }
  }

  /// The filters of a block: `{% filter a | b %}`, where the first has no bar, and `{% set x | a | b %}`.
  mutating func parseFilters(first: Bool) throws(ChatTemplateError) -> [TemplateSuffix] {
    var filters = first ? [try parseFilter(line: line)] : []
    while skip(.symbol("|")) { filters.append(try parseFilter(line: line)) }
    return filters
  }

  private mutating func parseDottedName() throws(ChatTemplateError) -> String {
    var name = try expectName()
    while skip(.symbol(".")) { name += "." + (try expectName()) }
    return name
  }

  private mutating func parseFilter(line: Int) throws(ChatTemplateError) -> TemplateSuffix {
    let name = try parseDottedName()
    guard isConditional || TemplateRenderer.filters[name] != nil else {
      throw ChatTemplateError(code: .unknownFilter(name), line: line)
    }
    let arguments = isSymbol("(") ? try parseArguments() : TemplateCallArguments()
    return TemplateSuffix(kind: .filter(name, arguments), line: line)
  }

  private mutating func parseTest(line: Int) throws(ChatTemplateError) -> TemplateSuffix {
    let negated = skip(.name("not"))
    let name = try parseDottedName()
    guard isConditional || TemplateRenderer.tests[name] != nil else {
      throw ChatTemplateError(code: .unknownTest(name), line: line)
    }
    var arguments = TemplateCallArguments()
    if isSymbol("(") {
      arguments = try parseArguments()
    } else if beginsTestArgument {
      if isName("is") { throw failure(.chainedTests) }
      let line = self.line
      try enter()
      let argument = try parsePrimary()
      let suffixes = try parsePostfix()
      leave()
      arguments.positional = [
        suffixes.isEmpty
          ? argument : TemplateExpression(kind: .suffixed(argument, suffixes), line: line)
      ]
    }
    return TemplateSuffix(kind: .test(name, arguments, negated: negated), line: line)
  }

  private var beginsTestArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .string, .integer, .float, .symbol("["), .symbol("{"): true
    default: false
    }
  }
}
