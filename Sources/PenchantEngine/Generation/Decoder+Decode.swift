/// One sequence that is being generated: where its keys and values lie.
package struct CachedSequence: Sendable, Equatable {
  /// The runs of rows it sees, in order of position; it grows at the end of the last.
  package var runs: [Segment]
  /// The most tokens it will have: what its positions depend on must not change on the way.
  package let finalLength: Int

  /// - Parameter finalLength: as its prompt's batch was told.
  package init(runs: [Segment], finalLength: Int) {
    self.runs = runs
    self.finalLength = finalLength
  }

  /// The row of the cache that its newest token has.
  var newestRow: Int32 {
    guard let run = runs.last, run.length > 0 else {
      preconditionFailure("CachedSequence: no token yet")
    }
    return Int32(run.start + run.length - 1)
  }

  /// The position of its next token.
  package var nextPosition: Int { runs.last.map { $0.position + $0.length } ?? 0 }
}

extension Decoder {
  /// Feeds one token to each sequence and returns the logits of what follows, one row a sequence.
  ///
  /// Each sequence's bits are the same however many others are in the call. Every sequence grows by one row of
  /// the cache, which must be free.
  /// - Parameters:
  ///   - workspace: for at least as many tokens as there are sequences.
  ///   - logits: receives sequences × vocabulary.
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
    let rotary = try rotaryRuns(sequences)
    for index in sequences.indices {
      let last = sequences[index].runs.count - 1
      sequences[index].runs[last].length += 1
    }
    let space = workspace.forward.rows(tokens.count)
    device.write(tokens, to: space.ids)
    device.write(positions.map(Int32.init), to: space.positions)
    embed(policy, space)
    for layer in 0..<architecture.layerCount {
      try poll()
      let stash = workspace.layers[0].rows(tokens.count)
      attention(layer, policy, stash, space, rotary, fewRows: true) { q, k in
        attend(layer, sequences, positions, cache, q, k, stash)
      }
      afterAttention(layer, policy, stash, space, fewRows: true)
    }
    let hidden = space.normed
    let rounded = workspace.layers[0].rows(tokens.count).attentionInput
    device.norm(
      space.residual, rounded: rounded, policy.weights.finalNorm, shape: architecture.norm,
      into: hidden)
    device.product(
      [ProductTerm(hidden, policy.weights.head, .transposed)], into: logits,
      scale: architecture.head.scale, bias: nil, accumulate: false, fewRows: true)
    if architecture.head.softCap > 0 { device.softCap(logits, cap: architecture.head.softCap) }
    try device.synchronize()
  }

  /// Stores each sequence's new key and value and attends to all it has.
  private func attend(
    _ layer: Int, _ sequences: [CachedSequence], _ positions: [Int], _ cache: KeyValueCache,
    _ q: Tensor, _ k: Tensor, _ stash: LayerStash<Tensor>
  ) {
    cache.store(k, stash.v, layer: layer, rows: sequences.map(\.newestRow))
    device.attentionDecode(
      q: q, keys: cache.keys(layer), values: cache.values(layer),
      runs: sequences.map(\.runs), positions: positions,
      shape: architecture.attention(layer: layer), into: stash.attentionOut)
  }
}
