/// An ordered list of program counters without repeats; an earlier one has higher priority.
struct RegexThreads {
  /// Where a thread goes on, and where the match it belongs to began.
  struct Thread: Equatable, Hashable, Sendable {
    var counter: Int
    var start: Int
  }

  private(set) var threads: [Thread] = []
  private var isListed: [Bool]

  init(program: RegexProgram) {
    isListed = Array(repeating: false, count: program.instructions.count)
  }

  mutating func append(_ thread: Thread) {
    guard !isListed[thread.counter] else { return }
    isListed[thread.counter] = true
    threads.append(thread)
  }

  mutating func removeAll() {
    for thread in threads { isListed[thread.counter] = false }
    threads.removeAll(keepingCapacity: true)
  }
}

extension RegexProgram {
  /// Follows one thread up to the next scalar, which is of class `next` (nil: the text ends).
  ///
  /// Calls `consume` for every reachable consuming instruction in order of priority. Returns true
  /// at a match, after which nothing of lower priority counts. `visited` marks instructions seen at
  /// this position.
  func follow(
    _ counter: Int, next: Int?, classes: ScalarClasses, visited: inout [Bool],
    consume: (Int) -> Void
  ) -> Bool {
    var stack = [counter]
    while let current = stack.popLast() {
      if visited[current] { continue }
      visited[current] = true
      switch instructions[current] {
      case .match: return true
      case .jump(let target): stack.append(target)
      case .split(let first, let second):
        stack.append(second)
        stack.append(first)
      case .lookahead(let set, let orEnd):
        if next.map({ classes.isMember[set][$0] }) ?? orEnd { stack.append(current + 1) }
      case .consume(let set):
        if let next, classes.isMember[set][next] { consume(current + 1) }
      }
    }
    return false
  }
}
