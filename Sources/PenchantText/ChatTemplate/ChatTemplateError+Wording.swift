package import PenchantCore

extension ChatTemplateError {
  package var category: FailureCategory { .input }

  package var identifier: String {
    switch code {
    case .syntax: "chat-template-syntax"
    case .sourceTooLong, .stepsExceeded, .nestingExceeded, .outputExceeded, .rangeExceeded,
      .integerOverflow:
      "chat-template-limit"
    case .unknownFilter, .unknownTest, .unknownFunction, .unknownMethod:
      "chat-template-unknown-name"
    case .raised: "chat-template-raised"
    case .undefined: "chat-template-undefined"
    case .refused, .wrongType, .wrongArguments, .unpacking, .invalidValue, .divisionByZero,
      .unprintable:
      "chat-template-evaluation"
    }
  }

  package var message: String { "chat template, line \(line): \(phrase)" }

  package var remedy: String? {
    switch code {
    case .raised: "the template refuses this conversation; see which roles and order it asks for"
    case .unknownFilter, .unknownTest, .unknownFunction, .unknownMethod:
      "give another template with --chat-template"
    case .stepsExceeded, .nestingExceeded, .outputExceeded, .rangeExceeded, .integerOverflow:
      "check where the template comes from: no published one needs this much"
    default: nil
    }
  }

  private var phrase: String {
    switch code {
    case .syntax(let problem): problem.phrase
    case .sourceTooLong(let limit): "the template is longer than \(limit) bytes"
    case .unknownFilter(let name): "there is no filter named '\(name)'"
    case .unknownTest(let name): "there is no test named '\(name)'"
    case .unknownFunction(let name): "there is no function named '\(name)'"
    case .unknownMethod(let name, let type): "the method '\(name)' of a \(type) is not supported"
    case .undefined(let name): "'\(name)' is undefined"
    case .refused(let method, let type): "'\(method)' would change a \(type), which is not allowed"
    case .wrongType(let operation, let operands):
      "'\(operation)' cannot be applied to \(operands.joined(separator: " and "))"
    case .wrongArguments(let function): "'\(function)' was given arguments it does not take"
    case .unpacking(let expected, let found):
      "expected \(expected) values to unpack, found \(found)"
    case .invalidValue(let operation): "'\(operation)' was given a value out of its range"
    case .divisionByZero: "division by zero"
    case .unprintable(let type): "a \(type) has no text"
    case .raised(let message): message
    case .stepsExceeded(let limit): "the rendering takes more than \(limit) steps"
    case .nestingExceeded(let limit): "nested deeper than \(limit) levels"
    case .outputExceeded(let limit): "the output is longer than \(limit) bytes"
    case .rangeExceeded(let limit): "a range is longer than \(limit) numbers"
    case .integerOverflow: "an integer does not fit in 64 bits"
    }
  }
}

extension ChatTemplateError.SyntaxProblem {
  fileprivate var phrase: String {
    switch self {
    case .unexpected(let token): "unexpected \(token)"
    case .expected(let expected, let found): "expected \(expected), found \(found)"
    case .unclosed(let tag): "'{% \(tag) %}' is not closed"
    case .unterminated(let what): "\(what) has no end"
    case .unknownTag(let name): "there is no statement named '\(name)'"
    case .unsupportedTag(let name): "the statement '\(name)' is not supported"
    case .invalidEscape: "invalid escape in a string"
    case .invalidNumber: "invalid number"
    case .assignment: "only names and attributes of namespaces can be assigned to"
    case .defaultOrder: "a parameter without default follows one with a default"
    case .loopControl(let name): "'\(name)' outside of a loop"
    case .chainedTests: "tests with 'is' cannot be chained"
    }
  }
}
