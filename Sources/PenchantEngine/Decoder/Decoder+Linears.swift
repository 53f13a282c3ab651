import PenchantFormats

/// The linear layers that read the same input, with their low-rank terms, forward and backward.
extension Decoder {
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

  /// The twin of ``linears(_:_:_:input:_:into:accumulate:fewRows:)``.
  ///
  ///     dX = Σ dYᵢ·Wᵢ + (s·dYᵢ·Bᵢ)·Aᵢ    dAᵢ += (s·dYᵢ·Bᵢ)ᵀ·X    dBᵢ += dYᵢᵀ·(s·X·Aᵢᵀ)
  ///
  /// and with full tuning dWᵢ += dYᵢᵀ·X, dbiasᵢ += Σ dYᵢ. Everything is contracted to the rank first.
  /// - Parameter dInput: dX; nil where nobody wants it.
  func linearsBackward(
    _ group: LinearGroup, _ layer: Int, _ policy: Policy, dOuts: [Tensor], input: Tensor,
    _ stash: LayerStash<Tensor>, _ space: BackwardSpace<Tensor>, into dInput: Tensor?,
    accumulate: Bool = false
  ) {
    inputGradient(
      group, layer, policy, dOuts: dOuts, stash, space, into: dInput, accumulate: accumulate)
    weightGradients(group, layer, policy, dOuts: dOuts, input: input, stash, space)
  }

  /// The first half of it: dX, and s·dYᵢ·Bᵢ in scratch.
  func inputGradient(
    _ group: LinearGroup, _ layer: Int, _ policy: Policy, dOuts: [Tensor],
    _ stash: LayerStash<Tensor>, _ space: BackwardSpace<Tensor>, into dInput: Tensor?,
    accumulate: Bool = false
  ) {
    let weights = policy.weights.layers[layer]
    let members = architecture.members(of: group)
    var terms = zip(members, dOuts).map { kind, dOut in
      ProductTerm(
        dOut, weights[kind], scales: weights.scales(kind),
        architecture.storesTransposed ? .transposed : .plain)
    }
    if let (factors, _, scale) = lowRank(of: group, layer, policy, stash) {
      let dLowRank = space.dLowRank.columns(0..<factors.a.rows)
      for (index, member) in factors.members.enumerated() {
        guard let position = members.firstIndex(of: member.kind) else { continue }
        device.product(
          [ProductTerm(dOuts[position], member.b, .plain)],
          into: dLowRank.part(index, of: factors), scale: scale, bias: nil, accumulate: false,
          fewRows: false)
      }
      terms.append(ProductTerm(dLowRank, factors.a, .plain))
    }
    guard let dInput else { return }
    device.product(
      terms, into: dInput, scale: 1, bias: nil, accumulate: accumulate, fewRows: false)
  }

  /// The second half: the gradients of factors and weights, from what the first left in scratch.
  func weightGradients(
    _ group: LinearGroup, _ layer: Int, _ policy: Policy, dOuts: [Tensor], input: Tensor,
    _ stash: LayerStash<Tensor>, _ space: BackwardSpace<Tensor>
  ) {
    let members = architecture.members(of: group)
    if let (factors, xa, _) = lowRank(of: group, layer, policy, stash) {
      for (index, member) in factors.members.enumerated() {
        guard let position = members.firstIndex(of: member.kind),
          let gradient = member.bGradient
        else { continue }
        device.productOverRows(dOuts[position], xa.part(index, of: factors), into: gradient)
      }
      if let gradient = factors.aGradient {
        device.productOverRows(space.dLowRank.columns(0..<factors.a.rows), input, into: gradient)
      }
    }
    guard let gradients = policy.gradients?.layers[layer] else { return }
    for (kind, dOut) in zip(members, dOuts) {
      if architecture.storesTransposed {
        device.productOverRows(input, dOut, into: gradients[kind])
      } else {
        device.productOverRows(dOut, input, into: gradients[kind])
      }
      if let bias = gradients.bias(kind), let ones = space.ones {
        device.productOverRows(ones, dOut, into: bias)
      }
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
