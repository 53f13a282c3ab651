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
}
