/// The examples of a run, each made when it is wanted, and what a plan needs to know about all of them.
///
/// Examples that are at hand are one kind; the other is made again from rows on the disk, which takes four bytes
/// an example in place of its tokens.
package struct ExampleList: Sendable {
  private enum Storage: Sendable {
    case examples([TokenizedExample])
    /// The row of each example, and how it is made from it.
    case rows([UInt32], @Sendable (Int) throws -> TokenizedExample)
  }

  private var storage: Storage
  /// How many examples have how many tokens, the prompt counted once.
  private var lengths: [Int: Int] = [:]
  /// Tokens computed by a pass over all.
  package private(set) var tokenCount = 0
  /// Tokens whose log-probability counts.
  package private(set) var scoredCount = 0
  /// Examples that have their first branch: of judged answers, the liked ones.
  package private(set) var firstBranchCount = 0
  /// The tokens of the longest single branch.
  package private(set) var longestBranch = 0
  /// The largest share of scored tokens that any example has.
  package private(set) var largestScoredShare = 0.0

  /// Examples that are at hand.
  package init(_ examples: [TokenizedExample] = []) {
    storage = .examples(examples)
    for example in examples { count(example) }
  }

  /// No examples yet, to be added by ``append(_:row:)``.
  /// - Parameter make: makes the example of a row again, the same each time.
  package init(make: @escaping @Sendable (Int) throws -> TokenizedExample) {
    storage = .rows([], make)
  }

  /// Adds an example that can be made from `row` again.
  package mutating func append(_ example: TokenizedExample, row: Int) {
    switch storage {
    case .examples(var examples):
      storage = .examples([])
      examples.append(example)
      storage = .examples(examples)
    case .rows(var rows, let make):
      storage = .rows([], make)
      rows.append(UInt32(row))
      storage = .rows(rows, make)
    }
    count(example)
  }

  private mutating func count(_ example: TokenizedExample) {
    let tokens = example.tokenCount
    let scored = example.branches.reduce(0) { $0 + $1.scored.count }
    lengths[tokens, default: 0] += 1
    tokenCount += tokens
    scoredCount += scored
    if example.branches.first?.isAbsent == false { firstBranchCount += 1 }
    longestBranch = max(longestBranch, example.branches.map(\.tokens.count).max() ?? 0)
    largestScoredShare = max(largestScoredShare, min(1, Double(scored) / Double(max(1, tokens))))
  }

  package var count: Int {
    switch storage {
    case .examples(let examples): examples.count
    case .rows(let rows, _): rows.count
    }
  }

  package var isEmpty: Bool { count == 0 }

  /// The examples that are at hand; none of those that are made when wanted.
  package var atHand: [TokenizedExample] {
    if case .examples(let examples) = storage { examples } else { [] }
  }

  /// The tokens of the longest example; 0 of none.
  package var longest: Int { lengths.keys.max() ?? 0 }

  /// The tokens of the `number` longest examples together.
  package func tokens(ofLongest number: Int) -> Int {
    var left = number
    var sum = 0
    for (length, count) in lengths.sorted(by: { $0.key > $1.key }) where left > 0 {
      sum += length * min(count, left)
      left -= count
    }
    return sum
  }

  /// The example at a place.
  /// - Throws: what reading its row throws; nothing where examples are at hand.
  package subscript(place: Int) -> TokenizedExample {
    get throws {
      switch storage {
      case .examples(let examples): examples[place]
      case .rows(let rows, let make): try make(Int(rows[place]))
      }
    }
  }

  /// The examples of a range of places.
  package subscript(places: Range<Int>) -> [TokenizedExample] {
    get throws { try places.map { try self[$0] } }
  }
}
