/// The values a function, filter, test or method is called with.
struct TemplateArguments {
  /// The name of what is called, for errors.
  var function: String
  var positional: [TemplateValue] = []
  var named: [(name: String, value: TemplateValue)] = []

  /// The arguments after the first `count` positional ones, for a function of another name.
  func dropping(_ count: Int, for function: String) -> TemplateArguments {
    TemplateArguments(
      function: function, positional: Array(positional.dropFirst(count)), named: named)
  }
}

extension TemplateRenderer {
  /// The arguments in the order of `names`, nil where one is not given.
  ///
  /// - Throws: when one is given twice, has no such name, or one of the first `required` is missing.
  func bind(
    _ arguments: TemplateArguments, _ names: [String], required: Int = 0
  ) throws(ChatTemplateError) -> [TemplateValue?] {
    let wrong = failure(.wrongArguments(of: arguments.function))
    guard arguments.positional.count <= names.count else { throw wrong }
    var values = [TemplateValue?](repeating: nil, count: names.count)
    for (position, value) in arguments.positional.enumerated() { values[position] = value }
    for (name, value) in arguments.named {
      guard let position = names.firstIndex(of: name), values[position] == nil else { throw wrong }
      values[position] = value
    }
    for position in 0..<required where values[position] == nil { throw wrong }
    return values
  }

  func bindNothing(_ arguments: TemplateArguments) throws(ChatTemplateError) {
    _ = try bind(arguments, [])
  }

  /// An argument as an integer.
  func integer(
    _ value: TemplateValue, of function: String
  ) throws(ChatTemplateError) -> Int {
    if case .undefined(let name) = value { throw failure(.undefined(name)) }
    guard let integer = value.integer else {
      throw failure(.wrongType(operation: function, operands: [value.typeName]))
    }
    return integer
  }

  /// An argument as text, which it must be.
  func string(
    _ value: TemplateValue, of function: String
  ) throws(ChatTemplateError) -> String {
    if case .undefined(let name) = value { throw failure(.undefined(name)) }
    guard case .string(let text) = value else {
      throw failure(.wrongType(operation: function, operands: [value.typeName]))
    }
    try charge(bytes: text.utf8.count)
    return text
  }
}
