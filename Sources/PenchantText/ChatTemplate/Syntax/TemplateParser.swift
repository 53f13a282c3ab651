/// Reads the tokens of a template into statements, by recursive descent of bounded depth.
struct TemplateParser {
  private let tokens: [TemplateToken]
  private var position = 0
  private let depthLimit: Int
  private var depth = 0

  /// Whether an unknown filter or test is reported only when it is reached: Jinja does so in branches.
  var isConditional = false
  /// Whether `break` and `continue` have a loop to act on.
  var isInLoop = false
  /// Which of a macro's implicit names the body read so far has mentioned.
  var implicitNames: Set<String> = []
  var marksGeneration = false
  /// How many statements whose output is captured (macros, `{% set %}` blocks…) are open.
  var captures = 0
  /// Whether a `{% generation %}` stands in one of them, so that its place in the text is not known.
  var capturesGeneration = false
  /// The statements that are open, for messages.
  var openTags: [String] = []

  /// - Parameter tokens: what ``TemplateLexer`` returned; the last is `.end`.
  init(tokens: [TemplateToken], depthLimit: Int) {
    self.tokens = tokens
    self.depthLimit = depthLimit
  }

  mutating func parseTemplate() throws(ChatTemplateError) -> [TemplateStatement] {
    let (body, _) = try parseBody(until: [])
    return body
  }

  // MARK: - Tokens

  var current: TemplateToken {
    position < tokens.count ? tokens[position] : TemplateToken(kind: .end, line: 1)
  }

  var following: TemplateToken.Kind {
    position + 1 < tokens.count ? tokens[position + 1].kind : .end
  }

  var line: Int { current.line }

  mutating func advance() { if position < tokens.count { position += 1 } }

  func isSymbol(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }
  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  mutating func skip(_ kind: TemplateToken.Kind) -> Bool {
    guard current.kind == kind else { return false }
    advance()
    return true
  }

  mutating func expect(_ kind: TemplateToken.Kind) throws(ChatTemplateError) {
    guard skip(kind) else {
      if current.kind == .end, let tag = openTags.last { throw failure(.unclosed(tag: tag)) }
      throw failure(.expected(kind.phrase, found: current.kind.phrase))
    }
  }

  mutating func expectName() throws(ChatTemplateError) -> String {
    guard case .name(let name) = current.kind else {
      throw failure(.expected("a name", found: current.kind.phrase))
    }
    advance()
    return name
  }

  func failure(_ problem: ChatTemplateError.SyntaxProblem) -> ChatTemplateError {
    ChatTemplateError(code: .syntax(problem), line: line)
  }

  // MARK: - Depth

  mutating func enter() throws(ChatTemplateError) {
    depth += 1
    guard depth <= depthLimit else {
      throw ChatTemplateError(code: .nestingExceeded(limit: depthLimit), line: line)
    }
  }

  mutating func leave() { depth -= 1 }
}
