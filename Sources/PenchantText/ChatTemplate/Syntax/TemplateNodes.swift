/// An expression and the line it begins in.
///
/// Chains of operators of one precedence and chains of suffixes are lists, so that the depth of the
/// tree is the depth of brackets and not the length of the source.
struct TemplateExpression: Sendable {
  indirect enum Kind: Sendable {
    case constant(TemplateValue)
    case name(String)
    case list([TemplateExpression])
    case tuple([TemplateExpression])
    case mapping([(key: TemplateExpression, value: TemplateExpression)])
    case suffixed(TemplateExpression, [TemplateSuffix])
    /// Applied from left to right.
    case arithmetic(
      TemplateExpression, [(operation: TemplateOperator, operand: TemplateExpression)])
    case concatenation([TemplateExpression])
    case negated(TemplateExpression)
    case positive(TemplateExpression)
    case not(TemplateExpression)
    case and([TemplateExpression])
    case or([TemplateExpression])
    case comparison(TemplateExpression, [(relation: TemplateRelation, operand: TemplateExpression)])
    case conditional(
      test: TemplateExpression, then: TemplateExpression, otherwise: TemplateExpression?)
  }

  let kind: Kind
  let line: Int
}

enum TemplateOperator: String, Sendable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case remainder = "%"
  case power = "**"
}

enum TemplateRelation: String, Sendable {
  case equal = "=="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case contained = "in"
  case notContained = "not in"
}

/// What follows a value: `.name`, `[index]`, `(…)`, `| filter`, `is test`.
struct TemplateSuffix: Sendable {
  enum Kind: Sendable {
    case attribute(String)
    case item(TemplateExpression)
    case slice(TemplateExpression?, TemplateExpression?, TemplateExpression?)
    case call(TemplateCallArguments)
    case filter(String, TemplateCallArguments)
    case test(String, TemplateCallArguments, negated: Bool)
  }

  let kind: Kind
  let line: Int
}

/// The arguments of a call as they are written.
struct TemplateCallArguments: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []
  /// The list in `*list`.
  var spread: TemplateExpression?
  /// The mapping in `**mapping`.
  var namedSpread: TemplateExpression?
}

struct TemplateStatement: Sendable {
  indirect enum Kind: Sendable {
    case text(String)
    case output(TemplateExpression)
    case condition(
      branches: [(test: TemplateExpression, body: [TemplateStatement])],
      otherwise: [TemplateStatement])
    case loop(TemplateForLoop)
    case assignment(TemplateTarget, TemplateExpression)
    case blockAssignment(TemplateTarget, filters: [TemplateSuffix], body: [TemplateStatement])
    case macro(TemplateMacro)
    /// `{% call(…) macro(…) %}`: the macro's `caller` renders the body.
    case call(TemplateExpression, TemplateSuffix, caller: TemplateMacro)
    case filtered([TemplateSuffix], body: [TemplateStatement])
    case with(
      [(target: TemplateTarget, value: TemplateExpression)], body: [TemplateStatement])
    case generation([TemplateStatement])
    case breakLoop
    case continueLoop
  }

  let kind: Kind
  let line: Int
}

struct TemplateForLoop: Sendable {
  let target: TemplateTarget
  let iterable: TemplateExpression
  /// Which elements the loop runs over: `{% for x in y if test %}`.
  let test: TemplateExpression?
  let isRecursive: Bool
  let body: [TemplateStatement]
  let otherwise: [TemplateStatement]
}

struct TemplateMacro: Sendable {
  let name: String
  let parameters: [(name: String, standard: TemplateExpression?)]
  let body: [TemplateStatement]
  /// Whether the body mentions `varargs`, `kwargs` and `caller`; only then does a call accept them.
  let takesMore: Bool
  let takesMoreNamed: Bool
  let takesCaller: Bool
}

/// The left side of an assignment.
indirect enum TemplateTarget: Sendable {
  case name(String)
  case attribute(of: String, String)
  case tuple([TemplateTarget])
}
