#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension TemplateRenderer {
  // MARK: - Arithmetic

  func apply(
    _ operation: TemplateOperator, _ left: TemplateValue, _ right: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    if operation == .remainder, case .string(let text) = left {
      return .string(try printed(text, right))
    }
    for case .undefined(let name) in [left, right] { throw failure(.undefined(name)) }
    for case .bigInteger in [left, right] { throw failure(.integerOverflow) }
    if let a = left.integer, let b = right.integer { return try apply(operation, a, b) }
    if let a = left.number, let b = right.number { return try apply(operation, a, b) }
    switch (operation, left, right) {
    case (.add, .string(let a), .string(let b)):
      try charge(bytes: a.utf8.count + b.utf8.count)
      let sum = a + b
      try checkLength(sum)
      return .string(sum)
    case (.add, .sequence(let a), .sequence(let b))
    where a.kind == b.kind && (a.kind == .list || a.kind == .tuple):
      return try sequence(a.kind, a.elements + b.elements)
    case (.multiply, .string(let text), _):
      if let count = right.integer { return try `repeat`(text, count) }
    case (.multiply, _, .string(let text)):
      if let count = left.integer { return try `repeat`(text, count) }
    case (.multiply, .sequence(let list), _) where list.kind == .list || list.kind == .tuple:
      if let count = right.integer { return try `repeat`(list, count) }
    case (.multiply, _, .sequence(let list)) where list.kind == .list || list.kind == .tuple:
      if let count = left.integer { return try `repeat`(list, count) }
    default: break
    }
    throw mismatch(operation.rawValue, left, right)
  }

  func mismatch(
    _ operation: String, _ left: TemplateValue, _ right: TemplateValue
  ) -> ChatTemplateError {
    failure(.wrongType(operation: operation, operands: [left.typeName, right.typeName]))
  }

  private func `repeat`(_ text: String, _ count: Int) throws(ChatTemplateError) -> TemplateValue {
    guard count > 0, !text.isEmpty else { return .string("") }
    try charge(bytes: text.utf8.count, times: count)
    guard text.utf8.count * count <= limits.outputBytes else {
      throw failure(.outputExceeded(limit: limits.outputBytes))
    }
    return .string(String(repeating: text, count: count))
  }

  private func `repeat`(
    _ list: TemplateSequence, _ count: Int
  ) throws(ChatTemplateError) -> TemplateValue {
    guard count > 0, !list.elements.isEmpty else { return try sequence(list.kind, []) }
    try charge(elements: list.elements.count, times: count)
    return try sequence(list.kind, (0..<count).flatMap { _ in list.elements })
  }

  private func checked(
    _ result: (partialValue: Int, overflow: Bool)
  ) throws(ChatTemplateError) -> TemplateValue {
    guard !result.overflow else { throw failure(.integerOverflow) }
    return .int(result.partialValue)
  }

  private func apply(
    _ operation: TemplateOperator, _ a: Int, _ b: Int
  ) throws(ChatTemplateError) -> TemplateValue {
    switch operation {
    case .add: return try checked(a.addingReportingOverflow(b))
    case .subtract: return try checked(a.subtractingReportingOverflow(b))
    case .multiply: return try checked(a.multipliedReportingOverflow(by: b))
    case .power: return try power(a, b)
    case .divide, .floorDivide, .remainder:
      guard b != 0 else { throw failure(.divisionByZero) }
      if operation == .divide { return .double(Double(a) / Double(b)) }
      let quotient = a.dividedReportingOverflow(by: b)
      // Int.min / -1 is the only overflow, and its remainder is 0.
      if operation == .remainder, quotient.overflow { return .int(0) }
      guard !quotient.overflow else { throw failure(.integerOverflow) }
      let remainder = a - quotient.partialValue * b
      let isRoundedUp = remainder != 0 && (remainder < 0) != (b < 0)
      if operation == .remainder { return .int(isRoundedUp ? remainder + b : remainder) }
      return .int(isRoundedUp ? quotient.partialValue - 1 : quotient.partialValue)
    }
  }

  private func power(_ base: Int, _ exponent: Int) throws(ChatTemplateError) -> TemplateValue {
    guard exponent >= 0 else { return try apply(.power, Double(base), Double(exponent)) }
    var (result, square, rest) = (1, base, exponent)
    while rest > 0 {
      if rest & 1 == 1 {
        let product = result.multipliedReportingOverflow(by: square)
        guard !product.overflow else { throw failure(.integerOverflow) }
        result = product.partialValue
      }
      rest >>= 1
      if rest > 0 {
        let product = square.multipliedReportingOverflow(by: square)
        guard !product.overflow else { throw failure(.integerOverflow) }
        square = product.partialValue
      }
    }
    return .int(result)
  }

  private func apply(
    _ operation: TemplateOperator, _ a: Double, _ b: Double
  ) throws(ChatTemplateError) -> TemplateValue {
    switch operation {
    case .add: return .double(a + b)
    case .subtract: return .double(a - b)
    case .multiply: return .double(a * b)
    case .power:
      if a == 0, b < 0 { throw failure(.divisionByZero) }
      let result = pow(a, b)
      // Python has complex numbers for these and raises where a result is too large.
      guard !result.isNaN || a.isNaN || b.isNaN, !result.isInfinite || a.isInfinite || b.isInfinite
      else { throw failure(.invalidValue(operation: "**")) }
      return .double(result)
    case .divide, .floorDivide, .remainder:
      guard b != 0 else { throw failure(.divisionByZero) }
      if operation == .divide { return .double(a / b) }
      var remainder = fmod(a, b)
      var quotient = (a - remainder) / b
      if remainder == 0 {
        remainder = Double(signOf: b, magnitudeOf: 0)
      } else if (remainder < 0) != (b < 0) {
        remainder += b
        quotient -= 1
      }
      if operation == .remainder { return .double(remainder) }
      if quotient == 0 { return .double(Double(signOf: a / b, magnitudeOf: 0)) }
      let floor = quotient.rounded(.down)
      return .double(quotient - floor > 0.5 ? floor + 1 : floor)
    }
  }

  func negate(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    if case .double(let number) = value { return .double(-number) }
    return try apply(.subtract, .int(0), try positive(value))
  }

  func positive(_ value: TemplateValue) throws(ChatTemplateError) -> TemplateValue {
    if case .undefined(let name) = value { throw failure(.undefined(name)) }
    if case .double = value { return value }
    if case .bigInteger = value { return value }
    guard let integer = value.integer else {
      throw failure(.wrongType(operation: "sign", operands: [value.typeName]))
    }
    return .int(integer)
  }
}
