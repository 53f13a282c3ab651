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
  /// Sorts a pass's results by example and branch.
  package func scores(_ statistics: HeadStatistics) -> [[BranchScore]] {
    var rowOfTarget = [Int](repeating: 0, count: batch.targets.count)
    for row in batch.targetRows.indices {
      for target in batch.targetOffsets[row]..<batch.targetOffsets[row + 1] {
        rowOfTarget[target] = row
      }
    }
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
  private let tokenBudget: Int
  private let workspace: Workspace

  /// - Parameters:
  ///   - longest: tokens of the largest example that will come.
  ///   - tokenBudget: tokens computed together.
  ///   - rank: the adapter's rank, 0 for none.
  /// - Throws: ``EngineError`` when the memory cannot be had.
  package init(
    _ decoder: Decoder, longest: Int, tokenBudget: Int, rank: Int
  ) throws(EngineError) {
    self.decoder = decoder
    self.tokenBudget = tokenBudget
    let tokens = max(longest, tokenBudget)
    workspace = try Workspace(
      WorkspaceShape(tokens: tokens, targetRows: tokens, rank: rank, purpose: .scoring),
      decoder.architecture, dtype: decoder.dtype, on: decoder.device)
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
    var done = 0
    // A window at a time keeps the packing's memory flat for any number of examples.
    let window = 1024
    for start in stride(from: 0, to: examples.count, by: window) {
      let part = Array(examples[start..<min(examples.count, start + window)])
      for packed in Packer.pack(part, tokenBudget: tokenBudget) {
        let pass = try decoder.forward(
          packed.batch, policy: policy, workspace: workspace, keepStash: false)
        for (index, scores) in zip(packed.examples, packed.scores(pass.statistics)) {
          guard scores.allSatisfy(\.sum.isFinite) else {
            throw ModelError(.nonFinite(id: part[index].id))
          }
          results[start + index] = scores
        }
        done += packed.examples.count
        progress(done)
      }
    }
    return results
  }
}
