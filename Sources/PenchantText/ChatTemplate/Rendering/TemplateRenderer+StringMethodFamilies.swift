/// Methods of text that differ in one function.
extension TemplateRenderer {
  static func plainMethod(_ change: @escaping @Sendable (String) -> String) -> Method<
    String
  > {
    { renderer in
      { text, arguments throws(ChatTemplateError) in
        try renderer.bindNothing(arguments)
        try renderer.charge(bytes: text.utf8.count, times: 12)
        return .string(change(text))
      }
    }
  }

  static func everyScalar(
    _ holds: @escaping @Sendable (Unicode.Scalar) -> Bool
  ) -> Method<String> {
    { renderer in
      { text, arguments throws(ChatTemplateError) in
        try renderer.bindNothing(arguments)
        try renderer.charge(bytes: text.utf8.count, times: 12)
        return .bool(!text.isEmpty && text.unicodeScalars.allSatisfy(holds))
      }
    }
  }

  static func casedTest(_ holds: @escaping @Sendable (String) -> Bool) -> Method<String> {
    { renderer in
      { text, arguments throws(ChatTemplateError) in
        try renderer.bindNothing(arguments)
        try renderer.charge(bytes: text.utf8.count, times: 12)
        return .bool(text.unicodeScalars.contains { $0.properties.isCased } && holds(text))
      }
    }
  }

  static func stripMethod(leading: Bool, trailing: Bool) -> Method<String> {
    { renderer in
      { text, arguments throws(ChatTemplateError) in
        let set = try renderer.optionalString(try renderer.bind(arguments, ["chars"])[0], arguments)
        return .string(
          PythonText.stripped(text, of: set, leading: leading, trailing: trailing))
      }
    }
  }

  static let asciiTest: Method<String> = { renderer in
    { text, arguments throws(ChatTemplateError) in
      try renderer.bindNothing(arguments)
      try renderer.charge(bytes: text.utf8.count)
      return .bool(text.utf8.allSatisfy { $0 < 0x80 })
    }
  }

  static func alignMethod(
    _ align: @escaping @Sendable (String, Int, Unicode.Scalar) -> String
  ) -> Method<String> {
    { renderer in
      { text, arguments throws(ChatTemplateError) in
        let values = try renderer.bind(arguments, ["width", "fillchar"], required: 1)
        let width = try renderer.integer(values[0] ?? .none, of: arguments.function)
        let fill = try renderer.string(values[1] ?? .string(" "), of: arguments.function)
        guard let scalar = fill.unicodeScalars.first, fill.unicodeScalars.count == 1 else {
          throw renderer.failure(.wrongType(operation: arguments.function, operands: ["string"]))
        }
        return .string(try renderer.aligned(text, width, scalar, align))
      }
    }
  }

  static func affixMethod(
    _ holds: @escaping @Sendable (String.UTF8View, String.UTF8View) -> Bool
  ) -> Method<String> {
    { renderer in
      { text, arguments throws(ChatTemplateError) in
        guard let affix = try renderer.bind(arguments, ["affix"], required: 1)[0] else {
          return .bool(false)
        }
        guard case .sequence(let choices) = affix, choices.kind == .tuple else {
          return .bool(holds(text.utf8, try renderer.string(affix, of: arguments.function).utf8))
        }
        for choice in choices.elements {
          let affix = try renderer.string(choice, of: arguments.function)
          if holds(text.utf8, affix.utf8) { return .bool(true) }
        }
        return .bool(false)
      }
    }
  }
}
