package import PenchantCore
package import PenchantEngine

/// What log-probabilities depend on besides the tokens: weights, adapter, number formats, kernels.
package enum ReferenceIdentity {
  /// Tokens of the probe: enough to reach every kernel, few enough to cost nothing.
  private static let probeTokens = 48

  /// The digest under which a policy's values are kept.
  ///
  /// Files are named by their contents. A probe is computed and its bits are part of the digest: another binary,
  /// instruction set or kernel that computes one bit differently gets a cache of its own.
  /// - Parameter files: digests of the weight files and of the adapter's, if it has one.
  package static func digest(
    _ policy: Policy, files: [String], decoder: Decoder
  ) throws(EngineError) -> Digest {
    var hasher = Digest.Hasher()
    hasher.update("\(decoder.dtype.rawValue) \(decoder.device.family) \(files.count)\n")
    for file in files { hasher.update(file + "\n") }
    if let shape = policy.adapter?.configuration {
      hasher.update("adapter \(shape.rank) \(shape.alpha)\n")
    }
    for value in try probe(policy, decoder) {
      hasher.update(String(value.bitPattern, radix: 16) + " ")
    }
    return hasher.finish()
  }

  /// Log-probabilities of a text nobody wrote: ids spread over the vocabulary, a prompt and one answer.
  private static func probe(_ policy: Policy, _ decoder: Decoder) throws(EngineError) -> [Float] {
    let architecture = decoder.architecture
    let count = min(probeTokens, architecture.maxPositions)
    guard count >= 4 else { return [] }
    let ids = (0..<count).map { Int32($0 * 7919 % architecture.vocabularySize) }
    let half = count / 2
    let example = TokenizedExample(
      id: "probe", index: 0, prompt: Array(ids[..<half]),
      branches: [.init(tokens: Array(ids[half...]), scored: Array(half..<count))])
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: count, targetRows: count, rank: policy.adapter?.configuration.rank ?? 0,
        purpose: .scoring), architecture, dtype: decoder.dtype, on: decoder.device)
    var values: [Float] = []
    for packed in Packer.pack([example], tokenBudget: count) {
      let pass = try decoder.forward(
        packed.batch, policy: policy, workspace: workspace, keepStash: false)
      values += packed.scores(pass.statistics).flatMap { $0.flatMap(\.tokenLogProbabilities) }
    }
    return values
  }
}
