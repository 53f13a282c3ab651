extension RegexProgram {
  /// What a thread sees at a place of the text.
  struct Surroundings {
    /// Class of the next scalar; nil where the text ends.
    var next: Int?
    /// Class of the scalar before; nil where the text begins.
    var previous: Int?
    /// A bit for each look that holds.
    var looks: Int
  }

  /// Follows one thread up to the next scalar.
  ///
  /// Calls `consume` for every reachable consuming instruction in order of priority. Returns true
  /// at a match, after which nothing of lower priority counts and, unless `all` are wanted, nothing is followed.
  /// `visited` marks instructions seen at this position.
  func follow(
    _ counter: Int, _ here: Surroundings, classes: ScalarClasses, all: Bool,
    visited: inout [Bool], consume: (Int) -> Void
  ) -> Bool {
    var stack = [counter]
    var matches = false
    while let current = stack.popLast() {
      if visited[current] { continue }
      visited[current] = true
      switch instructions[current] {
      case .match:
        matches = true
        if !all { return true }
      case .jump(let target): stack.append(target)
      case .split(let first, let second):
        stack.append(second)
        stack.append(first)
      case .lookahead(let set, let orEnd):
        if here.next.map({ classes.isMember[set][$0] }) ?? orEnd { stack.append(current + 1) }
      case .lookbehind(let set, let orStart):
        if here.previous.map({ classes.isMember[set][$0] }) ?? orStart { stack.append(current + 1) }
      case .look(let number, let holds):
        if (here.looks >> number & 1 == 1) == holds { stack.append(current + 1) }
      case .consume(let set):
        if let next = here.next, classes.isMember[set][next] { consume(current + 1) }
      }
    }
    return matches
  }

  /// For each class, what lookbehinds can tell of it, as a number; all 0 without any.
  func contexts(_ classes: ScalarClasses) -> [Int] {
    var tested: [Int] = []
    for case .lookbehind(let set, _) in instructions where !tested.contains(set) {
      tested.append(set)
    }
    guard instructions.contains(where: { if case .lookbehind = $0 { true } else { false } }) else {
      return Array(repeating: 0, count: classes.count)
    }
    // 0 is the beginning of the text.
    var numbers: [[Bool]: Int] = [:]
    return (0..<classes.count).map { scalarClass in
      let seen = tested.map { classes.isMember[$0][scalarClass] }
      let number = numbers[seen] ?? numbers.count + 1
      numbers[seen] = number
      return number
    }
  }
}
