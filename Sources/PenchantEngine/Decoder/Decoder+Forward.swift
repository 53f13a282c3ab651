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
      attentionForward(layer, policy, stash, space, angles, groups: batch.groups)
      if let (cache, row) = cache { cache.store(stash.k, stash.v, layer: layer, row: row) }
      feedForward(layer, policy, stash, space)
    }
    let statistics = head(batch, policy, workspace, space, keepStash: keepStash)
    try device.synchronize()
    return ForwardPass(batch: batch, policy: policy, statistics: statistics)
  }

  /// Adds W_o · attention(rotary(W_q h), rotary(W_k h), W_v h) to the residual, h being its norm.
  private func attentionForward(
    _ layer: Int, _ policy: Policy, _ stash: Workspace.LayerStash, _ space: Workspace.Forward,
    _ angles: Tensor, groups: [[Segment]]
  ) {
    let weights = policy.weights.layers[layer]
    device.convert(space.residual, into: stash.attentionInput)
    device.rmsNorm(
      stash.attentionInput, gain: weights.attentionNorm, epsilon: architecture.normEpsilon,
      into: space.normed)
    linears(
      .attentionInput, layer, policy, input: space.normed, lowRank: space.lowRank,
      into: [stash.q, stash.k, stash.v])
    for x in [stash.q, stash.k] {
      device.rotary(
        x, angles: angles, positions: space.positions,
        headDimension: architecture.headDimension, into: x)
    }
    device.attention(
      q: stash.q, k: stash.k, v: stash.v, groups: groups, shape: architecture.attention,
      into: stash.attentionOut, logSumExp: stash.logSumExp)
    linears(
      .attentionOutput, layer, policy, input: stash.attentionOut, lowRank: space.lowRank,
      into: [space.residual], accumulate: true)
  }

  /// Adds W_down · (silu(W_gate h) ∘ W_up h) to the residual, h being its norm.
  private func feedForward(
    _ layer: Int, _ policy: Policy, _ stash: Workspace.LayerStash, _ space: Workspace.Forward
  ) {
    let weights = policy.weights.layers[layer]
    device.convert(space.residual, into: stash.feedForwardInput)
    device.rmsNorm(
      stash.feedForwardInput, gain: weights.feedForwardNorm, epsilon: architecture.normEpsilon,
      into: space.normed)
    linears(
      .feedForwardInput, layer, policy, input: space.normed, lowRank: space.lowRank,
      into: [stash.gate, stash.up])
    device.siluMultiply(gate: stash.gate, up: stash.up, into: space.activation)
    linears(
      .feedForwardOutput, layer, policy, input: space.activation, lowRank: space.lowRank,
      into: [space.residual], accumulate: true)
  }

  /// The final norm and the head, for the rows that have targets.
  private func head(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace, _ space: Workspace.Forward,
    keepStash: Bool
  ) -> HeadStatistics {
    let stash = workspace.head.rows(batch.targetRows.count)
    let rows = space.rows.rows(0..<batch.targetRows.count)
    device.gather(space.residual, rows: batch.targetRows, into: rows)
    device.convert(rows, into: stash.input)
    device.rmsNorm(
      stash.input, gain: policy.weights.finalNorm, epsilon: architecture.normEpsilon,
      into: stash.hidden)
    return device.head(
      hidden: stash.hidden, weight: policy.weights.head, targetOffsets: batch.targetOffsets,
      targets: batch.targets, logSumExp: stash.logSumExp,
      meanWeight: keepStash ? stash.meanWeight : nil)
  }

  /// The linear layers of a group, each with its low-rank term: X·Wᵀ + (s·X·Aᵀ)·Bᵀ + bias.
  func linears(
    _ group: LinearGroup, _ layer: Int, _ policy: Policy, input: Tensor, lowRank: Tensor,
    into outputs: [Tensor], accumulate: Bool = false, fewRows: Bool = false
  ) {
    let weights = policy.weights.layers[layer]
    let adapted = lowRankInput(group, layer, policy, input, into: lowRank, fewRows: fewRows)
    for (kind, out) in zip(group.members, outputs) {
      var terms = [ProductTerm(input, weights[kind], .transposed)]
      if let adapted, let index = adapted.group.members.firstIndex(where: { $0.kind == kind }) {
        terms.append(
          ProductTerm(
            adapted.xa.part(index, of: adapted.group), adapted.group.members[index].b,
            .transposed))
      }
      device.product(
        terms, into: out, scale: 1, bias: weights.bias(kind), accumulate: accumulate,
        fewRows: fewRows)
    }
  }

  /// s·X·Aᵀ for all members of a group at once, X read once.
  func lowRankInput(
    _ group: LinearGroup, _ layer: Int, _ policy: Policy, _ input: Tensor, into space: Tensor,
    fewRows: Bool = false
  ) -> (group: Adapter.Group, xa: Tensor)? {
    guard let adapter = policy.adapter, let factors = adapter.group(group, layer: layer) else {
      return nil
    }
    let xa = space.columns(0..<factors.a.rows)
    device.product(
      [ProductTerm(input, factors.a, .transposed)], into: xa,
      scale: Float(adapter.configuration.scale), bias: nil, accumulate: false, fewRows: fewRows)
    return (factors, xa)
  }
}

extension Tensor {
  /// The columns that belong to one member of a group, of a tensor with rank columns a member.
  func part(_ index: Int, of group: Adapter.Group) -> Tensor {
    let rank = group.a.rows / group.members.count
    return columns(index * rank..<(index + 1) * rank)
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
