/// A value of the template language, which is Python's: text, numbers, lists, mappings.
///
/// Values are trees of bounded depth. What a template can change (namespaces) or could tie into a knot
/// (macros, loops) is named by its number in the renderer, so that no cycle of references can come about.
enum TemplateValue: Sendable {
  /// Nothing, with the name of what was looked for.
  case undefined(String)
  case none
  case bool(Bool)
  case int(Int)
  /// An integer from outside that exceeds 64 bits: it can be printed and compared, not reckoned with.
  case bigInteger(String)
  case double(Double)
  case string(String)
  case sequence(TemplateSequence)
  case mapping(TemplateMapping)
  case namespace(Int)
  case macro(Int)
  case loop(Int)
  case method(TemplateMethod)
  case function(TemplateFunction)
}

/// Functions that every template finds.
enum TemplateFunction: String, Sendable, CaseIterable {
  case range
  case dict
  case namespace
  case raiseException = "raise_exception"
  case strftimeNow = "strftime_now"
  // Jinja has these too; they are named here so that their use is reported and not taken for undefined.
  case lipsum
  case cycler
  case joiner
}

/// A list or something that acts like one.
final class TemplateSequence: Sendable {
  enum Kind: String, Sendable {
    case list
    case tuple
    case range
    /// `mapping.keys()` and its like: has a length and no indices.
    case view
    /// What lazy filters return: neither length nor indices, and true even when it is empty.
    case iterator = "lazy sequence"
  }

  let kind: Kind
  let elements: [TemplateValue]
  /// By which names, too, the elements of a tuple are found; none as a rule.
  let names: [String]
  /// Levels of nesting: 1 for a list of plain values.
  let depth: Int

  init(_ kind: Kind, _ elements: [TemplateValue], names: [String] = []) {
    self.kind = kind
    self.elements = elements
    self.names = names
    depth = 1 + (elements.lazy.map(\.depth).max() ?? 0)
  }
}

/// A method that was looked up and not called yet: `text.strip`.
final class TemplateMethod: Sendable {
  let receiver: TemplateValue
  let name: String

  init(_ receiver: TemplateValue, _ name: String) {
    self.receiver = receiver
    self.name = name
  }
}

extension TemplateValue {
  /// Levels of lists and mappings in the value.
  var depth: Int {
    switch self {
    case .sequence(let sequence): sequence.depth
    case .mapping(let mapping): mapping.depth
    case .method(let method): 1 + method.receiver.depth
    default: 0
    }
  }

  /// Python's truth.
  var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    case .string(let value): !value.isEmpty
    case .sequence(let sequence): sequence.kind == .iterator || !sequence.elements.isEmpty
    case .mapping(let mapping): mapping.count > 0
    case .bigInteger, .namespace, .macro, .loop, .method, .function: true
    }
  }

  /// What to call the value's type in a message.
  var typeName: String {
    switch self {
    case .undefined: "undefined value"
    case .none: "none"
    case .bool: "boolean"
    case .int, .bigInteger: "integer"
    case .double: "float"
    case .string: "string"
    case .sequence(let sequence): sequence.kind.rawValue
    case .mapping: "mapping"
    case .namespace: "namespace"
    case .macro: "macro"
    case .loop: "loop"
    case .method: "method"
    case .function: "function"
    }
  }

  /// The value as an integer, a boolean counting as 0 or 1.
  var integer: Int? {
    switch self {
    case .int(let value): value
    case .bool(let value): value ? 1 : 0
    default: nil
    }
  }

  /// The value as a floating-point number, if it is a number that is reckoned with.
  var number: Double? {
    if case .double(let value) = self { return value }
    return integer.map(Double.init)
  }
}
