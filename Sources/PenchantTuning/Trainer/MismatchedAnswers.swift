import PenchantModel

/// Gives each row another row's answer, for an estimate of how far the policy is from the reference (KTO).
///
///     (x_1, y_1), …, (x_n, y_n)  →  (x_1, y_n), (x_2, y_1), …, (x_n, y_n−1)
///
/// A block of one row takes the answer of the row before it in the data. An answer is cut where prompt and answer
/// would exceed the limit: it is measured, not learnt from.
struct MismatchedAnswers {
  /// Rows among which answers are exchanged; nil is the whole step.
  let rotation: Int?
  /// Tokens of prompt + answer at most.
  let limit: Int

  /// The rows of a step, each with one branch more.
  /// - Parameter places: where the step's rows stand in `data`.
  func added(to places: [Int], of data: ExampleList) throws -> [TokenizedExample] {
    let size = rotation ?? max(1, places.count)
    return try places.indices.map { position in
      let start = position / size * size
      let block = places[start..<min(places.count, start + size)]
      let donor =
        block.count == 1
        ? (places[position] + data.count - 1) % data.count
        : position > start ? places[position - 1] : block[block.endIndex - 1]
      var example = try data[places[position]]
      example.branches.append(answer(of: try data[donor], after: example.prompt.count))
      return example
    }
  }

  private func answer(
    of donor: TokenizedExample, after prompt: Int
  ) -> TokenizedExample.Branch {
    guard var branch = donor.branches.first(where: { !$0.isAbsent }) else { return .absent }
    branch.tokens = Array(branch.tokens.prefix(max(1, limit - prompt)))
    branch.scored = branch.scored.compactMap { token in
      let moved = token - donor.prompt.count + prompt
      return moved > 0 && moved >= prompt && moved < prompt + branch.tokens.count ? moved : nil
    }
    branch.cutTokens = 0
    return branch
  }
}
