package import PenchantEngine

/// A batch for the engine, and whose targets are where in its results.
package struct PackedBatch: Sendable {
  package let batch: Batch
  /// Which of the packed examples it holds, ascending.
  package let examples: [Int]
  /// For each of `examples`, for each branch, the places of its scored tokens in the batch's results.
  package let places: [[[Int]]]
}

/// Lays examples into batches of at most a number of tokens, without padding.
package enum Packer {
  /// Packs by first-fit decreasing: the longest example first, each into the first batch with room.
  ///
  /// An example longer than the budget has a batch to itself. The packing depends on the examples' sizes and
  /// order alone, and the log-probabilities do not depend on the packing.
  package static func pack(_ examples: [TokenizedExample], tokenBudget: Int) -> [PackedBatch] {
    precondition(tokenBudget > 0, "Packer.pack: budget \(tokenBudget)")
    let order = examples.indices.sorted {
      let (left, right) = (examples[$0].tokenCount, examples[$1].tokenCount)
      return left == right ? $0 < $1 : left > right
    }
    var bins: [(tokens: Int, members: [Int])] = []
    for index in order {
      let tokens = examples[index].tokenCount
      if let bin = bins.firstIndex(where: { $0.tokens + tokens <= tokenBudget }) {
        bins[bin].tokens += tokens
        bins[bin].members.append(index)
      } else {
        bins.append((tokens, [index]))
      }
    }
    return bins.map { fill($0.members.sorted(), from: examples) }
  }

  private static func fill(_ members: [Int], from examples: [TokenizedExample]) -> PackedBatch {
    var batch = Batch()
    let places = members.map { member in
      let example = examples[member]
      let flat = batch.append(
        prompt: example.prompt,
        branches: example.branches.filter { !$0.isAbsent }.map(\.tokens),
        targets: example.targets)
      var start = 0
      return example.branches.map { branch in
        defer { start += branch.scored.count }
        return Array(flat[start..<start + branch.scored.count])
      }
    }
    return PackedBatch(batch: batch, examples: members, places: places)
  }
}
