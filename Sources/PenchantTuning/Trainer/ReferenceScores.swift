import PenchantEngine
import PenchantModel

/// The reference's log-probabilities of one data set's pairs, computed when first wanted.
///
/// Kept where they will be wanted again: on disk with a cache, else in memory (later epochs, the next measurement). A
/// fixed reference gives the same bits whatever batch it is asked in, so that a kept figure and a new one are the same.
final class ReferenceScores {
  private let policy: Policy
  private let keeps: Bool
  private let cache: ReferenceCache?
  /// By the pair's place in its data set: branch, token.
  private var kept: [Int: [[Float]]] = [:]

  /// - Parameter keeps: whether to keep in memory what no cache has.
  init(_ policy: Policy, keeps: Bool, cache: ReferenceCache? = nil) {
    self.policy = policy
    self.keeps = keeps
    self.cache = cache
  }

  /// The figures of a packed batch's examples, in its order.
  /// - Parameters:
  ///   - examples: what the batch was packed from.
  ///   - bill: what a pass cost, where one was needed.
  func scores(
    _ packed: PackedBatch, of examples: [TokenizedExample], _ decoder: Decoder,
    _ workspace: Workspace, bill: inout OperationBill
  ) throws(EngineError) -> [[[Float]]] {
    let known = packed.examples.compactMap { stored(examples[$0]) }
    if known.count == packed.examples.count { return known }
    let pass = try decoder.forward(
      packed.batch, policy: policy, workspace: workspace, keepStash: false)
    bill.addForward(
      tokens: Double(packed.batch.tokenCount), rows: Double(packed.batch.targetRows.count),
      keepsStash: false)
    let scores = packed.scores(pass.statistics).map { $0.map(\.tokenLogProbabilities) }
    for (place, score) in zip(packed.examples, scores) { keep(score, of: examples[place]) }
    return scores
  }

  /// Computes what the cache does not have of these examples, a window at a time.
  /// - Parameters:
  ///   - places: of the examples in `data`.
  ///   - progress: called with the number of examples that are done.
  /// - Throws: what reading rows throws; `EngineError` for what the model cannot compute.
  func fill(
    _ places: [Int], of data: ExampleList, _ decoder: Decoder, _ workspace: Workspace,
    microTokens: Int, progress: (Int) -> Void
  ) throws {
    let window = 64
    var bill = OperationBill(decoder.architecture, isFull: false)
    for start in stride(from: 0, to: places.count, by: window) {
      let end = min(places.count, start + window)
      let missing = try places[start..<end].map { try data[$0] }.filter { !isCached($0) }
      // The workspace may be planned for less than the budget: for what one step can hold.
      let budget = min(microTokens, workspace.shape.tokens)
      for packed in Packer.pack(missing, tokenBudget: budget) {
        _ = try scores(packed, of: missing, decoder, workspace, bill: &bill)
      }
      progress(end)
    }
  }

  /// Whether the cache has all of an example's answers.
  func isCached(_ example: TokenizedExample) -> Bool {
    guard let cache else { return false }
    return example.branches.indices.allSatisfy {
      example.branches[$0].isAbsent || cache.contains(.init(example, branch: $0))
    }
  }

  private func stored(_ example: TokenizedExample) -> [[Float]]? {
    if let scores = kept[example.index] { return scores }
    guard let cache, isCached(example) else { return nil }
    var scores: [[Float]] = []
    for branch in example.branches.indices {
      if example.branches[branch].isAbsent {
        scores.append([])
        continue
      }
      guard let values = cache.values(.init(example, branch: branch)),
        values.count == example.branches[branch].scored.count
      else { return nil }
      scores.append(values)
    }
    return scores
  }

  private func keep(_ scores: [[Float]], of example: TokenizedExample) {
    for (branch, values) in scores.enumerated() {
      cache?.add(.init(example, branch: branch), values)
    }
    // A cache that cannot be written to, or figures it does not take, must not cost a pass every epoch.
    if keeps, !isCached(example) { kept[example.index] = scores }
  }
}
