extension Decoder {
  /// Adds the gradient of Σ c · log p to the policy's gradients.
  /// - Parameters:
  ///   - pass: the last pass on this workspace; it kept its stash.
  ///   - coefficients: ∂L/∂log p of each of the batch's targets.
  package func backward(
    _ pass: ForwardPass, coefficients: [Float], workspace: Workspace
  ) throws(EngineError) {
    let (batch, policy) = (pass.batch, pass.policy)
    precondition(
      coefficients.count == batch.targets.count,
      "Decoder.backward: \(coefficients.count) coefficients for \(batch.targets.count) targets")
    guard let all = workspace.backward else {
      preconditionFailure("Decoder.backward: the workspace is for scoring")
    }
    headBackward(batch, policy, workspace, all.rows(batch.tokenCount), coefficients)
    try blocksBackward(batch, policy, workspace)
  }

  /// The twin of ``blocks(_:_:_:keepStash:cache:)``, from the residual stream's gradient in the workspace.
  func blocksBackward(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace
  ) throws(EngineError) {
    guard let all = workspace.backward else {
      preconditionFailure("Decoder.backward: the workspace is for scoring")
    }
    let tokens = batch.tokenCount
    let angles = try angles(forPositions: Int(batch.positions.max() ?? 0) + 1)
    let scratch = workspace.forward.rows(tokens)
    let space = all.rows(tokens)
    for layer in (0..<architecture.layerCount).reversed() {
      try poll()
      let stash = workspace.layers[layer].rows(tokens)
      // Below the first block there is only the embedding, which a LoRA run does not train.
      let toInput = layer > 0 || policy.gradients != nil
      feedForwardBackward(layer, policy, stash, scratch, space)
      attentionBackward(
        layer, policy, stash, scratch, space, angles, groups: batch.groups, toInput: toInput)
    }
    if let gradients = policy.gradients {
      device.embedBackward(scratch.ids, dOut: space.dResidual, into: gradients.embedding)
    }
    try device.synchronize()
  }

  private func headBackward(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace, _ space: Workspace.Backward,
    _ coefficients: [Float]
  ) {
    let count = batch.targetRows.count
    let stash = workspace.head.rows(count)
    guard let meanWeight = stash.meanWeight else {
      preconditionFailure("Decoder.backward: the workspace is for scoring")
    }
    let dHidden = space.dHidden.rows(0..<count)
    device.headBackward(
      coefficients: coefficients, weight: policy.weights.head,
      targetOffsets: batch.targetOffsets, targets: batch.targets, meanWeight: meanWeight,
      into: dHidden)
    if let gradients = policy.gradients {
      device.headWeightBackward(
        coefficients: coefficients, hidden: stash.hidden, weight: policy.weights.head,
        targetOffsets: batch.targetOffsets, targets: batch.targets, logSumExp: stash.logSumExp,
        into: gradients.head)
    }
    finalNormBackward(batch, policy, stash, space)
  }

  /// The twin of ``finalNorm(_:_:_:_:)``, from dHidden.
  func finalNormBackward(
    _ batch: Batch, _ policy: Policy, _ stash: Workspace.HeadStash, _ space: Workspace.Backward
  ) {
    let dHidden = space.dHidden.rows(0..<batch.targetRows.count)
    let dRows = space.dRows.rows(0..<batch.targetRows.count)
    device.zero(dRows)
    device.rmsNormBackward(
      dOut: dHidden, x: stash.input, gain: policy.weights.finalNorm,
      epsilon: architecture.normEpsilon, dX: dRows, dGain: policy.gradients?.finalNorm)
    device.zero(space.dResidual)
    device.scatter(dRows, rows: batch.targetRows, into: space.dResidual)
  }

  private func feedForwardBackward(
    _ layer: Int, _ policy: Policy, _ stash: Workspace.LayerStash, _ scratch: Workspace.Forward,
    _ space: Workspace.Backward
  ) {
    let weights = policy.weights.layers[layer]
    let gradients = policy.gradients?.layers[layer]
    device.convert(space.dResidual, into: space.dOut)
    device.siluMultiply(gate: stash.gate, up: stash.up, into: scratch.activation)
    linearsBackward(
      .feedForwardOutput, layer, policy, dOuts: [space.dOut], input: scratch.activation, scratch,
      space,
      into: space.dActivation)
    device.siluMultiplyBackward(
      dOut: space.dActivation, gate: stash.gate, up: stash.up, dGate: space.dGate, dUp: space.dUp)
    device.rmsNorm(
      stash.feedForwardInput, gain: weights.feedForwardNorm, epsilon: architecture.normEpsilon,
      into: scratch.normed)
    linearsBackward(
      .feedForwardInput, layer, policy, dOuts: [space.dGate, space.dUp], input: scratch.normed,
      scratch, space, into: space.dNormed)
    device.rmsNormBackward(
      dOut: space.dNormed, x: stash.feedForwardInput, gain: weights.feedForwardNorm,
      epsilon: architecture.normEpsilon, dX: space.dResidual, dGain: gradients?.feedForwardNorm)
  }

  private func attentionBackward(
    _ layer: Int, _ policy: Policy, _ stash: Workspace.LayerStash, _ scratch: Workspace.Forward,
    _ space: Workspace.Backward, _ angles: Tensor, groups: [[Segment]], toInput: Bool
  ) {
    let weights = policy.weights.layers[layer]
    let gradients = policy.gradients?.layers[layer]
    device.convert(space.dResidual, into: space.dOut)
    linearsBackward(
      .attentionOutput, layer, policy, dOuts: [space.dOut], input: stash.attentionOut, scratch,
      space,
      into: space.dAttention)
    device.attentionBackward(
      dOut: space.dAttention, q: stash.q, k: stash.k, v: stash.v, out: stash.attentionOut,
      logSumExp: stash.logSumExp, groups: groups, shape: architecture.attention, dQ: space.dQ,
      dK: space.dK, dV: space.dV)
    for (gradient, rounded) in [(space.dQ, space.dQRounded), (space.dK, space.dKRounded)] {
      device.rotaryBackward(
        gradient, angles: angles, positions: scratch.positions,
        headDimension: architecture.headDimension, into: rounded)
    }
    device.convert(space.dV, into: space.dVRounded)
    device.rmsNorm(
      stash.attentionInput, gain: weights.attentionNorm, epsilon: architecture.normEpsilon,
      into: scratch.normed)
    linearsBackward(
      .attentionInput, layer, policy,
      dOuts: [space.dQRounded, space.dKRounded, space.dVRounded], input: scratch.normed, scratch,
      space, into: toInput ? space.dNormed : nil)
    guard toInput else { return }
    device.rmsNormBackward(
      dOut: space.dNormed, x: stash.attentionInput, gain: weights.attentionNorm,
      epsilon: architecture.normEpsilon, dX: space.dResidual, dGain: gradients?.attentionNorm)
  }

  /// The twin of ``linears(_:_:_:input:lowRank:into:accumulate:fewRows:)``.
  ///
  ///     dX = Σ dYᵢ·Wᵢ + (s·dYᵢ·Bᵢ)·Aᵢ    dAᵢ += (s·dYᵢ·Bᵢ)ᵀ·X    dBᵢ += dYᵢᵀ·(s·X·Aᵢᵀ)
  ///
  /// and with full tuning dWᵢ += dYᵢᵀ·X, dbiasᵢ += Σ dYᵢ. Everything is contracted to the rank first.
  private func linearsBackward(
    _ group: LinearGroup, _ layer: Int, _ policy: Policy, dOuts: [Tensor], input: Tensor,
    _ scratch: Workspace.Forward, _ space: Workspace.Backward, into dInput: Tensor?
  ) {
    let weights = policy.weights.layers[layer]
    var terms = zip(group.members, dOuts).map { kind, dOut in
      ProductTerm(dOut, weights[kind], .plain)
    }
    if let (factors, xa) = lowRankInput(group, layer, policy, input, into: scratch.lowRank) {
      let scale = Float(policy.adapter?.configuration.scale ?? 1)
      let dLowRank = space.dLowRank.columns(0..<factors.a.rows)
      for (index, member) in factors.members.enumerated() {
        guard let position = group.members.firstIndex(of: member.kind) else { continue }
        device.product(
          [ProductTerm(dOuts[position], member.b, .plain)],
          into: dLowRank.part(index, of: factors), scale: scale, bias: nil, accumulate: false,
          fewRows: false)
        if let bGradient = member.bGradient {
          device.productOverRows(dOuts[position], xa.part(index, of: factors), into: bGradient)
        }
      }
      if let aGradient = factors.aGradient {
        device.productOverRows(dLowRank, input, into: aGradient)
      }
      terms.append(ProductTerm(dLowRank, factors.a, .plain))
    }
    if let gradients = policy.gradients?.layers[layer] {
      for (kind, dOut) in zip(group.members, dOuts) {
        device.productOverRows(dOut, input, into: gradients[kind])
        if let bias = gradients.bias(kind), let ones = space.ones {
          device.productOverRows(ones, dOut, into: bias)
        }
      }
    }
    guard let dInput else { return }
    device.product(
      terms, into: dInput, scale: 1, bias: nil, accumulate: false, fewRows: false)
  }
}

extension Workspace.Backward {
  func rows(_ count: Int) -> Self {
    let range = 0..<count
    return Self(
      dResidual: dResidual.rows(range), dOut: dOut.rows(range), dNormed: dNormed.rows(range),
      dActivation: dActivation.rows(range), dGate: dGate.rows(range), dUp: dUp.rows(range),
      dAttention: dAttention.rows(range), dQ: dQ.rows(range), dK: dK.rows(range),
      dV: dV.rows(range), dQRounded: dQRounded.rows(range), dKRounded: dKRounded.rows(range),
      dVRounded: dVRounded.rows(range), dLowRank: dLowRank.rows(range), dRows: dRows,
      dHidden: dHidden, ones: ones?.rows(range))
  }
}
