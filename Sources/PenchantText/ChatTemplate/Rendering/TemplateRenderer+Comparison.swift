extension TemplateRenderer {
  func holds(
    _ relation: TemplateRelation, _ left: TemplateValue, _ right: TemplateValue
  ) throws(ChatTemplateError) -> Bool {
    switch relation {
    case .equal: try isEqual(left, right)
    case .notEqual: try !isEqual(left, right)
    case .less: try isLess(left, right, operation: "<")
    case .greater: try isLess(right, left, operation: ">")
    case .lessOrEqual: try isLessOrEqual(left, right, operation: "<=")
    case .greaterOrEqual: try isLessOrEqual(right, left, operation: ">=")
    case .contained: try contains(right, left)
    case .notContained: try !contains(right, left)
    }
  }

  // MARK: - Equality

  func isEqual(_ left: TemplateValue, _ right: TemplateValue) throws(ChatTemplateError) -> Bool {
    try charge(1)
    if let a = left.integer, let b = right.integer { return a == b }
    if let a = left.number, let b = right.number { return a == b }
    switch (left, right) {
    case (.undefined, .undefined), (.none, .none): return true
    case (.bigInteger(let a), .bigInteger(let b)): return a == b
    case (.string(let a), .string(let b)):
      guard a.utf8.count == b.utf8.count else { return false }
      try charge(bytes: a.utf8.count)
      return a.utf8.elementsEqual(b.utf8)
    case (.sequence(let a), .sequence(let b)):
      guard a.kind == b.kind, a.elements.count == b.elements.count else { return false }
      for (x, y) in zip(a.elements, b.elements) where try !isEqual(x, y) { return false }
      return true
    case (.mapping(let a), .mapping(let b)):
      guard a.count == b.count else { return false }
      for (key, value) in a.members {
        guard let other = key.key.flatMap({ b[$0] }), try isEqual(value, other) else {
          return false
        }
      }
      return true
    case (.namespace(let a), .namespace(let b)), (.macro(let a), .macro(let b)),
      (.loop(let a), .loop(let b)):
      return a == b
    case (.function(let a), .function(let b)): return a == b
    default: return false
    }
  }

  // MARK: - Order

  /// Python's `<`, named `operation` in errors.
  func isLess(
    _ left: TemplateValue, _ right: TemplateValue, operation: String
  ) throws(ChatTemplateError) -> Bool {
    try charge(1)
    for case .undefined(let name) in [left, right] { throw failure(.undefined(name)) }
    if let a = left.integer, let b = right.integer { return a < b }
    if let a = left.number, let b = right.number { return a < b }
    switch (left, right) {
    case (.string(let a), .string(let b)):
      try charge(bytes: min(a.utf8.count, b.utf8.count))
      // The order of UTF-8 is the order of code points.
      return a.utf8.lexicographicallyPrecedes(b.utf8)
    case (.sequence(let a), .sequence(let b))
    where a.kind == b.kind && (a.kind == .list || a.kind == .tuple):
      for (x, y) in zip(a.elements, b.elements) where try !isEqual(x, y) {
        return try isLess(x, y, operation: operation)
      }
      return a.elements.count < b.elements.count
    default: throw mismatch(operation, left, right)
    }
  }

  private func isLessOrEqual(
    _ left: TemplateValue, _ right: TemplateValue, operation: String
  ) throws(ChatTemplateError) -> Bool {
    if let a = left.number, let b = right.number, a.isNaN || b.isNaN { return false }
    return try !isLess(right, left, operation: operation)
  }

  /// Sorts stably; every comparison is charged for by `isLess`.
  func sorted<Element>(
    _ elements: [Element],
    by isLess: (Element, Element) throws(ChatTemplateError) -> Bool
  ) throws(ChatTemplateError) -> [Element] {
    var source = elements
    var width = 1
    while width < source.count {
      try charge(source.count)
      var merged: [Element] = []
      merged.reserveCapacity(source.count)
      var start = 0
      while start < source.count {
        let middle = min(start + width, source.count)
        let end = min(middle + width, source.count)
        var (left, right) = (start, middle)
        while left < middle || right < end {
          var takesRight = left == middle
          if left < middle, right < end { takesRight = try isLess(source[right], source[left]) }
          merged.append(source[takesRight ? right : left])
          if takesRight { right += 1 } else { left += 1 }
        }
        start = end
      }
      source = merged
      width *= 2
    }
    return source
  }

  // MARK: - Membership

  func contains(
    _ container: TemplateValue, _ value: TemplateValue
  ) throws(ChatTemplateError) -> Bool {
    switch container {
    case .undefined: return false
    case .string(let text):
      guard case .string(let part) = value else { throw mismatch("in", value, container) }
      if part.isEmpty { return true }
      return try !occurrences(of: part, in: text, limit: 1).isEmpty
    case .sequence(let sequence):
      for element in sequence.elements where try isEqual(element, value) { return true }
      return false
    case .mapping(let mapping):
      if case .string(let text) = value { try charge(bytes: text.utf8.count) }
      guard let key = value.key else { throw mismatch("in", value, container) }
      return mapping[key] != nil
    default: throw mismatch("in", value, container)
    }
  }

  /// The byte offsets of `part`, which is not empty, in `text`; charged for the worst case.
  func occurrences(
    of part: String, in text: String, limit: Int = .max
  ) throws(ChatTemplateError) -> [Int] {
    try charge(bytes: text.utf8.count, times: 1 + part.utf8.count / 16)
    let found = PythonText.occurrences(of: Array(part.utf8), in: Array(text.utf8), limit: limit)
    try charge(found.count)
    return found
  }
}
