/// The `format` filter and the operator `%` on text: printf's conversions.
extension TemplateRenderer {
  func formatFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    guard arguments.named.isEmpty || arguments.positional.isEmpty else {
      throw failure(.wrongArguments(of: "format"))
    }
    let given =
      arguments.named.isEmpty
      ? try sequence(.tuple, arguments.positional)
      : try mapping(arguments.named.map { (.string($0.name), $0.value) })
    return .string(try printed(try text(of: value), given))
  }

  /// `text % value`.
  func printed(_ text: String, _ given: TemplateValue) throws(ChatTemplateError) -> String {
    try charge(bytes: text.utf8.count, times: 4)
    var values = PrintfValues(given)
    let scalars = Array(text.unicodeScalars)
    var output = ""
    var position = 0
    while position < scalars.count {
      let scalar = scalars[position]
      position += 1
      if scalar == "%" {
        output += try conversion(scalars, &position, &values)
        try checkLength(output)
      } else {
        output.unicodeScalars.append(scalar)
      }
    }
    guard values.mayBeLeft || values.rest.isEmpty else { throw badFormat }
    return output
  }

  /// The values of conversions, in order or by name.
  private struct PrintfValues {
    var rest: ArraySlice<TemplateValue>
    let mapping: TemplateMapping?
    /// Whether it is no mistake not to use them all.
    let mayBeLeft: Bool

    init(_ given: TemplateValue) {
      if case .sequence(let sequence) = given, sequence.kind == .tuple {
        (rest, mapping, mayBeLeft) = (sequence.elements[...], nil, false)
      } else {
        rest = [given]
        if case .mapping(let members) = given { mapping = members } else { mapping = nil }
        switch given {
        case .mapping, .undefined: mayBeLeft = true
        case .sequence(let sequence):
          mayBeLeft = sequence.kind != .iterator && sequence.kind != .view
        default: mayBeLeft = false
        }
      }
    }
  }

  private func conversion(
    _ scalars: [Unicode.Scalar], _ position: inout Int, _ values: inout PrintfValues
  ) throws(ChatTemplateError) -> String {
    func at() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }
    var named: TemplateValue?
    if at() == "(" {
      guard let mapping = values.mapping else { throw badFormat }
      let start = position + 1
      var open = 0
      repeat {
        if at() == "(" { open += 1 }
        if at() == ")" { open -= 1 }
        position += 1
      } while open > 0 && position < scalars.count
      guard open == 0, let value = mapping[String(scalars: scalars[start..<position - 1])] else {
        throw badFormat
      }
      named = value
    }
    func next() throws(ChatTemplateError) -> TemplateValue {
      if let named { return named }
      guard let value = values.rest.popFirst() else { throw badFormat }
      return value
    }
    var layout = FormatSpecification()
    var (isLeft, fillsZeros) = (false, false)
    while let flag = at(), "-+ #0".unicodeScalars.contains(flag) {
      switch flag {
      case "-": isLeft = true
      case "+": layout.sign = "+"
      case " ": layout.sign = layout.sign ?? " "
      case "#": layout.isAlternate = true
      default: fillsZeros = true
      }
      position += 1
    }
    func size() throws(ChatTemplateError) -> Int {
      if at() == "*" {
        position += 1
        let size = try integer(try next(), of: "format")
        guard size.magnitude <= FormatSpecification.sizeLimit else { throw badFormat }
        return size
      }
      guard let size = FormatSpecification.number(scalars, &position) else { throw badFormat }
      return size
    }
    layout.width = try size()
    if layout.width < 0 { (isLeft, layout.width) = (true, -layout.width) }
    if at() == "." {
      position += 1
      layout.precision = max(0, try size())
    }
    // Lengths of C types say nothing here.
    if let length = at(), "hlL".unicodeScalars.contains(length) { position += 1 }
    guard let type = at() else { throw badFormat }
    position += 1
    try charge(bytes: layout.width + (layout.precision ?? 0), times: 4)
    if type == "%" { return "%" }
    layout.align = isLeft ? "<" : ">"
    let value = try next()
    guard let text = try laidOut(value, type, layout, fillsZeros && !isLeft) else {
      throw badFormat
    }
    return text
  }

  private func laidOut(
    _ value: TemplateValue, _ type: Unicode.Scalar, _ layout: FormatSpecification,
    _ fillsZeros: Bool
  ) throws(ChatTemplateError) -> String? {
    var layout = layout
    switch type {
    case "s", "r", "a":
      (layout.sign, layout.isAlternate) = (nil, false)
      return layout.laidOut(try converted(value, type))
    case "c":
      (layout.sign, layout.isAlternate, layout.precision) = (nil, false, nil)
      if case .string(let text) = value {
        return text.unicodeScalars.count == 1 ? layout.laidOut(text) : nil
      }
      layout.type = "c"
      return value.integer.flatMap { layout.laidOut($0) }
    case "d", "i", "u", "x", "X", "o":
      var number = value.integer
      if number == nil, "diu".unicodeScalars.contains(type), case .double(let double) = value {
        number = Int(exactly: double.rounded(.towardZero))
      }
      guard let number else { return nil }
      layout.type = "xXo".unicodeScalars.contains(type) ? type : "d"
      // A precision is the least number of digits.
      if let precision = layout.precision {
        layout.precision = nil
        let radix = type == "o" ? 8 : type == "x" || type == "X" ? 16 : 10
        let count = String(number.magnitude, radix: radix).utf8.count
        guard precision <= count else {
          var inner = layout
          (inner.fill, inner.align) = ("0", "=")
          let marks =
            (number < 0 || layout.sign != nil ? 1 : 0)
            + (layout.isAlternate && layout.type != "d" ? 2 : 0)
          inner.width = precision + marks
          guard let text = inner.laidOut(number) else { return nil }
          if fillsZeros, layout.width > inner.width {
            inner.width = layout.width
            return inner.laidOut(number)
          }
          var outer = FormatSpecification()
          (outer.width, outer.align) = (layout.width, layout.align)
          return outer.laidOut(text)
        }
      }
      if fillsZeros { (layout.fill, layout.align) = ("0", "=") }
      return layout.laidOut(number)
    case "e", "E", "f", "F", "g", "G":
      guard let number = value.number else { return nil }
      layout.type = type
      if fillsZeros { (layout.fill, layout.align) = ("0", "=") }
      return layout.laidOut(number)
    default: return nil
    }
  }
}
