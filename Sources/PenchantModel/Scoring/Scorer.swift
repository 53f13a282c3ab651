package import PenchantEngine

/// The log-probabilities of one branch's scored tokens.
package struct BranchScore: Sendable, Equatable {
  /// One for each scored token, in order.
  package var tokenLogProbabilities: [Float]
  /// −Σ p log p of the row that predicts each token.
  package var entropy: [Float]
  /// log Σ p² of the same row.
  package var logSquareSum: [Float]

  /// Σ log p, in double.
  package var sum: Double { tokenLogProbabilities.reduce(0) { $0 + Double($1) } }
}

extension PackedBatch {
  /// Of each target the row that predicts it.
  var rowsOfTargets: [Int] {
    var rows = [Int](repeating: 0, count: batch.targets.count)
    for row in batch.targetRows.indices {
      for target in batch.targetOffsets[row]..<batch.targetOffsets[row + 1] { rows[target] = row }
    }
    return rows
  }

  /// Sorts a pass's results by example and branch.
  package func scores(_ statistics: HeadStatistics) -> [[BranchScore]] {
    let rowOfTarget = rowsOfTargets
    return places.map { branches in
      branches.map { places in
        BranchScore(
          tokenLogProbabilities: places.map { statistics.logProbabilities[$0] },
          entropy: places.map { statistics.entropy[rowOfTarget[$0]] },
          logSquareSum: places.map { statistics.logSquareSum[rowOfTarget[$0]] })
      }
    }
  }
}

extension PackedBatch {
  /// Sorts scores, one a target row, by example and branch; there is one target a row.
  package func branchScores(_ scores: [Double]) -> [[BranchScore]] {
    places.map { branches in
      branches.map { places in
        BranchScore(
          tokenLogProbabilities: places.map { Float(scores[$0]) },
          entropy: places.map { _ in 0 }, logSquareSum: places.map { _ in 0 })
      }
    }
  }
}

/// Computes log-probabilities of examples: the one routine that training, evaluation and scoring share.
package final class Scorer {
  private let decoder: Decoder
  /// Tokens computed together.
  package let tokenBudget: Int
  private let workspace: Workspace

  /// Tokens that are computed together where nobody says how many: what fills the kernels of a device.
  package static func tokenBudget(on device: any Device) -> Int {
    device.availableBytes == nil ? 2048 : 16384
  }

  /// - Parameters:
  ///   - longest: tokens of the largest example that will come.
  ///   - tokenBudget: tokens computed together; nil is ``tokenBudget(on:)``. Fewer where the device has no memory
  ///     for so many: the results do not depend on it.
  ///   - rank: the adapter's rank, 0 for none.
  /// - Throws: ``EngineError`` when the memory cannot be had.
  package init(
    _ decoder: Decoder, longest: Int, tokenBudget: Int? = nil, rank: Int
  ) throws(EngineError) {
    self.decoder = decoder
    (workspace, self.tokenBudget) = try Workspace.largest(
      tokenBudget: tokenBudget ?? Self.tokenBudget(on: decoder.device),
      shape: { budget in
        let tokens = max(longest, budget)
        return WorkspaceShape(tokens: tokens, targetRows: tokens, rank: rank, purpose: .scoring)
      }, decoder.architecture, dtype: decoder.dtype, on: decoder.device)
  }

  /// The scores of a policy with a score head, branch by branch, in the order of the examples.
  ///
  /// Each example has one row a branch (``TokenizedExample/scoredAtEnds``).
  /// - Throws: ``EngineError``; ``ModelError`` when a score is not finite, naming the pair.
  package func rewards(
    _ examples: [TokenizedExample], policy: Policy, progress: (Int) -> Void = { _ in }
  ) throws -> [[Double]] {
    var results = [[Double]](repeating: [], count: examples.count)
    for packed in Packer.pack(examples, tokenBudget: tokenBudget) {
      let pass = try decoder.forwardScores(
        packed.batch, policy: policy, workspace: workspace, keepStash: false)
      for (place, index) in packed.examples.enumerated() {
        results[index] = packed.places[place].map { pass.scores[$0[0]] }
        guard results[index].allSatisfy(\.isFinite) else {
          throw ModelError(.nonFinite(id: examples[index].id))
        }
      }
      progress(packed.examples.count)
    }
    return results
  }

  /// Scores examples; the results are in their order.
  /// - Parameter progress: called with the number of examples done.
  /// - Throws: ``EngineError``; ``ModelError`` when a log-probability is not finite, naming the pair.
  package func score(
    _ examples: [TokenizedExample], policy: Policy, progress: (Int) -> Void = { _ in }
  ) throws -> [[BranchScore]] {
    var results = [[BranchScore]](repeating: [], count: examples.count)
    try passes(examples, policy: policy, progress: progress) { start, packed, pass in
      for (index, scores) in zip(packed.examples, packed.scores(pass.statistics)) {
        guard scores.allSatisfy(\.sum.isFinite) else {
          throw ModelError(.nonFinite(id: examples[start + index].id))
        }
        results[start + index] = scores
      }
    }
    return results
  }

  /// Scores examples, and says of each how alike the model holds its first two branches to be.
  ///
  /// The same pass gives both.
  /// - Throws: as ``score(_:policy:progress:)``.
  package func scoreWithSimilarity(
    _ examples: [TokenizedExample], policy: Policy, progress: (Int) -> Void = { _ in }
  ) throws -> [(scores: [BranchScore], similarity: HiddenSimilarity)] {
    var results = [(scores: [BranchScore], similarity: HiddenSimilarity)?](
      repeating: nil, count: examples.count)
    try passes(examples, policy: policy, progress: progress) { start, packed, pass in
      let hidden = decoder.hiddenStates(of: pass, in: workspace)
      let scores = packed.scores(pass.statistics)
      let rows = packed.rowsOfTargets
      for (position, index) in packed.examples.enumerated() {
        guard scores[position].allSatisfy(\.sum.isFinite) else {
          throw ModelError(.nonFinite(id: examples[start + index].id))
        }
        let places = packed.places[position].map { $0.map { rows[$0] } }
        results[start + index] = (
          scores[position],
          HiddenSimilarity(
            hidden, width: decoder.architecture.hiddenSize, chosen: places[0], rejected: places[1])
        )
      }
    }
    return results.compactMap { $0 }
  }

  /// Runs examples batch by batch; `body` gets the index of the first example that was packed, the batch, and its pass.
  private func passes(
    _ examples: [TokenizedExample], policy: Policy, progress: (Int) -> Void,
    _ body: (Int, PackedBatch, ForwardPass) throws -> Void
  ) throws {
    var done = 0
    // A window at a time keeps the packing's memory flat for any number of examples.
    let window = 1024
    for start in stride(from: 0, to: examples.count, by: window) {
      let part = Array(examples[start..<min(examples.count, start + window)])
      for packed in Packer.pack(part, tokenBudget: tokenBudget) {
        let pass = try decoder.forward(
          packed.batch, policy: policy, workspace: workspace, keepStash: false)
        try body(start, packed, pass)
        done += packed.examples.count
        progress(done)
      }
    }
  }
}
