/// Filters that cut a list into lists.
extension TemplateRenderer {
  func batchFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["linecount", "fill_with"], required: 1)
    let size = try integer(values[0] ?? .none, of: "batch")
    guard size > 0 else { throw failure(.invalidValue(operation: "batch")) }
    let all = try elements(of: value, operation: "batch")
    var batches: [TemplateValue] = []
    var start = 0
    while start < all.count {
      let end = size < all.count - start ? start + size : all.count
      var batch = Array(all[start..<end])
      if let filler = values[1], batch.count < size {
        if case .none = filler {
        } else {
          try charge(size)
          batch += [TemplateValue](repeating: filler, count: size - batch.count)
        }
      }
      batches.append(try sequence(.list, batch))
      start = end
    }
    return try sequence(.iterator, batches)
  }

  /// Columns: as many lists as asked for, the first ones longer by one where it does not divide.
  func sliceFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(arguments, ["slices", "fill_with"], required: 1)
    let count = try integer(values[0] ?? .none, of: "slice")
    guard count != 0 else { throw failure(.divisionByZero) }
    let all = try elements(of: value, operation: "slice")
    try charge(max(0, count))
    var slices: [TemplateValue] = []
    var start = 0
    for number in 0..<max(0, count) {
      let isLonger = number < all.count % count
      let end = start + all.count / count + (isLonger ? 1 : 0)
      var slice = Array(all[start..<end])
      if let filler = values[1], !isLonger {
        if case .none = filler {} else { slice.append(filler) }
      }
      slices.append(try sequence(.list, slice))
      start = end
    }
    return try sequence(.iterator, slices)
  }

  func groupFilter(
    _ value: TemplateValue, _ arguments: TemplateArguments
  ) throws(ChatTemplateError) -> TemplateValue {
    let values = try bind(
      arguments, ["attribute", "default", "case_sensitive"], required: 1)
    var standard = values[1]
    if case TemplateValue.none? = standard { standard = nil }
    let foldsCase = values[2]?.isTrue != true
    var keyed: [(key: TemplateValue, value: TemplateValue)] = []
    for element in try elements(of: value, operation: "groupby") {
      let name = try attribute(values[0], of: element, standard: standard)
      keyed.append((try sortKey(name, foldsCase: foldsCase), element))
    }
    let inOrder = try sorted(keyed) { (left, right) throws(ChatTemplateError) in
      try isLess(left.key, right.key, operation: "groupby")
    }
    var groups: [TemplateValue] = []
    var start = 0
    while start < inOrder.count {
      var end = start + 1
      while end < inOrder.count, try isEqual(inOrder[start].key, inOrder[end].key) { end += 1 }
      let members = inOrder[start..<end].map(\.value)
      // The name as the first member spells it.
      let name =
        foldsCase
        ? try attribute(values[0], of: members[0], standard: standard) : inOrder[start].key
      let list = try sequence(.list, members)
      guard case .sequence(let pair) = try sequence(.tuple, [name, list]) else { continue }
      groups.append(
        .sequence(TemplateSequence(.tuple, pair.elements, names: ["grouper", "list"])))
      start = end
    }
    return try sequence(.list, groups)
  }
}
