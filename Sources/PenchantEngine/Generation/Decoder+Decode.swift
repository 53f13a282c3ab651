/// One sequence that is being generated: where its keys and values lie.
package struct CachedSequence: Sendable, Equatable {
  /// The runs of rows it sees, in order of position; it grows at the end of the last.
  package var runs: [Segment]

  package init(runs: [Segment]) { self.runs = runs }

  /// The position of its next token.
  package var nextPosition: Int { runs.last.map { $0.position + $0.length } ?? 0 }
}

extension Decoder {
  /// Feeds one token to each sequence and returns the logits of what follows, one row a sequence.
  ///
  /// Each sequence's bits are the same however many others are in the call. Every sequence grows by one row of
  /// the cache, which must be free.
  /// - Parameter workspace: for at least as many tokens as there are sequences.
  /// - Returns: sequences × vocabulary, row after row.
  package func decode(
    _ tokens: [Int32], _ sequences: inout [CachedSequence], policy: Policy, cache: KeyValueCache,
    workspace: Workspace, logits: Tensor
  ) throws(EngineError) {
    precondition(
      tokens.count == sequences.count && tokens.count <= workspace.shape.tokens
        && logits.rows == tokens.count && logits.columns == architecture.vocabularySize,
      "Decoder.decode: \(tokens.count) tokens, \(sequences.count) sequences")
    let positions = sequences.map(\.nextPosition)
    try check(tokens, positions.map(Int32.init))
    let angles = try angles(forPositions: (positions.max() ?? 0) + 1)
    for index in sequences.indices {
      let last = sequences[index].runs.count - 1
      sequences[index].runs[last].length += 1
    }
    let space = workspace.forward.rows(tokens.count)
    device.write(tokens, to: space.ids)
    device.write(positions.map(Int32.init), to: space.positions)
    device.embed(space.ids, table: policy.weights.embedding, into: space.residual)
    for layer in 0..<architecture.layerCount {
      try poll()
      let stash = workspace.layers[0].rows(tokens.count)
      decodeBlock(layer, sequences, positions, policy, cache, stash, space, angles)
    }
    let hidden = space.normed
    let rounded = workspace.layers[0].rows(tokens.count).attentionInput
    device.convert(space.residual, into: rounded)
    device.rmsNorm(
      rounded, gain: policy.weights.finalNorm, epsilon: architecture.normEpsilon, into: hidden)
    device.product(
      [ProductTerm(hidden, policy.weights.head, .transposed)], into: logits, scale: 1, bias: nil,
      accumulate: false, fewRows: true)
    try device.synchronize()
  }

  private func decodeBlock(
    _ layer: Int, _ sequences: [CachedSequence], _ positions: [Int], _ policy: Policy,
    _ cache: KeyValueCache, _ stash: Workspace.LayerStash, _ space: Workspace.Forward,
    _ angles: Tensor
  ) {
    let weights = policy.weights.layers[layer]
    device.convert(space.residual, into: stash.attentionInput)
    device.rmsNorm(
      stash.attentionInput, gain: weights.attentionNorm, epsilon: architecture.normEpsilon,
      into: space.normed)
    linears(
      .attentionInput, layer, policy, input: space.normed, lowRank: space.lowRank,
      into: [stash.q, stash.k, stash.v], fewRows: true)
    for x in [stash.q, stash.k] {
      device.rotary(
        x, angles: angles, positions: space.positions,
        headDimension: architecture.headDimension, into: x)
    }
    for (index, sequence) in sequences.enumerated() {
      guard let run = sequence.runs.last else { continue }
      cache.store(
        stash.k.rows(index..<index + 1), stash.v.rows(index..<index + 1), layer: layer,
        row: run.start + run.length - 1)
    }
    device.attentionDecode(
      q: stash.q, keys: cache.keys(layer), values: cache.values(layer),
      runs: sequences.map(\.runs), positions: positions, shape: architecture.attention,
      into: stash.attentionOut)
    linears(
      .attentionOutput, layer, policy, input: stash.attentionOut, lowRank: space.lowRank,
      into: [space.residual], accumulate: true, fewRows: true)
    device.convert(space.residual, into: stash.feedForwardInput)
    device.rmsNorm(
      stash.feedForwardInput, gain: weights.feedForwardNorm, epsilon: architecture.normEpsilon,
      into: space.normed)
    linears(
      .feedForwardInput, layer, policy, input: space.normed, lowRank: space.lowRank,
      into: [stash.gate, stash.up], fewRows: true)
    device.siluMultiply(gate: stash.gate, up: stash.up, into: space.activation)
    linears(
      .feedForwardOutput, layer, policy, input: space.activation, lowRank: space.lowRank,
      into: [space.residual], accumulate: true, fewRows: true)
  }
}
