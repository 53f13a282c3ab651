/// `map`, `select` and its kin: filters that apply another filter, a test or an attribute to every
/// element.
extension TemplateRenderer {
  func mapFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    // As in Jinja, what is false is an empty list, whatever it is.
    guard value.isTrue else { return try sequence(.iterator, []) }
    var mapped: [TemplateValue] = []
    let list = try elements(of: value, operation: "map")
    if arguments.positional.isEmpty {
      let values = try bind(arguments, ["attribute", "default"], required: 1)
      for element in list {
        mapped.append(try attribute(values[0], of: element, standard: values[1]))
      }
    } else {
      let name = try string(arguments.positional[0], of: "map")
      guard Self.filters[name] != nil else { throw failure(.unknownFilter(name)) }
      let rest = arguments.dropping(1, for: name)
      // A filter can be given to itself, in which case this calls itself.
      try enter()
      for element in list { mapped.append(try applyFilter(name, to: element, rest)) }
      leave()
    }
    return try sequence(.iterator, mapped)
  }

  static func selectionFilter(keeps: Bool, byAttribute: Bool) -> Filter {
    { renderer in
      { value, arguments throws(ChatTemplateError) in
        try renderer.select(value, arguments, keeps: keeps, byAttribute: byAttribute)
      }
    }
  }

  private func select(
    _ value: TemplateValue, _ arguments: TemplateArguments, keeps: Bool, byAttribute: Bool
  ) throws(ChatTemplateError) -> TemplateValue {
    guard value.isTrue else { return try sequence(.iterator, []) }
    let offset = byAttribute ? 1 : 0
    guard arguments.positional.count >= offset else {
      throw failure(.wrongArguments(of: arguments.function))
    }
    let path = byAttribute ? arguments.positional[0] : nil
    var test: String?
    if arguments.positional.count > offset {
      test = try string(arguments.positional[offset], of: arguments.function)
    }
    let rest = arguments.dropping(offset + 1, for: test ?? arguments.function)
    var kept: [TemplateValue] = []
    for element in try elements(of: value, operation: arguments.function) {
      let subject = try attribute(path, of: element)
      let holds = try test.map { (name) throws(ChatTemplateError) in
        try applyTest(name, to: subject, rest)
      }
      if (holds ?? subject.isTrue) == keeps { kept.append(element) }
    }
    return try sequence(.iterator, kept)
  }

  /// The attribute of an element that a filter is given by its name or index, dots leading inwards.
  ///
  /// - Parameters:
  ///   - path: nil or none for the element itself.
  ///   - standard: what stands for an attribute that is undefined.
  func attribute(
    _ path: TemplateValue?, of element: TemplateValue, standard: TemplateValue? = nil
  ) throws(ChatTemplateError) -> TemplateValue {
    switch path {
    case nil, TemplateValue.none?: return element
    case .string(let names)?:
      try charge(names.utf8.count)
      var value = element
      for name in names.split(separator: ".", omittingEmptySubsequences: false) {
        try charge(1)
        let isIndex = !name.isEmpty && name.unicodeScalars.allSatisfy(\.isASCIIDigit)
        let index = isIndex ? Int(name).map { TemplateValue.int($0) } : nil
        value = try item(index ?? .string(String(name)), of: value)
        if value.isUndefined, let standard { value = standard }
      }
      return value
    case let index?: return try item(index, of: element)
    }
  }
}
