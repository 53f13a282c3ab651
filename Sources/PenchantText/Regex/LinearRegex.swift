/// A regular expression whose search takes time linear in the text, whatever the pattern.
///
/// Matches are those of a backtracking engine (leftmost; among those the first by preference), in
/// the dialect that ``RegexParser`` reads. The text is valid UTF-8; positions are byte offsets.
package struct LinearRegex: Sendable {
  private let program: RegexProgram
  private let classes: ScalarClasses
  private let automaton: RegexAutomaton?
  /// Class of each ASCII byte.
  private let asciiClasses: [UInt8]

  /// Compiles a pattern.
  /// - Throws: ``LinearRegexError`` naming what cannot be used and where.
  package init(_ pattern: String) throws(LinearRegexError) {
    try self.init(RegexParser.parse(pattern))
  }

  /// Compiles a pattern; `usesTable` false keeps to the direct simulation, which must find the
  /// same.
  package init(_ pattern: String, usesTable: Bool) throws(LinearRegexError) {
    try self.init(RegexParser.parse(pattern), usesTable: usesTable)
  }

  /// Compiles a parsed pattern; `usesTable` false keeps to the direct simulation.
  init(_ node: RegexNode, usesTable: Bool = true) throws(LinearRegexError) {
    let program = try RegexProgram(node)
    let classes = try ScalarClasses(program.sets)
    self.program = program
    self.classes = classes
    automaton = usesTable ? RegexAutomaton(program, classes: classes) : nil
    asciiClasses = (0..<128).map { classes.map[$0] }
  }

  /// The first match that begins at `start` (a scalar boundary) or later; nil when there is none.
  package func firstMatch(in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int>? {
    guard let automaton else { return simulate(text, from: start) }
    var position = start
    // Scalars read by attempts that led to nothing.
    var wasted = 0
    while true {
      let (end, steps) = longestRun(automaton, text, from: position)
      if let end { return position..<end }
      guard position < text.count else { return nil }
      wasted += steps
      position += scalar(at: position, in: text).length
      // Attempts from every position could take quadratic time; all starts at once cannot.
      if wasted > 4 * (position - start) + 256 { return simulate(text, from: position) }
    }
  }

  /// Where the preferred match that begins at `start` ends, and how many scalars were looked at.
  private func longestRun(
    _ automaton: RegexAutomaton, _ text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> (end: Int?, steps: Int) {
    automaton.transitions.withUnsafeBufferPointer { transitions in
      asciiClasses.withUnsafeBufferPointer { ascii in
        var state = RegexAutomaton.initial
        var position = start
        var end: Int?
        var steps = 0
        while position < text.count {
          let byte = text[position]
          let column: Int
          let length: Int
          if byte < 0x80 {
            column = Int(ascii[Int(byte)])
            length = 1
          } else {
            let (value, bytes) = scalar(at: position, in: text)
            column = Int(classes.map[value])
            length = bytes
          }
          let transition = transitions[state * automaton.width + column]
          if transition & 1 != 0 { end = position }
          state = Int(transition >> 1)
          steps += 1
          if state == RegexAutomaton.dead { return (end, steps) }
          position += length
        }
        if transitions[state * automaton.width + automaton.width - 1] & 1 != 0 { end = position }
        return (end, steps)
      }
    }
  }

  /// Runs the threads of all starts together: each scalar is looked at once.
  private func simulate(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int>? {
    var current = RegexThreads(program: program)
    var following = RegexThreads(program: program)
    var visited = Array(repeating: false, count: program.instructions.count)
    var found: Range<Int>?
    var position = start
    while true {
      if found == nil { current.append(.init(counter: 0, start: position)) }
      if current.threads.isEmpty { return found }
      let isEnd = position == text.count
      let (value, length) = isEnd ? (0, 0) : scalar(at: position, in: text)
      for index in visited.indices { visited[index] = false }
      for thread in current.threads {
        let matches = program.follow(
          thread.counter, next: isEnd ? nil : Int(classes.map[value]), classes: classes,
          visited: &visited
        ) { following.append(.init(counter: $0, start: thread.start)) }
        if matches {
          found = thread.start..<position
          break
        }
      }
      if isEnd { return found }
      position += length
      swap(&current, &following)
      following.removeAll()
    }
  }

  /// Calls `body` with each match in order, as Oniguruma's bindings find them.
  ///
  /// A match may be empty, but not directly at the end of the one before it.
  package func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void
  ) {
    var position = 0
    var lastEnd: Int?
    while let match = firstMatch(in: text, from: position) {
      if match.isEmpty, match.lowerBound == lastEnd {
        guard position < text.count else { return }
        position += scalar(at: position, in: text).length
        continue
      }
      body(match)
      position = match.upperBound
      lastEnd = match.upperBound
    }
  }
}
