/// What one block keeps: places while they are planned, tensors once they are allocated.
struct LayerStash<Value> {
  let attentionInput: Value  // (tokens, d), before the norm
  /// Query, key and value as their linear layers write them: three of them, or one (tokens, q + 2·kv).
  let projections: [Value]
  let q: Value  // (tokens, q), turned unless the decoder normalises it first
  let k: Value  // (tokens, kv), the same
  let v: Value  // (tokens, kv)
  var attentionOut: Value  // (tokens, q)
  let logSumExp: Value  // (tokens, heads) float32
  let attentionBranch: Value?  // (tokens, d), what a norm makes the half block's result from
  let feedForwardInput: Value  // (tokens, d), before the norm
  /// Gate and up as their linear layers write them: one each, or one (tokens, 2·ff).
  let expansions: [Value]
  let gate: Value  // (tokens, ff), what the activation takes
  let up: Value?  // (tokens, ff), what it is multiplied with
  let feedForwardBranch: Value?  // (tokens, d)
  /// s·X·Aᵀ of each group of linear layers, (tokens, members·rank): rank is small, X is not read again for it.
  let lowRank: [LinearGroup: Value]

  func map<Other>(_ f: (Value) -> Other) -> LayerStash<Other> {
    LayerStash<Other>(
      attentionInput: f(attentionInput), projections: projections.map(f), q: f(q), k: f(k),
      v: f(v), attentionOut: f(attentionOut), logSumExp: f(logSumExp),
      attentionBranch: attentionBranch.map(f), feedForwardInput: f(feedForwardInput),
      expansions: expansions.map(f), gate: f(gate), up: up.map(f),
      feedForwardBranch: feedForwardBranch.map(f), lowRank: lowRank.mapValues(f))
  }
}

/// What the head keeps, and of the last block what only its rows go through.
struct HeadStash<Value> {
  let attentionOut: Value  // (rows, q), the last block's
  let input: Value  // (rows, d), before the final norm
  let hidden: Value  // (rows, d), after it
  let logSumExp: Value  // (1, rows) float32
  let meanWeight: Value?  // (rows, d) float32

  func map<Other>(_ f: (Value) -> Other) -> HeadStash<Other> {
    HeadStash<Other>(
      attentionOut: f(attentionOut), input: f(input), hidden: f(hidden), logSumExp: f(logSumExp),
      meanWeight: meanWeight.map(f))
  }
}

/// Working space of the forward pass.
struct ForwardSpace<Value> {
  let ids: Value  // (1, tokens)
  let positions: Value  // (1, tokens)
  var residual: Value  // (tokens, d) float32
  let normed: Value  // (tokens, d)
  let activation: Value  // (tokens, ff)
  /// The residual stream of the rows that have targets, from the last block's attention on.
  let rows: Value  // (rows, d) float32
  /// Queries and keys after their norm, turned, where the decoder has one.
  let q: Value?  // (tokens, q)
  let k: Value?  // (tokens, kv)

  func map<Other>(_ f: (Value) -> Other) -> ForwardSpace<Other> {
    ForwardSpace<Other>(
      ids: f(ids), positions: f(positions), residual: f(residual), normed: f(normed),
      activation: f(activation), rows: f(rows), q: q.map(f), k: k.map(f))
  }
}

/// Working space of the backward pass.
struct BackwardSpace<Value> {
  var dResidual: Value  // (tokens, d) float32
  let dOut: Value  // (tokens, d)
  let dNormed: Value  // (tokens, d) float32
  let dActivation: Value  // (tokens, ff) float32
  let dExpansions: [Value]  // as the stash's
  let dGate: Value  // (tokens, ff)
  let dUp: Value?  // (tokens, ff)
  let dAttention: Value  // (tokens, q)
  let dQ: Value  // (tokens, q) float32
  let dK: Value  // (tokens, kv) float32
  let dV: Value  // (tokens, kv) float32
  let dProjections: [Value]  // as the stash's
  let dQRounded: Value  // (tokens, q)
  let dKRounded: Value  // (tokens, kv)
  let dVRounded: Value  // (tokens, kv)
  /// Gradients of queries and keys before their norm, where the decoder has one.
  let dQInput: Value?  // (tokens, q) float32
  let dKInput: Value?  // (tokens, kv) float32
  let dLowRank: Value  // (tokens, 3·rank)
  let dRows: Value  // (rows, d) float32
  let dHidden: Value  // (rows, d) float32
  let ones: Value?  // (tokens, 1), to sum bias gradients

  func map<Other>(_ f: (Value) -> Other) -> BackwardSpace<Other> {
    BackwardSpace<Other>(
      dResidual: f(dResidual), dOut: f(dOut), dNormed: f(dNormed), dActivation: f(dActivation),
      dExpansions: dExpansions.map(f), dGate: f(dGate), dUp: dUp.map(f),
      dAttention: f(dAttention), dQ: f(dQ), dK: f(dK), dV: f(dV),
      dProjections: dProjections.map(f), dQRounded: f(dQRounded), dKRounded: f(dKRounded),
      dVRounded: f(dVRounded), dQInput: dQInput.map(f), dKInput: dKInput.map(f),
      dLowRank: f(dLowRank), dRows: f(dRows), dHidden: f(dHidden), ones: ones.map(f))
  }
}

extension LayerStash<Tensor> {
  /// The first rows of everything.
  func rows(_ count: Int) -> Self { map { $0.rows(0..<count) } }
}

extension HeadStash<Tensor> {
  func rows(_ count: Int) -> Self {
    let range = 0..<count
    return Self(
      attentionOut: attentionOut.rows(range), input: input.rows(range), hidden: hidden.rows(range),
      logSumExp: logSumExp.columns(range),
      meanWeight: meanWeight?.rows(range))
  }
}

extension ForwardSpace<Tensor> {
  /// The first tokens of everything; `rows` stays as it is.
  func rows(_ count: Int) -> Self {
    let range = 0..<count
    return Self(
      ids: ids.columns(range), positions: positions.columns(range), residual: residual.rows(range),
      normed: normed.rows(range), activation: activation.rows(range),
      rows: rows, q: q?.rows(range), k: k?.rows(range))
  }
}
