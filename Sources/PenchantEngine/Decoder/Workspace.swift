/// What a pass through a decoder needs to remember, for batches up to a size.
package struct WorkspaceShape: Sendable, Equatable {
  /// What the passes are for.
  package enum Purpose: Sendable, Equatable {
    /// Forward only.
    case scoring
    /// Forward and backward; `full` when the weights themselves are trained.
    case training(full: Bool)
  }

  /// Tokens of one batch at most.
  package var tokens: Int
  /// Rows with targets of one batch at most.
  package var targetRows: Int
  /// Rank of the adapter, 0 for none.
  package var rank: Int
  package var purpose: Purpose

  package init(tokens: Int, targetRows: Int, rank: Int, purpose: Purpose) {
    self.tokens = tokens
    self.targetRows = targetRows
    self.rank = rank
    self.purpose = purpose
  }

  var isTraining: Bool { purpose != .scoring }
}

/// The stash and the scratch of a decoder: two arenas, planned, then allocated.
///
/// The stash holds what backward needs of each block in the matrix dtype: 2·(2d + 2q + 2kv + 2ff) bytes a
/// token and layer in bfloat16. Norm outputs, silu(gate)·up and X·A are computed again. Scoring has one
/// block's stash and uses it for every block.
package final class Workspace {
  /// What one block keeps.
  struct LayerStash {
    let attentionInput: Tensor  // (tokens, d), before the norm
    let q: Tensor  // (tokens, q), rotated
    let k: Tensor  // (tokens, kv), rotated
    let v: Tensor  // (tokens, kv)
    let attentionOut: Tensor  // (tokens, q)
    let logSumExp: Tensor  // (tokens, heads) float32
    let feedForwardInput: Tensor  // (tokens, d), before the norm
    let gate: Tensor  // (tokens, ff)
    let up: Tensor  // (tokens, ff)
  }

  /// What the head keeps.
  struct HeadStash {
    let input: Tensor  // (rows, d), before the final norm
    let hidden: Tensor  // (rows, d), after it
    let logSumExp: Tensor  // (1, rows) float32
    let meanWeight: Tensor?  // (rows, d) float32
  }

  /// Working space of the forward pass.
  struct Forward {
    let ids: Tensor  // (1, tokens)
    let positions: Tensor  // (1, tokens)
    let residual: Tensor  // (tokens, d) float32
    let normed: Tensor  // (tokens, d)
    let activation: Tensor  // (tokens, ff)
    let lowRank: Tensor  // (tokens, 3·rank)
    let rows: Tensor  // (rows, d) float32
  }

  /// Working space of the backward pass.
  struct Backward {
    let dResidual: Tensor  // (tokens, d) float32
    let dOut: Tensor  // (tokens, d)
    let dNormed: Tensor  // (tokens, d) float32
    let dActivation: Tensor  // (tokens, ff) float32
    let dGate: Tensor  // (tokens, ff)
    let dUp: Tensor  // (tokens, ff)
    let dAttention: Tensor  // (tokens, q)
    let dQ: Tensor  // (tokens, q) float32
    let dK: Tensor  // (tokens, kv) float32
    let dV: Tensor  // (tokens, kv) float32
    let dQRounded: Tensor  // (tokens, q)
    let dKRounded: Tensor  // (tokens, kv)
    let dVRounded: Tensor  // (tokens, kv)
    let dLowRank: Tensor  // (tokens, 3·rank)
    let dRows: Tensor  // (rows, d) float32
    let dHidden: Tensor  // (rows, d) float32
    let ones: Tensor?  // (tokens, 1), to sum bias gradients
  }

  package let shape: WorkspaceShape
  let layers: [LayerStash]
  let head: HeadStash
  let forward: Forward
  let backward: Backward?

  /// Bytes of the stash and of the scratch.
  package static func byteCount(
    _ shape: WorkspaceShape, _ architecture: DecoderArchitecture, dtype: DType
  ) -> (stash: Int, scratch: Int) {
    let plan = WorkspacePlan(shape, architecture, dtype: dtype)
    return (plan.stash.byteCount, plan.scratch.byteCount)
  }

  /// - Throws: ``EngineError`` when the memory cannot be had.
  package init(
    _ shape: WorkspaceShape, _ architecture: DecoderArchitecture, dtype: DType,
    on device: any Device
  ) throws(EngineError) {
    let plan = WorkspacePlan(shape, architecture, dtype: dtype)
    let stash = try Arena(plan.stash, on: device)
    let scratch = try Arena(plan.scratch, on: device)
    self.shape = shape
    layers = plan.layers.map { layer in
      LayerStash(
        attentionInput: stash[layer[0]], q: stash[layer[1]], k: stash[layer[2]],
        v: stash[layer[3]], attentionOut: stash[layer[4]], logSumExp: stash[layer[5]],
        feedForwardInput: stash[layer[6]], gate: stash[layer[7]], up: stash[layer[8]])
    }
    head = HeadStash(
      input: stash[plan.head[0]], hidden: stash[plan.head[1]], logSumExp: stash[plan.head[2]],
      meanWeight: plan.head.count > 3 ? stash[plan.head[3]] : nil)
    let f = plan.forward.map { scratch[$0] }
    forward = Forward(
      ids: f[0], positions: f[1], residual: f[2], normed: f[3], activation: f[4], lowRank: f[5],
      rows: f[6])
    let b = plan.backward.map { scratch[$0] }
    backward =
      b.isEmpty
      ? nil
      : Backward(
        dResidual: b[0], dOut: b[1], dNormed: b[2], dActivation: b[3], dGate: b[4], dUp: b[5],
        dAttention: b[6], dQ: b[7], dK: b[8], dV: b[9], dQRounded: b[10], dKRounded: b[11],
        dVRounded: b[12], dLowRank: b[13], dRows: b[14], dHidden: b[15],
        ones: b.count > 16 ? b[16] : nil)
    if let ones = backward?.ones {
      device.write([Float](repeating: 1, count: ones.count), to: ones)
    }
  }
}

/// The places of a workspace's tensors; the lists are in the order of the structs they become.
private struct WorkspacePlan {
  var stash = ArenaPlan()
  var scratch = ArenaPlan()
  var layers: [[ArenaPlan.Slot]] = []
  var head: [ArenaPlan.Slot] = []
  var forward: [ArenaPlan.Slot] = []
  var backward: [ArenaPlan.Slot] = []

  init(_ shape: WorkspaceShape, _ architecture: DecoderArchitecture, dtype: DType) {
    let (tokens, rows) = (shape.tokens, shape.targetRows)
    let (d, ff) = (architecture.hiddenSize, architecture.intermediateSize)
    let (q, kv) = (architecture.queryWidth, architecture.keyValueWidth)
    for _ in 0..<(shape.isTraining ? architecture.layerCount : 1) {
      layers.append([
        stash.reserve(tokens, d, dtype), stash.reserve(tokens, q, dtype),
        stash.reserve(tokens, kv, dtype), stash.reserve(tokens, kv, dtype),
        stash.reserve(tokens, q, dtype), stash.reserve(tokens, architecture.headCount, .float32),
        stash.reserve(tokens, d, dtype), stash.reserve(tokens, ff, dtype),
        stash.reserve(tokens, ff, dtype),
      ])
    }
    head = [
      stash.reserve(rows, d, dtype), stash.reserve(rows, d, dtype),
      stash.reserve(1, rows, .float32),
    ]
    if shape.isTraining { head.append(stash.reserve(rows, d, .float32)) }
    forward = [
      scratch.reserve(1, tokens, .int32), scratch.reserve(1, tokens, .int32),
      scratch.reserve(tokens, d, .float32), scratch.reserve(tokens, d, dtype),
      scratch.reserve(tokens, ff, dtype), scratch.reserve(tokens, 3 * shape.rank, dtype),
      scratch.reserve(rows, d, .float32),
    ]
    guard case .training(let full) = shape.purpose else { return }
    backward = [
      scratch.reserve(tokens, d, .float32), scratch.reserve(tokens, d, dtype),
      scratch.reserve(tokens, d, .float32), scratch.reserve(tokens, ff, .float32),
      scratch.reserve(tokens, ff, dtype), scratch.reserve(tokens, ff, dtype),
      scratch.reserve(tokens, q, dtype), scratch.reserve(tokens, q, .float32),
      scratch.reserve(tokens, kv, .float32), scratch.reserve(tokens, kv, .float32),
      scratch.reserve(tokens, q, dtype), scratch.reserve(tokens, kv, dtype),
      scratch.reserve(tokens, kv, dtype), scratch.reserve(tokens, 3 * shape.rank, dtype),
      scratch.reserve(rows, d, .float32), scratch.reserve(rows, d, .float32),
    ]
    if full { backward.append(scratch.reserve(tokens, 1, dtype)) }
  }
}
