import PenchantCore

/// Why a chat template cannot be read or rendered, and in which of its lines.
package struct ChatTemplateError: PenchantFailure, Equatable {
  /// What went wrong.
  ///
  /// Names are those the template spells; values that it handles are not quoted, except for the message
  /// it raises itself.
  package enum Code: Equatable, Sendable {
    /// The source does not follow Jinja's grammar.
    case syntax(SyntaxProblem)
    case sourceTooLong(limit: Int)
    case unknownFilter(String)
    case unknownTest(String)
    case unknownFunction(String)
    /// A method that exists in Python and is not provided here.
    case unknownMethod(String, of: String)
    /// A use of something undefined that is more than printing or testing it.
    case undefined(String)
    /// A method that would change a value, which the sandbox refuses.
    case refused(method: String, of: String)
    case wrongType(operation: String, operands: [String])
    case wrongArguments(of: String)
    /// As many values as targets were expected on the left of an assignment.
    case unpacking(expected: Int, found: Int)
    case invalidValue(operation: String)
    case divisionByZero
    /// A value without a text: a macro, a method, a lazy sequence.
    case unprintable(String)
    /// The template called `raise_exception` with this message.
    case raised(String)
    case stepsExceeded(limit: Int)
    case nestingExceeded(limit: Int)
    case outputExceeded(limit: Int)
    case rangeExceeded(limit: Int)
    case integerOverflow
  }

  /// How the source departs from the grammar.
  package enum SyntaxProblem: Equatable, Sendable {
    case unexpected(String)
    case expected(String, found: String)
    /// `{% for %}` without `{% endfor %}`.
    case unclosed(tag: String)
    case unterminated(String)
    case unknownTag(String)
    /// A statement of Jinja that chat templates have no use for: `include`, `extends`…
    case unsupportedTag(String)
    case invalidEscape
    case invalidNumber
    case assignment
    case defaultOrder
    case loopControl(String)
    case chainedTests
  }

  package let code: Code
  /// The line of the template, counted from 1.
  package let line: Int

  package init(code: Code, line: Int) {
    self.code = code
    self.line = line
  }
}
