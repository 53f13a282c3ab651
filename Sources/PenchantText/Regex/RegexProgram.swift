/// A pattern compiled to instructions for threads that advance over the text together.
///
/// The design is that of Pike's machine (as in Russ Cox, "Regular Expression Matching: the Virtual
/// Machine Approach", 2009).
///
/// What looks at more than one scalar is a program of its own (``RegexMarker``).
struct RegexProgram: Sendable {
  enum Instruction: Sendable, Equatable {
    /// Consumes one scalar of the numbered set and goes on with the next instruction.
    case consume(Int)
    /// Goes on if the next scalar is in the numbered set or, if `orEnd`, the text ends.
    case lookahead(Int, orEnd: Bool)
    /// Goes on if the scalar before is in the numbered set or, if `orStart`, the text begins.
    case lookbehind(Int, orStart: Bool)
    /// Goes on if the numbered look holds here, or does not.
    case look(Int, holds: Bool)
    /// Tries the first target, then the second.
    case split(Int, Int)
    case jump(Int)
    case match
  }

  /// The most instructions that a pattern may need, counted intervals written out.
  private static let limit = 4000

  private(set) var instructions: [Instruction] = []
  /// The distinct sets that instructions name.
  private(set) var sets: [ScalarSet] = []
  /// What is looked at by something longer than a scalar; where it holds is found out beforehand.
  private(set) var looks: [Look] = []

  struct Look: Equatable {
    let node: RegexNode
    let isAhead: Bool
  }

  /// The most looks of a pattern: each doubles the table.
  private static let lookLimit = 5

  init(_ node: RegexNode) throws(LinearRegexError) {
    try emit(node)
    try append(.match)
  }

  private mutating func append(_ instruction: Instruction) throws(LinearRegexError) {
    guard instructions.count < Self.limit else {
      throw LinearRegexError(code: .tooLarge, offset: 0)
    }
    instructions.append(instruction)
  }

  private mutating func number(of set: ScalarSet) -> Int {
    if let known = sets.firstIndex(of: set) { return known }
    sets.append(set)
    return sets.count - 1
  }

  private mutating func emit(_ node: RegexNode) throws(LinearRegexError) {
    switch node {
    case .set(let set): try append(.consume(number(of: set)))
    case .lookahead(let set, let orEnd): try append(.lookahead(number(of: set), orEnd: orEnd))
    case .lookbehind(let set, let orStart):
      try append(.lookbehind(number(of: set), orStart: orStart))
    case .look(let node, let isAhead, let isNegated):
      let look = Look(node: node, isAhead: isAhead)
      if !looks.contains(look) { looks.append(look) }
      guard let number = looks.firstIndex(of: look), number < Self.lookLimit else {
        throw LinearRegexError(code: .tooLarge, offset: 0)
      }
      try append(.look(number, holds: !isNegated))
    case .sequence(let parts): for part in parts { try emit(part) }
    case .alternation(let branches): try emitAlternation(branches)
    case .repetition(let body, let minimum, let maximum, let greedy):
      try emitRepetition(body, minimum: minimum, maximum: maximum, greedy: greedy)
    }
  }

  private mutating func emitAlternation(_ branches: [RegexNode]) throws(LinearRegexError) {
    var jumps: [Int] = []
    for (index, branch) in branches.enumerated() {
      guard index < branches.count - 1 else {
        try emit(branch)
        break
      }
      let fork = instructions.count
      try append(.match)
      try emit(branch)
      jumps.append(instructions.count)
      try append(.match)
      instructions[fork] = .split(fork + 1, instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func emitRepetition(
    _ body: RegexNode, minimum: Int, maximum: Int?, greedy: Bool
  ) throws(LinearRegexError) {
    func fork(_ more: Int, _ done: Int) -> Instruction {
      greedy ? .split(more, done) : .split(done, more)
    }
    let start = instructions.count
    for _ in 0..<minimum {
      try emit(body)
      // Copies of nothing are nothing, however many are asked for.
      if instructions.count == start { return }
    }
    guard let maximum else {
      let loop = instructions.count
      try append(.match)
      try emit(body)
      try append(.jump(loop))
      instructions[loop] = fork(loop + 1, instructions.count)
      return
    }
    var forks: [Int] = []
    for _ in minimum..<maximum {
      forks.append(instructions.count)
      try append(.match)
      try emit(body)
    }
    for position in forks { instructions[position] = fork(position + 1, instructions.count) }
  }
}
