import PenchantCore

/// What happens to text before it is split: a list of steps, often empty.
struct Normalizer: Sendable {
  /// One step; a new kind is a case here and a line in `read`.
  enum Step: Sendable {
    case canonical(CanonicalForm)
  }

  let steps: [Step]

  /// Reads `normalizer`, which may be absent.
  init(_ field: TokenizerField?) throws(TextError) {
    guard let field else {
      steps = []
      return
    }
    var steps: [Step] = []
    try Self.read(field, into: &steps)
    self.steps = steps
  }

  private static func read(_ field: TokenizerField, into steps: inout [Step]) throws(TextError) {
    switch try field.type() {
    case "NFC": steps.append(.canonical(.nfc))
    case "NFD": steps.append(.canonical(.nfd))
    case "Sequence":
      for part in try field.required("normalizers").array() { try read(part, into: &steps) }
    default: throw field.unsupportedComponent()
    }
  }

  /// The text after all steps.
  func normalized(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for step in steps {
      switch step {
      case .canonical(let form): bytes = form.normalized(bytes) ?? bytes
      }
    }
    return bytes
  }
}
