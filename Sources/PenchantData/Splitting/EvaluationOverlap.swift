/// What rows that are to be measured on have in common with the rows that are trained on.
///
/// Prompts are compared as ``HoldOut`` compares them, by a hash of 64 bits; so are whole rows. That two different ones
/// among a million and a million share a hash has a chance of 5e-8. Memory is sixteen bytes a row that is trained on.
package struct EvaluationOverlap: Sendable, Equatable {
  /// A row to measure on that is trained on as well.
  package struct Match: Sendable, Equatable {
    package let row: RowLocation
    /// The first row trained on that says the same.
    package let trained: RowLocation

    package init(row: RowLocation, trained: RowLocation) {
      self.row = row
      self.trained = trained
    }
  }

  /// Rows to measure on.
  package var rows: Int
  /// Those whose prompt is trained on as well, with other answers.
  package var sharedPrompts: Int

  package init(rows: Int = 0, sharedPrompts: Int = 0) {
    self.rows = rows
    self.sharedPrompts = sharedPrompts
  }

  /// One sentence; nil where nothing is shared.
  package var sentence: String? {
    guard sharedPrompts > 0 else { return nil }
    return "\(sharedPrompts) of the \(rows) \(rows == 1 ? "row" : "rows") of --eval-data "
      + "\(sharedPrompts == 1 ? "asks" : "ask") what is trained on, with other answers"
  }

  /// Finds it, row by row.
  package struct Search: Sendable {
    /// Ascending.
    private let prompts: [UInt64]
    /// In the order of the rows trained on, and ascending.
    private let trained: [UInt64], sorted: [UInt64]
    private let comparesAnswers: Bool
    private var overlap = EvaluationOverlap()
    private var same = 0
    private var first: [(row: RowLocation, hash: UInt64)] = []

    /// How many rows an error names.
    private static let named = 5

    /// - Parameters:
    ///   - prompts: ``HoldOut/promptHash(_:)`` of every row that is trained on.
    ///   - rows: ``EvaluationOverlap/rowHash(_:comparesAnswers:)`` of the same.
    ///   - comparesAnswers: whether a rejected answer makes a row another one.
    package init(prompts: [UInt64], rows: [UInt64], comparesAnswers: Bool) {
      self.prompts = prompts.sorted()
      trained = rows
      sorted = rows.sorted()
      self.comparesAnswers = comparesAnswers
    }

    /// Looks at a row to measure on.
    package mutating func add(_ pair: Pair) {
      overlap.rows += 1
      let hash = EvaluationOverlap.rowHash(pair, comparesAnswers: comparesAnswers)
      if sorted.holds(hash) {
        same += 1
        if first.count < Self.named { first.append((pair.source, hash)) }
      } else if prompts.holds(HoldOut.promptHash(pair)) {
        overlap.sharedPrompts += 1
      }
    }

    /// - Parameter pair: reads a row that is trained on; asked for those that an error names.
    /// - Throws: ``DataError`` where a row is trained on as it stands.
    package func finish(
      _ pair: (Int) throws(DataError) -> Pair
    ) throws(DataError) -> EvaluationOverlap {
      guard same > 0 else { return overlap }
      var matches: [Match] = []
      for (row, hash) in first {
        guard let index = trained.firstIndex(of: hash) else { continue }
        matches.append(Match(row: row, trained: try pair(index).source))
      }
      throw DataError(.trainedOn(rows: same, of: overlap.rows, first: matches))
    }
  }

  /// A hash of all that decides what a row teaches.
  /// - Parameter comparesAnswers: whether the rejected answer is part of it.
  package static func rowHash(_ pair: Pair, comparesAnswers: Bool) -> UInt64 {
    var hash = StableHash(pair.prompt)
    hash.combine(pair.systemPrompt ?? "")
    hash.combine(pair.chosen)
    if comparesAnswers, let rejected = pair.rejected { hash.combine(rejected) }
    switch pair.isLiked {
    case nil: hash.combine(0 as UInt8)
    case false?: hash.combine(1 as UInt8)
    case true?: hash.combine(2 as UInt8)
    }
    return hash.value
  }
}

extension [UInt64] {
  /// Whether an ascending list has a value.
  fileprivate func holds(_ value: UInt64) -> Bool {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low] == value
  }
}
