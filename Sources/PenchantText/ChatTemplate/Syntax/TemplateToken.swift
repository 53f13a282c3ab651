/// A token of a template with the line it begins in.
struct TemplateToken: Sendable {
  enum Kind: Equatable, Sendable {
    case data(String)
    case variableBegin
    case variableEnd
    case blockBegin
    case blockEnd
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    /// An operator or bracket as it is spelled.
    case symbol(String)
    case end
  }

  let kind: Kind
  let line: Int
}

extension TemplateToken.Kind {
  /// What to call the token in a message; the text of strings and data is not quoted.
  var phrase: String {
    switch self {
    case .data: "text"
    case .variableBegin: "'{{'"
    case .variableEnd: "'}}'"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .name(let name): "'\(name)'"
    case .string: "a string"
    case .integer, .float: "a number"
    case .symbol(let symbol): "'\(symbol)'"
    case .end: "the end of the template"
    }
  }
}
