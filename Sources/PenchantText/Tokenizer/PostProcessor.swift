import PenchantCore

/// What is put around the tokens of a text when special tokens are asked for: templates, often
/// none.
struct PostProcessor: Sendable {
  /// A part of a template for a single text.
  enum Part: Sendable, Equatable {
    case special([Int32])
    case text
  }

  /// Applied one after the other.
  let templates: [[Part]]

  init(templates: [[Part]]) { self.templates = templates }

  /// Reads `post_processor`, which may be absent.
  init(_ field: TokenizerField?) throws(TextError) {
    var templates: [[Part]] = []
    if let field { try Self.read(field, into: &templates) }
    self.templates = templates
  }

  private static func read(
    _ field: TokenizerField, into templates: inout [[Part]]
  ) throws(TextError) {
    switch try field.type() {
    case "ByteLevel": break  // It moves offsets only.
    case "Sequence":
      for part in try field.required("processors").array() { try read(part, into: &templates) }
    case "BertProcessing", "RobertaProcessing":
      templates.append([
        .special([try Self.token("cls", of: field)]), .text,
        .special([try Self.token("sep", of: field)]),
      ])
    case "TemplateProcessing": templates.append(try template(field))
    default: throw field.unsupportedComponent()
    }
  }

  /// A token written as an array of its text and its id.
  private static func token(_ key: String, of field: TokenizerField) throws(TextError) -> Int32 {
    let token = try field.required(key)
    guard let pair = token.value.array, pair.count == 2, pair[0].string != nil,
      let id = pair[1].int.flatMap(Int32.init(exactly:)), id >= 0
    else { throw token.wrongType("a token with its id") }
    return id
  }

  private static func template(_ field: TokenizerField) throws(TextError) -> [Part] {
    var parts: [Part] = []
    for piece in try field.required("single").array() {
      if let special = piece["SpecialToken"] {
        parts.append(.special(try ids(of: special.required("id").string(), in: field)))
      } else {
        let name = try piece.required("Sequence").required("id")
        guard try name.string() == "A" else {
          throw TextError(.unsupportedOption(path: name.path, value: name.value.text()))
        }
        parts.append(.text)
      }
    }
    return parts
  }

  private static func ids(of name: String, in field: TokenizerField) throws(TextError) -> [Int32] {
    let tokens = try field.required("special_tokens")
    guard let token = tokens[name] else {
      throw TextError(.unknownToken(path: tokens.path, token: name))
    }
    var ids: [Int32] = []
    for element in try token.required("ids").array() {
      guard let id = try Int32(exactly: element.int()), id >= 0 else {
        throw element.wrongType("a token id")
      }
      ids.append(id)
    }
    return ids
  }

  /// The ids with everything around them.
  func applied(to ids: [Int32]) -> [Int32] {
    templates.reduce(ids) { ids, template in
      template.flatMap { part in
        switch part {
        case .special(let special): special
        case .text: ids
        }
      }
    }
  }
}
