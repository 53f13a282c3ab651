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

  /// Embedding and blocks: leaves the residual stream of the rows that have targets in the workspace.
  ///
  /// Behind the last block's attention nobody looks at other rows, so they go no further.
  func blocks(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace, keepStash: Bool,
    cache: (KeyValueCache, row: Int)? = nil
  ) throws(EngineError) -> ForwardSpace<Tensor> {
    let tokens = batch.tokenCount
    precondition(
      tokens <= workspace.shape.tokens && batch.targetRows.count <= workspace.shape.targetRows
        && (!keepStash || workspace.shape.isTraining),
      "Decoder.forward: \(tokens) tokens, \(batch.targetRows.count) rows in \(workspace.shape)")
    try check(batch.ids, batch.positions)
    let rotary = try rotaryRuns(batch)
    let space = workspace.forward.rows(tokens)
    device.write(batch.ids, to: space.ids)
    device.write(batch.positions, to: space.positions)
    embed(policy, space)
    for layer in 0..<architecture.layerCount {
      try poll()
      let stash = workspace.layers[keepStash ? layer : 0].rows(tokens)
      attention(layer, policy, stash, space, rotary) { q, k in
        device.attention(
          q: q, k: k, v: stash.v, groups: batch.groups,
          shape: architecture.attention(layer: layer), into: stash.attentionOut,
          logSumExp: stash.logSumExp)
        if let (cache, row) = cache { cache.store(k, stash.v, layer: layer, row: row) }
      }
      guard layer == architecture.layerCount - 1 else {
        afterAttention(layer, policy, stash, space)
        continue
      }
      guard !batch.targetRows.isEmpty else { break }
      let (end, endSpace) = wanted(batch, workspace, stash, space)
      device.gather(space.residual, rows: batch.targetRows, into: endSpace.residual)
      device.gather(stash.attentionOut, rows: batch.targetRows, into: end.attentionOut)
      afterAttention(layer, policy, end, endSpace)
    }
    return space
  }

  /// The last block's stash and scratch, for the rows that have targets alone.
  func wanted(
    _ batch: Batch, _ workspace: Workspace, _ stash: LayerStash<Tensor>,
    _ space: ForwardSpace<Tensor>
  ) -> (LayerStash<Tensor>, ForwardSpace<Tensor>) {
    let count = batch.targetRows.count
    var (end, endSpace) = (stash.rows(count), space.rows(count))
    end.attentionOut = workspace.head.rows(count).attentionOut
    endSpace.residual = space.rows.rows(0..<count)
    return (end, endSpace)
  }

  /// The residual stream's beginning: scaled embeddings, and learned positions where the decoder has them.
  func embed(_ policy: Policy, _ space: ForwardSpace<Tensor>) {
    device.embed(
      space.ids, table: policy.weights.embedding, scale: embeddingScale, accumulate: false,
      into: space.residual)
    if let table = policy.weights.positions {
      device.embed(
        space.positions, table: table, scale: 1, accumulate: true, into: space.residual)
    }
  }

  /// The final norm and the head, for the rows that have targets.
  private func head(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace, _ space: ForwardSpace<Tensor>,
    keepStash: Bool
  ) -> HeadStatistics {
    let stash = finalNorm(batch, policy, workspace, space)
    return device.head(
      hidden: stash.hidden, weight: policy.weights.head, shape: architecture.head,
      targetOffsets: batch.targetOffsets, targets: batch.targets, logSumExp: stash.logSumExp,
      meanWeight: keepStash ? stash.meanWeight : nil)
  }
}

extension Decoder {
  /// h of each target row after the final norm, what the head multiplied: (rows, d), row by row.
  /// - Precondition: the pass was the last in the workspace.
  package func hiddenStates(of pass: ForwardPass, in workspace: Workspace) -> [Float] {
    device.read(workspace.head.rows(pass.batch.targetRows.count).hidden)
  }

  /// The final norm of the rows that have targets.
  func finalNorm(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace, _ space: ForwardSpace<Tensor>
  ) -> HeadStash<Tensor> {
    let stash = workspace.head.rows(batch.targetRows.count)
    let rows = space.rows.rows(0..<batch.targetRows.count)
    device.norm(
      rows, rounded: stash.input, policy.weights.finalNorm, shape: architecture.norm,
      into: stash.hidden)
    return stash
  }
}
