/// Tokens of several examples laid end to end, without padding, and what is asked of them.
///
/// Each example is a group of segments: the first is the prompt, computed once and seen by all others of the
/// group; every other is a branch, whose positions continue after the prompt. A prompt may be empty.
package struct Batch: Sendable, Equatable {
  /// Token ids, all segments end to end.
  package private(set) var ids: [Int32] = []
  /// Each token's position in its own sequence.
  package private(set) var positions: [Int32] = []
  package private(set) var groups: [[Segment]] = []
  /// For each group, the length that its longest sequence has, or will have once it is generated.
  package private(set) var lengths: [Int] = []
  /// Rows whose next token is asked for, ascending, each once.
  package private(set) var targetRows: [Int32] = []
  /// The targets of row i are `targetOffsets[i]..<targetOffsets[i + 1]`.
  package private(set) var targetOffsets: [Int] = [0]
  /// The tokens asked for.
  ///
  /// One row can have several: the prompt's last predicts the first of every branch.
  package private(set) var targets: [Int32] = []

  package init() {}

  /// A token to predict: the row within the example's own tokens that predicts it, and its id.
  package struct Target: Sendable, Equatable {
    package var row: Int
    package var token: Int32

    package init(row: Int, token: Int32) {
      self.row = row
      self.token = token
    }
  }

  package var tokenCount: Int { ids.count }

  /// Appends an example.
  /// - Parameters:
  ///   - prompt: the tokens all branches share; may be empty.
  ///   - branches: the tokens of each branch.
  ///   - targets: what to predict, in any order; rows count the prompt's tokens, then each branch's.
  ///   - finalLength: the length a sequence will grow to, where it is longer than what is given.
  /// - Returns: for each of `targets`, its place in the batch's results.
  @discardableResult
  package mutating func append(
    prompt: [Int32], branches: [[Int32]], targets wanted: [Target], finalLength: Int = 0
  ) -> [Int] {
    let start = ids.count
    var segments: [Segment] = []
    func add(_ tokens: [Int32], position: Int) {
      segments.append(Segment(start: ids.count, length: tokens.count, position: position))
      ids += tokens
      positions += (0..<tokens.count).map { Int32(position + $0) }
    }
    add(prompt, position: 0)
    for branch in branches { add(branch, position: prompt.count) }
    groups.append(segments)
    lengths.append(max(finalLength, prompt.count + (branches.map(\.count).max() ?? 0)))

    var places = [Int](repeating: 0, count: wanted.count)
    var lastRow = -1
    for index in wanted.indices.sorted(by: { (wanted[$0].row, $0) < (wanted[$1].row, $1) }) {
      let row = wanted[index].row
      precondition((0..<(ids.count - start)).contains(row), "Batch.append: target row \(row)")
      if row != lastRow {
        targetRows.append(Int32(start + row))
        targetOffsets.append(targets.count)
        lastRow = row
      }
      places[index] = targets.count
      targets.append(wanted[index].token)
      targetOffsets[targetOffsets.count - 1] = targets.count
    }
    return places
  }
}
