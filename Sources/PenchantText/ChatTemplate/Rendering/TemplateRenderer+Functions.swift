extension TemplateRenderer {
  func call(
    _ function: TemplateFunction, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    switch function {
    case .range: return try range(arguments)
    case .dict: return try mapping(members(arguments))
    case .namespace:
      namespaces.append([:])
      let number = namespaces.count - 1
      for (key, value) in try members(arguments) {
        try charge(1)
        let name = try string(key, of: "namespace")
        try set(name, to: value, inNamespace: number)
      }
      return .namespace(number)
    case .raiseException:
      let message = try bind(arguments, ["message"], required: 1)[0] ?? .none
      throw failure(.raised(try text(of: message)))
    case .strftimeNow:
      let format = try bind(arguments, ["format"], required: 1)[0] ?? .none
      let pattern = try string(format, of: "strftime_now")
      // No letter stands for more than thirty characters.
      try charge(pattern.utf8.count)
      return .string(now().formatted(pattern))
    case .lipsum, .cycler, .joiner: throw failure(.unknownFunction(function.rawValue))
    }
  }

  private func range(_ arguments: TemplateArguments) throws(ChatTemplateError) -> TemplateValue {
    guard arguments.named.isEmpty, (1...3).contains(arguments.positional.count) else {
      throw failure(.wrongArguments(of: "range"))
    }
    var bounds: [Int] = []
    for value in arguments.positional { bounds.append(try integer(value, of: "range")) }
    let start = bounds.count > 1 ? bounds[0] : 0
    let end = bounds.count > 1 ? bounds[1] : bounds[0]
    let step = bounds.count > 2 ? bounds[2] : 1
    guard step != 0 else { throw failure(.invalidValue(operation: "range")) }
    guard step > 0 ? start < end : start > end else { return try sequence(.range, []) }
    // The distance of two integers fits in a word without sign.
    let low = UInt(bitPattern: min(start, end))
    let distance = UInt(bitPattern: max(start, end)) &- low
    let count = (distance - 1) / step.magnitude + 1
    guard count <= UInt(clamping: limits.rangeLength) else {
      throw failure(.rangeExceeded(limit: limits.rangeLength))
    }
    // Every product is within the distance, so that nothing overflows on the way.
    return try sequence(.range, (0..<Int(count)).map { .int(start &+ $0 &* step) })
  }

  /// The members that `dict(…)` and `namespace(…)` are given: of a mapping, of pairs, and by name.
  private func members(
    _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> [(TemplateValue, TemplateValue)] {
    guard arguments.positional.count <= 1 else {
      throw failure(.wrongArguments(of: arguments.function))
    }
    var members: [(TemplateValue, TemplateValue)] = []
    if case .mapping(let mapping)? = arguments.positional.first {
      try charge(mapping.count)
      members = Array(mapping.members)
    } else if let pairs = arguments.positional.first {
      for pair in try elements(of: pairs, operation: arguments.function) {
        let parts = try elements(of: pair, operation: arguments.function)
        guard parts.count == 2 else {
          throw failure(.unpacking(expected: 2, found: parts.count))
        }
        members.append((parts[0], parts[1]))
      }
    }
    return members + arguments.named.map { (.string($0.name), $0.value) }
  }
}
