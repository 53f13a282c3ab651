import PenchantCore
package import PenchantData

/// The blocking checks of single rows, for a run that is about to train: counts only, one pair at a time.
package struct BlockingTally: Sendable {
  /// Pairs seen.
  package private(set) var pairs = 0
  /// Pairs with at least one problem.
  package private(set) var rows = 0
  private var counts = [Int](repeating: 0, count: RowChecks.blocking.count)

  package init() {}

  /// Looks at a pair; a row with one answer has nothing to compare and is passed over.
  package mutating func add(_ pair: Pair) {
    guard pair.rejected != nil else { return }
    pairs += 1
    let text = PairText(pair)
    var hasProblem = false
    for (position, check) in RowChecks.blocking.enumerated() where check.problem(of: text) != nil {
      counts[position] += 1
      hasProblem = true
    }
    if hasProblem { rows += 1 }
  }

  /// How many rows each check found, those that found something.
  package var found: [(check: Check, count: Int)] {
    zip(RowChecks.blocking, counts).filter { $1 > 0 }.map { ($0.check, $1) }
  }

  /// One line: `nothing that blocks in 300 pairs`.
  package var verdict: String {
    guard rows > 0 else { return "nothing that blocks in \(NumberText.counted(pairs, "pair"))" }
    let kinds = found.map { "\($0.check.title) in \($0.count)" }.joined(separator: ", ")
    return
      "\(rows) of \(NumberText.counted(pairs, "pair")) cannot teach what they are meant to (\(kinds)); "
      + "only equal and empty answers are left out by themselves, penchant audit shows all and writes a patch"
  }
}
