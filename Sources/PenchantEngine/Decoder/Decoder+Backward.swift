import PenchantFormats

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
    headBackward(pass, workspace, all.rows(batch.tokenCount), coefficients)
    try blocksBackward(batch, policy, workspace)
  }

  /// The twin of ``blocks(_:_:_:keepStash:cache:)``, from the gradient of the wanted rows in the workspace.
  func blocksBackward(
    _ batch: Batch, _ policy: Policy, _ workspace: Workspace
  ) throws(EngineError) {
    guard let all = workspace.backward else {
      preconditionFailure("Decoder.backward: the workspace is for scoring")
    }
    let tokens = batch.tokenCount
    let rotary = try rotaryRuns(batch)
    let scratch = workspace.forward.rows(tokens)
    let space = all.rows(tokens)
    for layer in (0..<architecture.layerCount).reversed() {
      try poll()
      let stash = workspace.layers[layer].rows(tokens)
      // Below the first block there is only the embedding, which a LoRA run does not train.
      let toInput = layer > 0 || policy.gradients != nil
      if layer == architecture.layerCount - 1 {
        wantedBackward(layer, batch, policy, workspace, stash, scratch, space)
      } else {
        afterAttentionBackward(layer, policy, stash, scratch, space, into: space.dAttention)
      }
      attentionBackward(
        layer, policy, stash, scratch, space, rotary, groups: batch.groups, toInput: toInput)
    }
    if let gradients = policy.gradients {
      device.embedBackward(
        scratch.ids, dOut: space.dResidual, scale: embeddingScale, into: gradients.embedding)
      if let positions = gradients.positions {
        device.embedBackward(
          scratch.positions, dOut: space.dResidual, scale: 1, into: positions)
      }
    }
    try device.synchronize()
  }

  private func headBackward(
    _ pass: ForwardPass, _ workspace: Workspace, _ space: BackwardSpace<Tensor>,
    _ coefficients: [Float]
  ) {
    let (batch, policy) = (pass.batch, pass.policy)
    let slopes = pass.statistics.targetSlopes
    let count = batch.targetRows.count
    let stash = workspace.head.rows(count)
    guard let meanWeight = stash.meanWeight else {
      preconditionFailure("Decoder.backward: the workspace is for scoring")
    }
    let dHidden = space.dHidden.rows(0..<count)
    device.headBackward(
      coefficients: coefficients, slopes: slopes, weight: policy.weights.head,
      targetOffsets: batch.targetOffsets, targets: batch.targets, meanWeight: meanWeight,
      into: dHidden)
    if let gradients = policy.gradients {
      device.headWeightBackward(
        coefficients: coefficients, slopes: slopes, hidden: stash.hidden,
        weight: policy.weights.head, shape: architecture.head, targetOffsets: batch.targetOffsets,
        targets: batch.targets, logSumExp: stash.logSumExp, into: gradients.head)
    }
    finalNormBackward(batch, policy, stash, space)
  }

  /// The twin of ``finalNorm(_:_:_:_:)``, from dHidden.
  func finalNormBackward(
    _ batch: Batch, _ policy: Policy, _ stash: HeadStash<Tensor>, _ space: BackwardSpace<Tensor>
  ) {
    let dHidden = space.dHidden.rows(0..<batch.targetRows.count)
    let dRows = space.dRows.rows(0..<batch.targetRows.count)
    device.zero(dRows)
    device.normBackward(
      dOut: dHidden, x: stash.input, policy.weights.finalNorm, shape: architecture.norm,
      dX: dRows, gradients: policy.gradients?.finalNorm)
  }

  /// The last block behind its attention, whose gradients are those of the wanted rows; all others get none.
  private func wantedBackward(
    _ layer: Int, _ batch: Batch, _ policy: Policy, _ workspace: Workspace,
    _ stash: LayerStash<Tensor>, _ scratch: ForwardSpace<Tensor>, _ space: BackwardSpace<Tensor>
  ) {
    let count = batch.targetRows.count
    let (end, endScratch) = wanted(batch, workspace, stash, scratch)
    var endSpace = space.rows(count)
    endSpace.dResidual = space.dRows.rows(0..<count)
    // Free until attention's own gradients are rounded.
    let dAttention = space.dQRounded.rows(0..<count)
    afterAttentionBackward(layer, policy, end, endScratch, endSpace, into: dAttention)
    for (source, destination) in [
      (endSpace.dResidual, space.dResidual), (dAttention, space.dAttention),
    ] {
      device.zero(destination)
      device.scatter(source, rows: batch.targetRows, into: destination)
    }
  }

  /// The twin of ``afterAttention(_:_:_:_:fewRows:)``.
  private func afterAttentionBackward(
    _ layer: Int, _ policy: Policy, _ stash: LayerStash<Tensor>, _ scratch: ForwardSpace<Tensor>,
    _ space: BackwardSpace<Tensor>, into dAttention: Tensor
  ) {
    feedForwardBackward(layer, policy, stash, scratch, space)
    branchBackward(.attentionOutput, layer, policy, kept: stash.attentionBranch, space)
    linearsBackward(
      .attentionOutput, layer, policy, dOuts: [space.dOut], input: stash.attentionOut, stash,
      space, into: dAttention)
  }

  private func feedForwardBackward(
    _ layer: Int, _ policy: Policy, _ stash: LayerStash<Tensor>, _ scratch: ForwardSpace<Tensor>,
    _ space: BackwardSpace<Tensor>
  ) {
    branchBackward(.feedForwardOutput, layer, policy, kept: stash.feedForwardBranch, space)
    inputGradient(
      .feedForwardOutput, layer, policy, dOuts: [space.dOut], stash, space, into: space.dActivation)
    // What the layer has read comes with the gradients of its parts; its own wait for it.
    device.activateBackward(
      architecture.activation, dOut: space.dActivation, gate: stash.gate, up: stash.up,
      into: scratch.activation, dGate: space.dGate, dUp: space.dUp)
    weightGradients(
      .feedForwardOutput, layer, policy, dOuts: [space.dOut], input: scratch.activation, stash,
      space)
    inputBackward(
      .feedForwardInput, .feedForwardInput, layer, policy, dOuts: space.dExpansions,
      kept: stash.feedForwardInput, stash, scratch, space, toInput: true)
  }

  private func attentionBackward(
    _ layer: Int, _ policy: Policy, _ stash: LayerStash<Tensor>, _ scratch: ForwardSpace<Tensor>,
    _ space: BackwardSpace<Tensor>, _ rotary: [RotaryRun], groups: [[Segment]], toInput: Bool
  ) {
    // Without a norm of their own the stash has them turned.
    let (q, k) =
      architecture.normsQueries
      ? turned(layer, policy, stash, scratch, rotary) : (stash.q, stash.k)
    device.attentionBackward(
      dOut: space.dAttention, q: q, k: k, v: stash.v, out: stash.attentionOut,
      logSumExp: stash.logSumExp, groups: groups, shape: architecture.attention(layer: layer),
      dQ: space.dQ, dK: space.dK, dV: space.dV)
    turnedBackward(layer, policy, stash, scratch, space, rotary)
    device.convert(space.dV, into: space.dVRounded)
    inputBackward(
      .attentionInput, .attentionInput, layer, policy, dOuts: space.dProjections,
      kept: stash.attentionInput, stash, scratch, space, toInput: toInput)
  }

  /// The twin of ``turned(_:_:_:_:_:)``: from dQ and dK to the gradients of what the linear layers wrote.
  private func turnedBackward(
    _ layer: Int, _ policy: Policy, _ stash: LayerStash<Tensor>, _ scratch: ForwardSpace<Tensor>,
    _ space: BackwardSpace<Tensor>, _ rotary: [RotaryRun]
  ) {
    let weights = policy.weights.layers[layer]
    let gradients = policy.gradients?.layers[layer]
    let parts: [(NormPlace, Tensor, Tensor, Tensor, Tensor?)] = [
      (.query, stash.q, space.dQ, space.dQRounded, space.dQInput),
      (.key, stash.k, space.dK, space.dKRounded, space.dKInput),
    ]
    for (place, x, gradient, rounded, dInput) in parts {
      // A norm below takes the gradient in float32.
      let turnedInto = dInput == nil ? rounded : gradient
      if let set = architecture.layers[layer].rotary {
        for run in rotary {
          device.rotaryBackward(
            gradient.rows(run.rows), angles: run.tables[set],
            positions: scratch.positions.columns(run.rows),
            headDimension: architecture.headDimension, into: turnedInto.rows(run.rows))
        }
      } else if dInput == nil {
        device.convert(gradient, into: rounded)
      }
      guard let norm = weights.norms[place], let dInput else { continue }
      let width = norm.gain.count
      device.zero(dInput)
      device.normBackward(
        dOut: gradient.split(width: width), x: x.split(width: width), norm,
        shape: architecture.norm, dX: dInput.split(width: width),
        gradients: gradients?.norms[place])
      device.convert(dInput, into: rounded)
    }
  }

  /// dOut of a half block's last linear layer from the gradient of the residual.
  private func branchBackward(
    _ place: NormPlace, _ layer: Int, _ policy: Policy, kept: Tensor?,
    _ space: BackwardSpace<Tensor>
  ) {
    let scale = architecture.residualScale
    guard let norm = policy.weights.layers[layer].norms[place], let kept else {
      device.convert(space.dResidual, scale: scale, into: space.dOut)
      return
    }
    precondition(scale == 1, "Decoder.backward: a scaled branch that is normalised")
    device.zero(space.dNormed)
    device.normBackward(
      dOut: space.dResidual, x: kept, norm, shape: architecture.norm, dX: space.dNormed,
      gradients: policy.gradients?.layers[layer].norms[place])
    device.convert(space.dNormed, into: space.dOut)
  }

  /// The first linear layers of a half block and the norm before them, down to the residual.
  private func inputBackward(
    _ group: LinearGroup, _ place: NormPlace, _ layer: Int, _ policy: Policy, dOuts: [Tensor],
    kept: Tensor, _ stash: LayerStash<Tensor>, _ scratch: ForwardSpace<Tensor>,
    _ space: BackwardSpace<Tensor>, toInput: Bool
  ) {
    let input = normed(place, layer, policy, kept, scratch)
    guard let norm = policy.weights.layers[layer].norms[place] else {
      linearsBackward(
        group, layer, policy, dOuts: dOuts, input: input, stash, space,
        into: toInput ? space.dResidual : nil, accumulate: true)
      return
    }
    linearsBackward(
      group, layer, policy, dOuts: dOuts, input: input, stash, space,
      into: toInput ? space.dNormed : nil)
    guard toInput else { return }
    device.normBackward(
      dOut: space.dNormed, x: kept, norm, shape: architecture.norm, dX: space.dResidual,
      gradients: policy.gradients?.layers[layer].norms[place])
  }
}

extension BackwardSpace<Tensor> {
  /// The first tokens of everything; what counts target rows stays as it is.
  func rows(_ count: Int) -> Self {
    let range = 0..<count
    func cut(_ tensor: Tensor) -> Tensor { tensor.rows(range) }
    return Self(
      dResidual: cut(dResidual), dOut: cut(dOut), dNormed: cut(dNormed),
      dActivation: cut(dActivation), dExpansions: dExpansions.map(cut), dGate: cut(dGate),
      dUp: dUp.map(cut), dAttention: cut(dAttention), dQ: cut(dQ), dK: cut(dK), dV: cut(dV),
      dProjections: dProjections.map(cut), dQRounded: cut(dQRounded), dKRounded: cut(dKRounded),
      dVRounded: cut(dVRounded), dQInput: dQInput.map(cut), dKInput: dKInput.map(cut),
      dLowRank: cut(dLowRank), dRows: dRows, dHidden: dHidden, ones: ones.map(cut))
  }
}
