extension TemplateParser {
  /// One expression, or a tuple where commas follow without brackets.
  mutating func parseTuple(
    withConditional: Bool = true, endingAt end: String? = nil, inBrackets: Bool = false
  ) throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    var elements: [TemplateExpression] = []
    var isTuple = false
    while !isTupleEnd(end) {
      elements.append(try parseExpression(withConditional: withConditional))
      guard skip(.symbol(",")) else { break }
      isTuple = true
    }
    if !isTuple, let only = elements.first { return only }
    guard isTuple || inBrackets else {
      throw failure(.expected("an expression", found: current.kind.phrase))
    }
    return TemplateExpression(kind: .tuple(elements), line: line)
  }

  private func isTupleEnd(_ end: String?) -> Bool {
    if let end, isName(end) { return true }
    return current.kind == .variableEnd || current.kind == .blockEnd || isSymbol(")")
  }

  mutating func parseExpression(
    withConditional: Bool = true
  ) throws(ChatTemplateError) -> TemplateExpression {
    try enter()
    let expression = withConditional ? try parseConditional() : try parseOr()
    leave()
    return expression
  }

  private mutating func parseConditional() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    let outer = isConditional
    var expression = try parseOr()
    var levels = 0
    while skip(.name("if")) {
      // Each round wraps the expression once more.
      try enter()
      levels += 1
      let test = try parseOr()
      isConditional = true
      let otherwise = skip(.name("else")) ? try parseExpression() : nil
      isConditional = outer
      expression = TemplateExpression(
        kind: .conditional(test: test, then: expression, otherwise: otherwise), line: line)
    }
    for _ in 0..<levels { leave() }
    return expression
  }

  private mutating func parseOr() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    var operands = [try parseAnd()]
    while skip(.name("or")) { operands.append(try parseAnd()) }
    return operands.count == 1
      ? operands[0] : TemplateExpression(kind: .or(operands), line: line)
  }

  private mutating func parseAnd() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    var operands = [try parseNot()]
    while skip(.name("and")) { operands.append(try parseNot()) }
    return operands.count == 1
      ? operands[0] : TemplateExpression(kind: .and(operands), line: line)
  }

  private mutating func parseNot() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    guard skip(.name("not")) else { return try parseComparison() }
    try enter()
    let operand = try parseNot()
    leave()
    return TemplateExpression(kind: .not(operand), line: line)
  }

  private mutating func parseComparison() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    let first = try parseSum()
    var rest: [(relation: TemplateRelation, operand: TemplateExpression)] = []
    while let relation = readRelation() { rest.append((relation, try parseSum())) }
    return rest.isEmpty ? first : TemplateExpression(kind: .comparison(first, rest), line: line)
  }

  private mutating func readRelation() -> TemplateRelation? {
    switch current.kind {
    case .symbol(let symbol):
      guard let relation = TemplateRelation(rawValue: symbol) else { return nil }
      advance()
      return relation
    case .name("in"):
      advance()
      return .contained
    case .name("not") where following == .name("in"):
      advance()
      advance()
      return .notContained
    default: return nil
    }
  }

  // MARK: - Arithmetic

  private mutating func readOperator(_ allowed: [TemplateOperator]) -> TemplateOperator? {
    guard case .symbol(let symbol) = current.kind,
      let operation = TemplateOperator(rawValue: symbol),
      allowed.contains(operation)
    else { return nil }
    advance()
    return operation
  }

  private mutating func parseSum() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    let first = try parseConcatenation()
    var rest: [(operation: TemplateOperator, operand: TemplateExpression)] = []
    while let operation = readOperator([.add, .subtract]) {
      rest.append((operation, try parseConcatenation()))
    }
    return rest.isEmpty ? first : TemplateExpression(kind: .arithmetic(first, rest), line: line)
  }

  private mutating func parseConcatenation() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    var operands = [try parseProduct()]
    while skip(.symbol("~")) { operands.append(try parseProduct()) }
    return operands.count == 1
      ? operands[0] : TemplateExpression(kind: .concatenation(operands), line: line)
  }

  private mutating func parseProduct() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    let first = try parsePower()
    var rest: [(operation: TemplateOperator, operand: TemplateExpression)] = []
    while let operation = readOperator([.multiply, .divide, .floorDivide, .remainder]) {
      rest.append((operation, try parsePower()))
    }
    return rest.isEmpty ? first : TemplateExpression(kind: .arithmetic(first, rest), line: line)
  }

  /// Unlike Python's, Jinja's power groups from the left.
  private mutating func parsePower() throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    let first = try parseUnary()
    var rest: [(operation: TemplateOperator, operand: TemplateExpression)] = []
    while let operation = readOperator([.power]) { rest.append((operation, try parseUnary())) }
    return rest.isEmpty ? first : TemplateExpression(kind: .arithmetic(first, rest), line: line)
  }

  private mutating func parseUnary(
    withFilters: Bool = true
  ) throws(ChatTemplateError) -> TemplateExpression {
    let line = line
    let base: TemplateExpression
    if isSymbol("-") || isSymbol("+") {
      let isNegative = isSymbol("-")
      advance()
      try enter()
      let operand = try parseUnary(withFilters: false)
      leave()
      base = TemplateExpression(
        kind: isNegative ? .negated(operand) : .positive(operand), line: line)
    } else {
      base = try parsePrimary()
    }
    var suffixes = try parsePostfix()
    if withFilters { try parseFiltersAndTests(into: &suffixes) }
    return suffixes.isEmpty
      ? base : TemplateExpression(kind: .suffixed(base, suffixes), line: line)
  }

  // MARK: - Primaries

  mutating func parsePrimary() throws(ChatTemplateError) -> TemplateExpression {
    let token = current
    advance()
    let kind: TemplateExpression.Kind
    switch token.kind {
    case .name(let name):
      switch name {
      case "true", "True": kind = .constant(.bool(true))
      case "false", "False": kind = .constant(.bool(false))
      case "none", "None": kind = .constant(.none)
      default:
        if ["varargs", "kwargs", "caller"].contains(name) { implicitNames.insert(name) }
        kind = .name(name)
      }
    case .string(let first):
      var text = first
      while case .string(let next) = current.kind {
        text += next
        advance()
      }
      kind = .constant(.string(text))
    case .integer(let value): kind = .constant(.int(value))
    case .float(let value): kind = .constant(.double(value))
    case .symbol("("):
      let inner = try parseTuple(inBrackets: true)
      try expect(.symbol(")"))
      return inner
    case .symbol("["): kind = .list(try parseList())
    case .symbol("{"): kind = .mapping(try parseMapping())
    default:
      throw ChatTemplateError(code: .syntax(.unexpected(token.kind.phrase)), line: token.line)
    }
    return TemplateExpression(kind: kind, line: token.line)
  }

  private mutating func parseList() throws(ChatTemplateError) -> [TemplateExpression] {
    var elements: [TemplateExpression] = []
    while !isSymbol("]") {
      if !elements.isEmpty { try expect(.symbol(",")) }
      if isSymbol("]") { break }
      elements.append(try parseExpression())
    }
    try expect(.symbol("]"))
    return elements
  }

  private mutating func parseMapping()
    throws(ChatTemplateError) -> [(key: TemplateExpression, value: TemplateExpression)]
  {
    var members: [(key: TemplateExpression, value: TemplateExpression)] = []
    while !isSymbol("}") {
      if !members.isEmpty { try expect(.symbol(",")) }
      if isSymbol("}") { break }
      let key = try parseExpression()
      try expect(.symbol(":"))
      members.append((key, try parseExpression()))
    }
    try expect(.symbol("}"))
    return members
  }
}
