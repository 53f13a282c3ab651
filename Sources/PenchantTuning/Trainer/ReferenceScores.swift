import PenchantEngine
import PenchantModel

/// The reference's log-probabilities of one data set's pairs, computed when first wanted.
///
/// Kept in memory where they will be wanted again (later epochs, the next measurement): a fixed reference gives
/// the same bits whatever batch it is asked in, so that a kept figure and a new one are the same.
final class ReferenceScores {
  private let policy: Policy
  private let keeps: Bool
  /// By the pair's place in its data set: branch, token.
  private var kept: [Int: [[Float]]] = [:]

  init(_ policy: Policy, keeps: Bool) {
    self.policy = policy
    self.keeps = keeps
  }

  /// The figures of a packed batch's examples, in its order.
  /// - Parameters:
  ///   - examples: what the batch was packed from.
  ///   - bill: what a pass cost, where one was needed.
  func scores(
    _ packed: PackedBatch, of examples: [TokenizedExample], _ decoder: Decoder,
    _ workspace: Workspace, bill: inout OperationBill
  ) throws(EngineError) -> [[[Float]]] {
    let places = packed.examples.map { examples[$0].index }
    let known = places.compactMap { kept[$0] }
    if known.count == places.count { return known }
    let pass = try decoder.forward(
      packed.batch, policy: policy, workspace: workspace, keepStash: false)
    bill.addForward(
      tokens: Double(packed.batch.tokenCount), rows: Double(packed.batch.targetRows.count),
      keepsStash: false)
    let scores = packed.scores(pass.statistics).map { $0.map(\.tokenLogProbabilities) }
    if keeps {
      for (place, score) in zip(places, scores) { kept[place] = score }
    }
    return scores
  }
}
