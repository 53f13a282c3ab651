/// A mapping in the order its keys were given; immutable.
final class TemplateMapping: Sendable {
  /// What makes two keys the same: numbers by value whatever their type, text by its bytes.
  enum Key: Hashable, Sendable {
    case null
    case number(Double)
    case int(Int)
    case text(ExactText)
  }

  let keys: [TemplateValue]
  let values: [TemplateValue]
  let depth: Int
  private let index: [Key: Int]

  /// A later member replaces the value of an earlier one with the same key; keys without a
  /// ``TemplateValue/key`` are left out.
  init(_ members: some Sequence<(TemplateValue, TemplateValue)>) {
    var keys: [TemplateValue] = []
    var values: [TemplateValue] = []
    var index: [Key: Int] = [:]
    for (name, value) in members {
      guard let key = name.key else { continue }
      if let position = index[key] {
        values[position] = value
      } else {
        index[key] = keys.count
        keys.append(name)
        values.append(value)
      }
    }
    depth = 1 + (values.lazy.map(\.depth).max() ?? 0)
    self.keys = keys
    self.values = values
    self.index = index
  }

  var count: Int { keys.count }
  var members: Zip2Sequence<[TemplateValue], [TemplateValue]> { zip(keys, values) }

  subscript(key: Key) -> TemplateValue? { index[key].map { values[$0] } }
  subscript(name: String) -> TemplateValue? { self[.text(ExactText(name))] }
}

/// Text that equals other text when its bytes do; `String` compares by canonical equivalence.
struct ExactText: Hashable, Sendable {
  let text: String

  init(_ text: String) { self.text = text }

  static func == (left: ExactText, right: ExactText) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }
}

extension TemplateValue {
  /// The value as the key of a mapping; nil for what cannot be one.
  var key: TemplateMapping.Key? {
    switch self {
    case .none: .null
    case .string(let text): .text(ExactText(text))
    case .bool(let value): .int(value ? 1 : 0)
    case .int(let value): .int(value)
    case .double(let value): Int(exactly: value).map { .int($0) } ?? .number(value)
    default: nil
    }
  }
}
