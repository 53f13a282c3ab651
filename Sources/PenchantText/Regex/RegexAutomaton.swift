/// A program turned into a table: one look-up for each scalar of the text.
///
/// A state is the ordered list of threads that wait for the next scalar, so preferences between
/// alternatives are kept (leftmost-first, as backtracking engines match), with what lookbehinds can tell of
/// the scalar before. Which match ends here can depend on the next scalar (lookahead), therefore a
/// transition also tells whether a match ends *before* the scalar that it consumes.
struct RegexAutomaton: Sendable {
  /// Which matches count.
  enum Wanted: Sendable {
    /// The preferred match of those that begin where the search does.
    case first
    /// Any match that begins anywhere: a transition tells whether one ends here.
    case anyEnd
  }

  /// The most states of a table, below 2¹⁶; published patterns need some tens.
  private static let stateLimit = 2000
  /// Bound on states × columns × instructions, the work of building a table.
  private static let workLimit = 50_000_000

  /// `next state << 1 | match` by state and column.
  ///
  /// Columns are class << looks | looks that hold; the last class is the end of the text.
  let transitions: [UInt32]
  /// Columns of a row.
  let width: Int
  /// How many looks a column tells of.
  let lookCount: Int
  /// The state in which to begin behind a scalar of each class; empty where it is the same for all.
  let initialStates: [Int]

  /// No thread is left.
  static let dead = 0
  /// The state in which to begin at the beginning of the text.
  static let initial = 1

  private struct State: Hashable {
    var threads: [Int]
    var context: Int
  }

  /// Builds the whole table.
  /// - Throws: ``LinearRegexError`` when it would be too large.
  init(
    _ program: RegexProgram, classes: ScalarClasses, wanted: Wanted = .first
  ) throws(LinearRegexError) {
    let tooLarge = LinearRegexError(code: .tooLarge, offset: 0)
    lookCount = program.looks.count
    width = (classes.count + 1) << lookCount
    let contexts = program.contexts(classes)
    // A scalar that stands for each context.
    var examples: [Int: Int] = [:]
    for (scalarClass, context) in contexts.enumerated() where examples[context] == nil {
      examples[context] = scalarClass
    }
    let hasContexts = contexts.contains { $0 > 0 }
    let none = State(threads: [], context: 0)
    var states = [none, State(threads: [0], context: 0)]
    var numbers = [none: Self.dead, states[1]: Self.initial]
    for context in Set(contexts).sorted() where context > 0 {
      let state = State(threads: [0], context: context)
      numbers[state] = states.count
      states.append(state)
    }
    initialStates =
      hasContexts ? contexts.map { numbers[State(threads: [0], context: $0)] ?? Self.initial } : []
    var transitions: [UInt32] = []
    var visited = Array(repeating: false, count: program.instructions.count)
    var index = 0
    while index < states.count {
      guard index * width * program.instructions.count <= Self.workLimit else { throw tooLarge }
      let state = states[index]
      for column in 0..<width {
        let next = column >> lookCount
        let here = RegexProgram.Surroundings(
          next: next < classes.count ? next : nil,
          previous: hasContexts && state.context > 0 ? examples[state.context] : nil,
          looks: column & (1 << lookCount - 1))
        var targets: [Int] = []
        var listed: Set<Int> = []
        var matches = false
        for position in visited.indices { visited[position] = false }
        for counter in state.threads {
          let found = program.follow(
            counter, here, classes: classes, all: wanted == .anyEnd, visited: &visited
          ) { target in
            if listed.insert(target).inserted { targets.append(target) }
          }
          matches = matches || found
          if matches, wanted == .first { break }
        }
        if wanted == .anyEnd {
          if listed.insert(0).inserted { targets.append(0) }
          targets.sort()
        }
        let context = targets.isEmpty || next == classes.count ? 0 : contexts[next]
        let target = State(threads: targets, context: context)
        let number: Int
        if let known = numbers[target] {
          number = known
        } else {
          number = states.count
          guard number < Self.stateLimit else { throw tooLarge }
          numbers[target] = number
          states.append(target)
        }
        transitions.append(UInt32(number << 1) | (matches ? 1 : 0))
      }
      index += 1
    }
    self.transitions = transitions
  }
}
