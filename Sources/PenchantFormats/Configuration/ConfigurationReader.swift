internal import PenchantCore

/// Takes members out of a configuration somebody else wrote, and in the end looks at what is left.
///
/// Every key that is asked for counts as understood. ``finish(harmless:)`` refuses the others unless
/// they are empty in some way or known to change no mathematics.
struct ConfigurationReader {
  let path: String
  /// What stands before a key in messages: `rope_parameters.` inside that object.
  let prefix: String
  private let object: JSONObject
  private var understood: Set<String> = []

  init(path: String) throws(FormatsError) {
    let json: JSON
    do { json = try FileSystem.readJSON(path, limit: 1 << 24) } catch {
      throw FormatsError(.file(error))
    }
    try self.init(json, path: path)
  }

  init(_ json: JSON, path: String, prefix: String = "") throws(FormatsError) {
    guard let object = json.object else {
      throw FormatsError(.configuration(path: path, .notObject))
    }
    self.path = path
    self.prefix = prefix
    self.object = object
  }

  func failure(_ defect: ConfigurationDefect) -> FormatsError {
    FormatsError(.configuration(path: path, defect))
  }

  /// The value of a key, nil if it is absent or null.
  mutating func value(_ key: String) -> JSON? {
    understood.insert(key)
    guard let value = object[key], !value.isNull else { return nil }
    return value
  }

  /// Whether the key is there, be it null.
  func has(_ key: String) -> Bool { object[key] != nil }

  mutating func integer(
    _ key: String, in range: ClosedRange<Int>
  ) throws(FormatsError) -> Int? {
    guard let value = value(key) else { return nil }
    return try integer(value, key: key, in: range)
  }

  mutating func requiredInteger(
    _ key: String, in range: ClosedRange<Int>
  ) throws(FormatsError) -> Int {
    guard let value = try integer(key, in: range) else {
      throw failure(.missing(key: prefix + key))
    }
    return value
  }

  private func integer(
    _ value: JSON, key: String, in range: ClosedRange<Int>
  ) throws(FormatsError) -> Int {
    guard case .number(let number) = value else {
      throw wrongType(key, expected: "whole number", value)
    }
    guard let integer = number.int, range.contains(integer) else {
      throw failure(
        .outOfRange(
          key: prefix + key, value: String(number.text.prefix(40)),
          range: "a whole number \(range.lowerBound)…\(range.upperBound)"))
    }
    return integer
  }

  mutating func number(
    _ key: String, in range: ClosedRange<Double>
  ) throws(FormatsError) -> Double? {
    guard let value = value(key) else { return nil }
    return try number(value, key: key, in: range)
  }

  func number(
    _ value: JSON, key: String, in range: ClosedRange<Double>
  ) throws(FormatsError) -> Double {
    guard case .number(let number) = value else { throw wrongType(key, expected: "number", value) }
    guard let double = number.double, range.contains(double) else {
      throw failure(
        .outOfRange(
          key: prefix + key, value: String(number.text.prefix(40)),
          range: "\(range.lowerBound)…\(range.upperBound)"))
    }
    return double
  }

  mutating func flag(_ key: String, default defaultValue: Bool) throws(FormatsError) -> Bool {
    guard let value = value(key) else { return defaultValue }
    guard let flag = value.bool else { throw wrongType(key, expected: "boolean", value) }
    return flag
  }

  mutating func text(_ key: String) throws(FormatsError) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.string else { throw wrongType(key, expected: "string", value) }
    return text
  }

  /// A token id, or several: `2`, `[2, 32000]`, null.
  ///
  /// A negative id means "none", as in old files.
  mutating func tokens(_ key: String, vocabulary: Int) throws(FormatsError) -> [Int] {
    guard let value = value(key) else { return [] }
    var ids: [Int] = []
    for element in value.array ?? [value] {
      let id = try integer(element, key: key, in: -1...vocabulary - 1)
      if id >= 0, !ids.contains(id) { ids.append(id) }
    }
    return ids
  }

  /// Refuses every key nobody asked for, unless its value is null, false, 0 or empty, or it is one of
  /// `harmless`.
  func finish(harmless: Set<String>) throws(FormatsError) {
    for (key, value) in object.members
    where !understood.contains(key) && !harmless.contains(key) && !Self.isEmpty(value) {
      throw failure(.unknownKey(key: prefix + key))
    }
  }

  func wrongType(_ key: String, expected: String, _ value: JSON) -> FormatsError {
    failure(.wrongType(key: prefix + key, expected: expected, found: value.typeName))
  }

  static func isEmpty(_ value: JSON) -> Bool {
    switch value {
    case .null: true
    case .bool(let flag): !flag
    case .number(let number): number.double == 0
    case .string(let text): text.isEmpty
    case .array(let elements): elements.isEmpty
    case .object(let object): object.isEmpty
    }
  }
}
