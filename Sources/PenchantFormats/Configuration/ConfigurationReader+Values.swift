internal import PenchantCore

extension ConfigurationReader {
  /// The type the model was saved in: `dtype`, before Transformers 5 `torch_dtype`.
  mutating func elementType() throws(FormatsError) -> ElementType? {
    let names: KeyValuePairs<String, ElementType> = [
      "float32": .float32, "bfloat16": .bfloat16, "float16": .float16, "float64": .float64,
    ]
    var found: ElementType?
    for key in ["torch_dtype", "dtype"] {
      guard var name = try text(key), name != "auto" else { continue }
      if name.hasPrefix("torch.") { name.removeFirst(6) }
      guard let type = names.first(where: { $0.key == name })?.value else {
        throw failure(
          .unsupportedValue(key: key, value: name, supported: names.map(\.key)))
      }
      found = type
    }
    return found
  }

  /// A key that, if it is there, must have one of these values.
  mutating func require(_ key: String, is supported: [String]) throws(FormatsError) {
    guard let value = try text(key), !supported.contains(value) else { return }
    throw failure(.unsupportedValue(key: key, value: value, supported: supported))
  }

  /// A number that must be there.
  mutating func requiredNumber(
    _ key: String, in range: ClosedRange<Double>
  ) throws(FormatsError) -> Double {
    guard let value = try number(key, in: range) else {
      throw failure(.missing(key: prefix + key))
    }
    return value
  }

  /// A list of numbers that must be there.
  mutating func numbers(
    _ key: String, in range: ClosedRange<Double>
  ) throws(FormatsError) -> [Double] {
    guard let value = value(key) else { throw failure(.missing(key: prefix + key)) }
    guard let elements = value.array else { throw wrongType(key, expected: "array", value) }
    var numbers: [Double] = []
    for element in elements { numbers.append(try number(element, key: key, in: range)) }
    return numbers
  }

  /// A reader for the object that is the value of `key`, whose messages name both keys.
  init(nested value: JSON, key: String, in outer: ConfigurationReader) throws(FormatsError) {
    guard value.object != nil else { throw outer.wrongType(key, expected: "object", value) }
    try self.init(value, path: outer.path, prefix: outer.prefix + key + ".")
  }
}
