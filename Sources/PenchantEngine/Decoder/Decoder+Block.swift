import PenchantFormats

/// The two halves of a block, shared by whole sequences and by decoding.
///
/// `fewRows` chooses the products' algorithm for decoding; what attends to what is the caller's.
extension Decoder {
  /// attention(turn(W_q h), turn(W_k h), W_v h), h being what the half reads.
  /// - Parameter attend: fills the stash's `attentionOut` from the queries and keys it is given, and `v`.
  func attention(
    _ layer: Int, _ policy: Policy, _ stash: LayerStash<Tensor>, _ space: ForwardSpace<Tensor>,
    _ rotary: [RotaryRun], fewRows: Bool = false, attend: (_ q: Tensor, _ k: Tensor) -> Void
  ) {
    let input = input(.attentionInput, layer, policy, kept: stash.attentionInput, space)
    linears(
      .attentionInput, layer, policy, input: input, stash, into: stash.projections,
      fewRows: fewRows)
    let (q, k) = turned(layer, policy, stash, space, rotary)
    attend(q, k)
  }

  /// Adds N(W_o · attention) to the residual, and then N(W_down · (act(W_gate h) ∘ W_up h)), h being what that
  /// half reads: what each row goes through by itself.
  func afterAttention(
    _ layer: Int, _ policy: Policy, _ stash: LayerStash<Tensor>, _ space: ForwardSpace<Tensor>,
    fewRows: Bool = false
  ) {
    addBranch(
      .attentionOutput, .attentionOutput, layer, policy, input: stash.attentionOut, stash,
      kept: stash.attentionBranch, space, fewRows: fewRows)
    let input = input(.feedForwardInput, layer, policy, kept: stash.feedForwardInput, space)
    linears(
      .feedForwardInput, layer, policy, input: input, stash, into: stash.expansions,
      fewRows: fewRows)
    device.activate(
      architecture.activation, gate: stash.gate, up: stash.up, into: space.activation)
    addBranch(
      .feedForwardOutput, .feedForwardOutput, layer, policy, input: space.activation, stash,
      kept: stash.feedForwardBranch, space, fewRows: fewRows)
  }

  /// What a half block reads of the residual stream, which is rounded into `kept` first.
  private func input(
    _ place: NormPlace, _ layer: Int, _ policy: Policy, kept: Tensor, _ space: ForwardSpace<Tensor>
  ) -> Tensor {
    guard let norm = policy.weights.layers[layer].norms[place] else {
      device.convert(space.residual, into: kept)
      return kept
    }
    device.norm(
      space.residual, rounded: kept, norm, shape: architecture.norm, into: space.normed)
    return space.normed
  }

  /// The same from what was kept.
  func normed(
    _ place: NormPlace, _ layer: Int, _ policy: Policy, _ input: Tensor,
    _ space: ForwardSpace<Tensor>
  ) -> Tensor {
    guard let norm = policy.weights.layers[layer].norms[place] else { return input }
    device.norm(input, norm, shape: architecture.norm, into: space.normed)
    return space.normed
  }

  /// Queries and keys as attention takes them: normalised into scratch where the decoder does that, and turned.
  func turned(
    _ layer: Int, _ policy: Policy, _ stash: LayerStash<Tensor>, _ space: ForwardSpace<Tensor>,
    _ rotary: [RotaryRun]
  ) -> (q: Tensor, k: Tensor) {
    var (q, k) = (stash.q, stash.k)
    let norms = policy.weights.layers[layer].norms
    if let queryNorm = norms[.query], let keyNorm = norms[.key], let toQ = space.q,
      let toK = space.k
    {
      for (x, norm, out) in [(q, queryNorm, toQ), (k, keyNorm, toK)] {
        let width = norm.gain.count
        device.norm(
          x.split(width: width), norm, shape: architecture.norm, into: out.split(width: width))
      }
      (q, k) = (toQ, toK)
    }
    guard let set = architecture.layers[layer].rotary else { return (q, k) }
    for run in rotary {
      for x in [q.rows(run.rows), k.rows(run.rows)] {
        device.rotary(
          x, angles: run.tables[set], positions: space.positions.columns(run.rows),
          headDimension: architecture.headDimension, into: x)
      }
    }
    return (q, k)
  }

  /// Adds a half block's result to the residual: scaled, and normalised first where the decoder does that.
  private func addBranch(
    _ group: LinearGroup, _ place: NormPlace, _ layer: Int, _ policy: Policy, input: Tensor,
    _ stash: LayerStash<Tensor>, kept: Tensor?, _ space: ForwardSpace<Tensor>, fewRows: Bool
  ) {
    let norm = policy.weights.layers[layer].norms[place]
    if norm == nil, architecture.residualScale == 1 {
      linears(
        group, layer, policy, input: input, stash, into: [space.residual], accumulate: true,
        fewRows: fewRows)
      return
    }
    let branch = kept ?? space.normed
    linears(group, layer, policy, input: input, stash, into: [branch], fewRows: fewRows)
    if let norm { device.norm(branch, norm, shape: architecture.norm, into: space.normed) }
    device.add(space.normed, scale: architecture.residualScale, to: space.residual)
  }

  /// The linear layers of a group, each with its low-rank term: X·Wᵀ + (s·X·Aᵀ)·Bᵀ + bias.
  func linears(
    _ group: LinearGroup, _ layer: Int, _ policy: Policy, input: Tensor,
    _ stash: LayerStash<Tensor>, into outputs: [Tensor], accumulate: Bool = false,
    fewRows: Bool = false
  ) {
    let weights = policy.weights.layers[layer]
    let adapted = lowRank(of: group, layer, policy, stash)
    if let adapted {
      device.product(
        [ProductTerm(input, adapted.group.a, .transposed)], into: adapted.xa,
        scale: adapted.scale, bias: nil, accumulate: false, fewRows: fewRows)
    }
    for (kind, out) in zip(architecture.members(of: group), outputs) {
      var terms = [
        ProductTerm(
          input, weights[kind], scales: weights.scales(kind),
          architecture.storesTransposed ? .plain : .transposed)
      ]
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

  /// The factors of a group that has an adapter, and where s·X·Aᵀ lies for all its members, X read once.
  func lowRank(
    of group: LinearGroup, _ layer: Int, _ policy: Policy, _ stash: LayerStash<Tensor>
  ) -> (group: Adapter.Group, xa: Tensor, scale: Float)? {
    guard let adapter = policy.adapter, let factors = adapter.group(group, layer: layer),
      let space = stash.lowRank[group]
    else { return nil }
    return (
      factors, space.columns(0..<factors.a.rows), Float(adapter.configuration.scale)
    )
  }
}

extension Tensor {
  /// The columns that belong to one member of a group, of a tensor with rank columns a member.
  func part(_ index: Int, of group: Adapter.Group) -> Tensor {
    let rank = group.a.rows / group.members.count
    return columns(index * rank..<(index + 1) * rank)
  }
}
