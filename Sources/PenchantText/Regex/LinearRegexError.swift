/// Why a pattern cannot be used, and at which character (Unicode scalar) of it.
package struct LinearRegexError: Error, Equatable, Sendable {
  package enum Code: Equatable, Sendable {
    case unexpectedEnd
    case unmatchedParenthesis
    case nothingToRepeat
    case invalidRange
    case invalidEscape
    case emptyClass
    case unknownProperty(String)
    case unsupported(Construct)
    case tooLarge
    case tooDeep(limit: Int)
  }

  /// What a linear-time automaton cannot do, or what no published tokenizer needs.
  package enum Construct: String, Equatable, Sendable {
    case backreference
    case possessive = "possessive or atomic matching of something that can end in several places"
    case namedGroup = "named group"
    case flag = "flag other than i"
    case anchor = "\\G, \\K or a backspace in a class"
    case caseInsensitive = "case-insensitive matching beyond ASCII"
    case emptyRepetition = "repetition of what can be empty"
    case quantifierStack = "stacked quantifier"
    case escape
    case brace = "unescaped brace"
  }

  package let code: Code
  /// Position in the pattern, counted in Unicode scalars from 0.
  package let offset: Int

  package init(code: Code, offset: Int) {
    self.code = code
    self.offset = offset
  }

  /// A phrase for messages.
  package var phrase: String {
    switch code {
    case .unexpectedEnd: "it ends too early"
    case .unmatchedParenthesis: "a parenthesis has no partner"
    case .nothingToRepeat: "there is nothing to repeat"
    case .invalidRange: "a range is reversed or has no end"
    case .invalidEscape: "an escape is malformed"
    case .emptyClass: "a class is empty"
    case .unknownProperty(let name): "unknown character property '\(name)'"
    case .unsupported(let construct): "\(construct.rawValue) is not supported"
    case .tooLarge: "it is too large"
    case .tooDeep(let limit): "groups are nested deeper than \(limit) levels"
    }
  }
}
