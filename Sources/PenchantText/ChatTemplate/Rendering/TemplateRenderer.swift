/// One rendering of a template: walks the tree, and counts what it costs.
///
/// Nothing is rolled back after an error; a renderer that has thrown is not used again.
final class TemplateRenderer {
  let limits: ChatTemplateLimits
  let now: @Sendable () -> ChatTemplateDate

  /// The names that are visible at this point.
  var scope: TemplateScope
  /// The line that is evaluated, for errors.
  var line = 1
  /// Macro calls and recursive loops that are open.
  var calls = 0
  private var remainingSteps: Int
  private var recursion = 0

  private(set) var output = ""
  /// How many captures (macros, `{% set %}` blocks…) divert the output at this point.
  private var captures = 0
  private var generationSpans: [Range<Int>] = []
  private var unplacedGenerations = 0

  // What values name by number.
  var namespaces: [[TemplateMapping.Key: TemplateValue]] = []
  var macros: [(macro: TemplateMacro, scope: TemplateScope)] = []
  var loops: [TemplateLoopState] = []

  init(
    limits: ChatTemplateLimits, scope: TemplateScope,
    now: @escaping @Sendable () -> ChatTemplateDate
  ) {
    self.limits = limits
    self.scope = scope
    self.now = now
    remainingSteps = limits.steps
  }

  func render(
    _ body: [TemplateStatement]
  ) throws(ChatTemplateError) -> ChatTemplate.Rendering {
    _ = try execute(body)
    return ChatTemplate.Rendering(
      text: output, generationSpans: generationSpans, unplacedGenerations: unplacedGenerations)
  }

  func failure(_ code: ChatTemplateError.Code) -> ChatTemplateError {
    ChatTemplateError(code: code, line: line)
  }

  // MARK: - Limits

  func charge(_ steps: Int) throws(ChatTemplateError) {
    guard steps <= remainingSteps else { throw failure(.stepsExceeded(limit: limits.steps)) }
    remainingSteps -= steps
  }

  /// Charges for handling `count` bytes, one step for each 64 of them.
  func charge(bytes count: Int, times: Int = 1) throws(ChatTemplateError) {
    let (product, overflows) = count.multipliedReportingOverflow(by: times)
    guard !overflows else { throw failure(.stepsExceeded(limit: limits.steps)) }
    try charge(product >> 6)
  }

  func charge(elements count: Int, times: Int) throws(ChatTemplateError) {
    let (product, overflows) = count.multipliedReportingOverflow(by: times)
    guard !overflows else { throw failure(.stepsExceeded(limit: limits.steps)) }
    try charge(product)
  }

  func checkLength(_ text: String) throws(ChatTemplateError) {
    guard text.utf8.count <= limits.outputBytes else {
      throw failure(.outputExceeded(limit: limits.outputBytes))
    }
  }

  func enter() throws(ChatTemplateError) {
    recursion += 1
    guard recursion <= limits.recursion else {
      throw failure(.nestingExceeded(limit: limits.recursion))
    }
  }

  func leave() { recursion -= 1 }

  /// A new list; every list of a rendering is made here, which bounds their size and depth.
  func sequence(
    _ kind: TemplateSequence.Kind, _ elements: [TemplateValue]
  ) throws(ChatTemplateError) -> TemplateValue {
    try charge(elements.count)
    let sequence = TemplateSequence(kind, elements)
    try checkDepth(sequence.depth)
    return .sequence(sequence)
  }

  /// A new mapping; every mapping of a rendering is made here.
  func mapping(
    _ members: [(TemplateValue, TemplateValue)]
  ) throws(ChatTemplateError) -> TemplateValue {
    try charge(members.count)
    for (key, _) in members {
      if case .string(let text) = key { try charge(bytes: text.utf8.count) }
      guard key.key != nil else {
        throw failure(.wrongType(operation: "mapping key", operands: [key.typeName]))
      }
    }
    let mapping = TemplateMapping(members)
    try checkDepth(mapping.depth)
    return .mapping(mapping)
  }

  private func checkDepth(_ depth: Int) throws(ChatTemplateError) {
    guard depth <= ChatTemplateLimits.valueDepth else {
      throw failure(.nestingExceeded(limit: ChatTemplateLimits.valueDepth))
    }
  }

  // MARK: - Output

  func emit(_ text: String) throws(ChatTemplateError) {
    try charge(bytes: text.utf8.count)
    guard output.utf8.count + text.utf8.count <= limits.outputBytes else {
      throw failure(.outputExceeded(limit: limits.outputBytes))
    }
    output += text
  }

  /// What `body` prints, as text.
  func capture(
    _ body: () throws(ChatTemplateError) -> Void
  ) throws(ChatTemplateError) -> String {
    let outer = output
    output = ""
    captures += 1
    try body()
    captures -= 1
    let captured = output
    output = outer
    return captured
  }

  /// Notes that the output from `start` on is the assistant's.
  func markGeneration(from start: Int) {
    if captures > 0 {
      unplacedGenerations += 1
    } else {
      generationSpans.append(start..<output.utf8.count)
    }
  }
}

/// Names and their values, and the scope around.
final class TemplateScope {
  var names: [String: TemplateValue] = [:]
  let parent: TemplateScope?

  init(parent: TemplateScope?) { self.parent = parent }

  func value(of name: String) -> TemplateValue? {
    var scope: TemplateScope? = self
    while let current = scope {
      if let value = current.names[name] { return value }
      scope = current.parent
    }
    return nil
  }
}

/// Where a loop stands.
struct TemplateLoopState {
  let elements: [TemplateValue]
  var position = 0
  /// How many loops this one is a recursion of.
  let level: Int
  let loop: TemplateForLoop
  /// The scope that the loop stands in.
  let scope: TemplateScope
  /// The arguments of the last `loop.changed(…)`.
  var lastChanged: [TemplateValue]?
}
