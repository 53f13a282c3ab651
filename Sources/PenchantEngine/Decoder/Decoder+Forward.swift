/// A pass that was run, for its backward twin.
package struct ForwardPass {
  package let batch: Batch
  package let policy: Policy
  /// log p of each of the batch's targets, and the rows' statistics.
  package let statistics: HeadStatistics
}

extension Decoder {
  /// Runs a batch and returns the log-probability of each of its targets.
  /// - Parameters:
  ///   - workspace: large enough for the batch; after a pass that keeps its stash, it belongs to that pass
  ///     until ``backward(_:coefficients:workspace:)``.
  ///   - keepStash: true when backward follows.
  ///   - cache: receives keys and values of every block, row for row from `cacheRow`.
  /// - Throws: ``EngineError`` for tokens or positions the model does not have, or when interrupted.
  package func forward(
    _ batch: Batch, policy: Policy, workspace: Workspace, keepStash: Bool,
    cache: (KeyValueCache, row: Int)? = nil
  ) throws(EngineError) -> ForwardPass {
    let space = try blocks(batch, policy, workspace, keepStash: keepStash, cache: cache)
    let statistics = head(batch, policy, workspace, space, keepStash: keepStash)
    try device.synchronize()
    return ForwardPass(batch: batch, policy: policy, statistics: statistics)
  }

  /// Embedding and blocks: leaves the residual stream in the workspace.
  func blocks(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace, keepStash: Bool,
    cache: (KeyValueCache, row: Int)? = nil
  ) throws(EngineError) -> Workspace.Forward {
    let tokens = batch.tokenCount
    precondition(
      tokens <= workspace.shape.tokens && batch.targetRows.count <= workspace.shape.targetRows
        && (!keepStash || workspace.shape.isTraining),
      "Decoder.forward: \(tokens) tokens, \(batch.targetRows.count) rows in \(workspace.shape)")
    try check(batch.ids, batch.positions)
    let angles = try angles(forPositions: Int(batch.positions.max() ?? 0) + 1)
    let space = workspace.forward.rows(tokens)
    device.write(batch.ids, to: space.ids)
    device.write(batch.positions, to: space.positions)
    device.embed(space.ids, table: policy.weights.embedding, into: space.residual)
    for layer in 0..<architecture.layerCount {
      try poll()
      let stash = workspace.layers[keepStash ? layer : 0].rows(tokens)
      attentionBlock(layer, policy, stash, space, angles) {
        device.attention(
          q: stash.q, k: stash.k, v: stash.v, groups: batch.groups, shape: architecture.attention,
          into: stash.attentionOut, logSumExp: stash.logSumExp)
      }
      if let (cache, row) = cache { cache.store(stash.k, stash.v, layer: layer, row: row) }
      feedForwardBlock(layer, policy, stash, space)
    }
    return space
  }

  /// The final norm and the head, for the rows that have targets.
  private func head(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace, _ space: Workspace.Forward,
    keepStash: Bool
  ) -> HeadStatistics {
    let stash = finalNorm(batch, policy, workspace, space)
    return device.head(
      hidden: stash.hidden, weight: policy.weights.head, targetOffsets: batch.targetOffsets,
      targets: batch.targets, logSumExp: stash.logSumExp,
      meanWeight: keepStash ? stash.meanWeight : nil)
  }
}

extension Decoder {
  /// The final norm of the rows that have targets.
  func finalNorm(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace, _ space: Workspace.Forward
  ) -> Workspace.HeadStash {
    let stash = workspace.head.rows(batch.targetRows.count)
    let rows = space.rows.rows(0..<batch.targetRows.count)
    device.gather(space.residual, rows: batch.targetRows, into: rows)
    device.convert(rows, into: stash.input)
    device.rmsNorm(
      stash.input, gain: policy.weights.finalNorm, epsilon: architecture.normEpsilon,
      into: stash.hidden)
    return stash
  }
}

extension Workspace.LayerStash {
  func rows(_ count: Int) -> Self {
    let range = 0..<count
    return Self(
      attentionInput: attentionInput.rows(range), q: q.rows(range), k: k.rows(range),
      v: v.rows(range), attentionOut: attentionOut.rows(range), logSumExp: logSumExp.rows(range),
      feedForwardInput: feedForwardInput.rows(range), gate: gate.rows(range), up: up.rows(range))
  }
}

extension Workspace.HeadStash {
  func rows(_ count: Int) -> Self {
    let range = 0..<count
    return Self(
      input: input.rows(range), hidden: hidden.rows(range), logSumExp: logSumExp.columns(range),
      meanWeight: meanWeight?.rows(range))
  }
}

extension Workspace.Forward {
  func rows(_ count: Int) -> Self {
    let range = 0..<count
    return Self(
      ids: ids.columns(range), positions: positions.columns(range), residual: residual.rows(range),
      normed: normed.rows(range), activation: activation.rows(range),
      lowRank: lowRank.rows(range), rows: rows)
  }
}
