/// The two halves of a block, shared by whole sequences and by decoding.
///
/// `fewRows` chooses the products' algorithm for decoding; what attends to what is the caller's.
extension Decoder {
  /// Adds W_o · attention(rotary(W_q h), rotary(W_k h), W_v h) to the residual, h being its norm.
  /// - Parameter attend: fills the stash's `attentionOut` from its `q`, `k` and `v`.
  func attentionBlock(
    _ layer: Int, _ policy: Policy, _ stash: Workspace.LayerStash, _ space: Workspace.Forward,
    _ angles: Tensor, fewRows: Bool = false, attend: () -> Void
  ) {
    device.convert(space.residual, into: stash.attentionInput)
    device.rmsNorm(
      stash.attentionInput, gain: policy.weights.layers[layer].attentionNorm,
      epsilon: architecture.normEpsilon, into: space.normed)
    linears(
      .attentionInput, layer, policy, input: space.normed, lowRank: space.lowRank,
      into: [stash.q, stash.k, stash.v], fewRows: fewRows)
    for x in [stash.q, stash.k] {
      device.rotary(
        x, angles: angles, positions: space.positions,
        headDimension: architecture.headDimension, into: x)
    }
    attend()
    linears(
      .attentionOutput, layer, policy, input: stash.attentionOut, lowRank: space.lowRank,
      into: [space.residual], accumulate: true, fewRows: fewRows)
  }

  /// Adds W_down · (silu(W_gate h) ∘ W_up h) to the residual, h being its norm.
  func feedForwardBlock(
    _ layer: Int, _ policy: Policy, _ stash: Workspace.LayerStash, _ space: Workspace.Forward,
    fewRows: Bool = false
  ) {
    device.convert(space.residual, into: stash.feedForwardInput)
    device.rmsNorm(
      stash.feedForwardInput, gain: policy.weights.layers[layer].feedForwardNorm,
      epsilon: architecture.normEpsilon, into: space.normed)
    linears(
      .feedForwardInput, layer, policy, input: space.normed, lowRank: space.lowRank,
      into: [stash.gate, stash.up], fewRows: fewRows)
    device.siluMultiply(gate: stash.gate, up: stash.up, into: space.activation)
    linears(
      .feedForwardOutput, layer, policy, input: space.activation, lowRank: space.lowRank,
      into: [space.residual], accumulate: true, fewRows: fewRows)
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
