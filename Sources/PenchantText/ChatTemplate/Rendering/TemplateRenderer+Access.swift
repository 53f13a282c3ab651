/// Attributes, items and slices, as Jinja's sandbox looks them up.
extension TemplateRenderer {
  /// `value.name`: a method first, then an item.
  func attribute(
    _ name: String, of value: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue {
    if case .undefined(let what) = value { throw failure(.undefined(what)) }
    if Self.hasMethod(name, value) { return .method(TemplateMethod(value, name)) }
    switch value {
    case .mapping(let mapping): return mapping[name] ?? .undefined(name)
    case .namespace(let number):
      return namespaces[number][.text(ExactText(name))] ?? .undefined(name)
    case .loop(let number): return try loopAttribute(name, loops[number], number)
    case .sequence(let sequence):
      return sequence.names.firstIndex(of: name).map { sequence.elements[$0] } ?? .undefined(name)
    case .macro(let number) where name == "name": return .string(macros[number].macro.name)
    default: return .undefined(name)
    }
  }

  /// `value[index]`: an item first, then an attribute.
  ///
  /// - Parameter label: what to call it in an error should it be undefined.
  func item(
    _ index: TemplateValue, of value: TemplateValue, named label: String = "item"
  ) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .undefined(let what): throw failure(.undefined(what))
    case .mapping(let mapping):
      if case .string(let text) = index { try charge(bytes: text.utf8.count) }
      if let key = index.key, let found = mapping[key] { return found }
    case .sequence(let sequence) where sequence.kind != .view && sequence.kind != .iterator:
      if let position = position(index, count: sequence.elements.count) {
        return sequence.elements[position]
      }
    case .string(let text):
      if let index = index.integer { return try character(index, of: text) }
    default: break
    }
    guard case .string(let name) = index else { return .undefined(label) }
    return try attributeOnly(name, of: value) ?? .undefined(label)
  }

  private func attributeOnly(
    _ name: String, of value: TemplateValue
  ) throws(ChatTemplateError) -> TemplateValue? {
    if Self.hasMethod(name, value) { return .method(TemplateMethod(value, name)) }
    switch value {
    case .namespace, .loop: return try attribute(name, of: value)
    case .sequence(let sequence) where sequence.names.contains(name):
      return try attribute(name, of: value)
    default: return nil
    }
  }

  private func position(_ index: TemplateValue, count: Int) -> Int? {
    guard let index = index.integer else { return nil }
    let position = index < 0 ? index + count : index
    return (0..<count).contains(position) ? position : nil
  }

  private func character(_ index: Int, of text: String) throws(ChatTemplateError) -> TemplateValue {
    try charge(bytes: text.utf8.count)
    let scalars = text.unicodeScalars
    let found =
      index < 0
      ? scalars.index(scalars.endIndex, offsetBy: index, limitedBy: scalars.startIndex)
      : scalars.index(scalars.startIndex, offsetBy: index, limitedBy: scalars.endIndex)
    guard let found, found < scalars.endIndex else { return .undefined("item") }
    return .string(String(scalars[found]))
  }

  private func loopAttribute(
    _ name: String, _ loop: TemplateLoopState, _ number: Int
  ) throws(ChatTemplateError) -> TemplateValue {
    let (position, count) = (loop.position, loop.elements.count)
    switch name {
    case "index": return .int(position + 1)
    case "index0": return .int(position)
    case "revindex": return .int(count - position)
    case "revindex0": return .int(count - position - 1)
    case "first": return .bool(position == 0)
    case "last": return .bool(position == count - 1)
    case "length": return .int(count)
    case "depth": return .int(loop.level + 1)
    case "depth0": return .int(loop.level)
    case "previtem": return position > 0 ? loop.elements[position - 1] : .undefined("loop.previtem")
    case "nextitem":
      return position + 1 < count ? loop.elements[position + 1] : .undefined("loop.nextitem")
    default: return .undefined(name)
    }
  }

  // MARK: - Slices

  func slice(
    _ value: TemplateValue, _ start: TemplateValue?, _ end: TemplateValue?, _ step: TemplateValue?
  ) throws(ChatTemplateError) -> TemplateValue {
    switch value {
    case .undefined(let what): throw failure(.undefined(what))
    case .string(let text):
      try charge(bytes: text.utf8.count, times: 12)
      let scalars = Array(text.unicodeScalars)
      let positions = try positions(start, end, step, count: scalars.count)
      return .string(String(scalars: positions.lazy.map { scalars[$0] }))
    case .sequence(let list) where list.kind != .view && list.kind != .iterator:
      let positions = try positions(start, end, step, count: list.elements.count)
      return try sequence(list.kind, positions.map { list.elements[$0] })
    default: throw failure(.wrongType(operation: "slice", operands: [value.typeName]))
    }
  }

  /// The positions a slice picks out of `count` elements, by Python's rules.
  private func positions(
    _ start: TemplateValue?, _ end: TemplateValue?, _ step: TemplateValue?, count: Int
  ) throws(ChatTemplateError) -> [Int] {
    let step = try bound(step) ?? 1
    guard step != 0 else { throw failure(.invalidValue(operation: "slice")) }
    let (lowest, highest) = step > 0 ? (0, count) : (-1, count - 1)
    func clamp(_ bound: Int?, _ standard: Int) -> Int {
      guard let bound else { return standard }
      return min(max(bound < 0 ? bound + count : bound, lowest), highest)
    }
    var position = clamp(try bound(start), step > 0 ? lowest : highest)
    let last = clamp(try bound(end), step > 0 ? highest : lowest)
    var positions: [Int] = []
    while step > 0 ? position < last : position > last {
      positions.append(position)
      let (next, overflows) = position.addingReportingOverflow(step)
      if overflows { break }
      position = next
    }
    try charge(bytes: positions.count)
    return positions
  }

  private func bound(_ value: TemplateValue?) throws(ChatTemplateError) -> Int? {
    switch value {
    case nil, TemplateValue.none?: return nil
    case let value?: return try integer(value, of: "slice")
    }
  }
}
