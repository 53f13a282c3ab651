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
