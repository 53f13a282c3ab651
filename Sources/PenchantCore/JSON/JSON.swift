/// A JSON value that keeps what the text said: members in order, numbers as they were written.
///
/// Values are equal if their texts say the same: `1` and `1.0` differ, so do strings of different code
/// points that Swift would call equal, and objects with their members in another order.
/// This is the project's only JSON reader and writer. Foundation's loses member order, number spelling
/// and positions, and accepts duplicate keys silently.
package enum JSON: Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

/// A JSON number in its original spelling.
package struct JSONNumber: Sendable, Hashable {
  /// The number as it is spelled in JSON: `-1.5e3`; always valid JSON grammar.
  package let text: String

  /// Wraps text that is known to follow the JSON number grammar.
  init(validated text: String) { self.text = text }

  package init(_ value: Int) { text = String(value) }

  /// The shortest spelling that reads back as the same double; `value` must be finite.
  package init(_ value: Double) {
    precondition(value.isFinite, "JSONNumber: JSON has no spelling for \(value)")
    let spelling = value.description
    text = spelling.hasSuffix(".0") ? String(spelling.dropLast(2)) : spelling
  }

  /// The value as an integer, if it is spelled as one (or as a float without fraction) and fits.
  package var int: Int? {
    if let exact = Int(text) { return exact }
    guard let value = Double(text), value.rounded() == value, abs(value) < 0x1p53 else {
      return nil
    }
    return Int(value)
  }

  /// The nearest double; nil when the number is too large for one.
  package var double: Double? {
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }
}

/// The members of a JSON object in the order they were written; keys are unique.
///
/// Keys are the same if their code points are: `é` as one code point and as `e` with an accent are two
/// keys, as in every vocabulary file, although Swift calls the two strings equal.
package struct JSONObject: Sendable, Equatable {
  package private(set) var keys: [String] = []
  package private(set) var values: [JSON] = []
  /// Key → position, kept only for objects large enough for it to pay.
  private var index: [ExactText: Int] = [:]

  private static let indexThreshold = 12

  package init() {}

  package init(_ members: KeyValuePairs<String, JSON>) {
    for (key, value) in members { self[key] = value }
  }

  package var count: Int { keys.count }
  package var isEmpty: Bool { keys.isEmpty }

  /// The members in order.
  package var members: Zip2Sequence<[String], [JSON]> { zip(keys, values) }

  private func position(of key: String) -> Int? {
    if !index.isEmpty { return index[ExactText(key)] }
    return keys.firstIndex { ExactText($0) == ExactText(key) }
  }

  /// Looks up, replaces in place, or appends a member; setting nil removes it.
  package subscript(key: String) -> JSON? {
    get { position(of: key).map { values[$0] } }
    set {
      switch (position(of: key), newValue) {
      case (let position?, let value?): values[position] = value
      case (let position?, nil):
        keys.remove(at: position)
        values.remove(at: position)
        reindex()
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  /// Appends a member unless the key is there already; true when it was appended.
  @discardableResult
  mutating func appendIfNew(_ key: String, _ value: JSON) -> Bool {
    guard position(of: key) == nil else { return false }
    append(key, value)
    return true
  }

  private mutating func append(_ key: String, _ value: JSON) {
    keys.append(key)
    values.append(value)
    if !index.isEmpty {
      index[ExactText(key)] = keys.count - 1
    } else if keys.count > Self.indexThreshold {
      reindex()
    }
  }

  private mutating func reindex() {
    index.removeAll(keepingCapacity: true)
    guard keys.count > Self.indexThreshold else { return }
    for (position, key) in keys.enumerated() { index[ExactText(key)] = position }
  }

  /// True if both have the same members in the same order.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.keys.elementsEqual(right.keys) { ExactText($0) == ExactText($1) }
      && left.values == right.values
  }
}

// MARK: - Equality

extension JSON: Equatable {
  package static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let left), .bool(let right)): left == right
    case (.number(let left), .number(let right)): left == right
    case (.string(let left), .string(let right)): ExactText(left) == ExactText(right)
    case (.array(let left), .array(let right)): left == right
    case (.object(let left), .object(let right)): left == right
    default: false
    }
  }
}

// MARK: - Reading values out

extension JSON {
  package var isNull: Bool {
    if case .null = self { true } else { false }
  }

  package var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  package var int: Int? {
    guard case .number(let number) = self else { return nil }
    return number.int
  }

  package var double: Double? {
    guard case .number(let number) = self else { return nil }
    return number.double
  }

  package var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  package var array: [JSON]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  package var object: JSONObject? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// The member of an object; nil when this is not an object or has no such member.
  package subscript(key: String) -> JSON? { object?[key] }

  /// The name of the value's type as JSON calls it, for messages.
  package var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

// MARK: - Literals

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .number(JSONNumber(value)) }
  package init(floatLiteral value: Double) { self = .number(JSONNumber(value)) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(nilLiteral: ()) { self = .null }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    var object = JSONObject()
    for (key, value) in elements { object[key] = value }
    self = .object(object)
  }
}
