/// A program turned into a table: one look-up for each scalar of the text.
///
/// A state is the ordered list of threads that wait for the next scalar, so preferences between
/// alternatives are kept (leftmost-first, as backtracking engines match). Which match ends here can
/// depend on the next scalar (lookahead), therefore a transition also tells whether a match ends
/// *before* the scalar that it consumes.
struct RegexAutomaton: Sendable {
  /// The most states of a table, below 2¹⁶; published patterns need some tens.
  private static let stateLimit = 2000
  /// Bound on states × columns × instructions, the work of building a table.
  private static let workLimit = 50_000_000

  /// `next state << 1 | match` by state and class (states, classes + 1).
  ///
  /// The last column is the end of the text.
  let transitions: [UInt32]
  /// Columns of a row.
  let width: Int

  /// No thread is left.
  static let dead = 0
  static let initial = 1

  /// Builds the whole table.
  /// - Throws: ``LinearRegexError`` when it would be too large.
  init(_ program: RegexProgram, classes: ScalarClasses) throws(LinearRegexError) {
    let tooLarge = LinearRegexError(code: .tooLarge, offset: 0)
    width = classes.count + 1
    var states: [[Int]] = [[], [0]]
    var numbers: [[Int]: Int] = [[]: Self.dead, [0]: Self.initial]
    var transitions: [UInt32] = []
    var visited = Array(repeating: false, count: program.instructions.count)
    var index = 0
    while index < states.count {
      guard index * width * program.instructions.count <= Self.workLimit else { throw tooLarge }
      for column in 0..<width {
        var targets: [Int] = []
        var listed: Set<Int> = []
        var matches = false
        for position in visited.indices { visited[position] = false }
        for counter in states[index] {
          matches = program.follow(
            counter, next: column < classes.count ? column : nil, classes: classes,
            visited: &visited
          ) { target in
            if listed.insert(target).inserted { targets.append(target) }
          }
          if matches { break }
        }
        let number: Int
        if let known = numbers[targets] {
          number = known
        } else {
          number = states.count
          guard number < Self.stateLimit else { throw tooLarge }
          numbers[targets] = number
          states.append(targets)
        }
        transitions.append(UInt32(number << 1) | (matches ? 1 : 0))
      }
      index += 1
    }
    self.transitions = transitions
  }
}
