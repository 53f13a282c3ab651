/// Attention over segments (`kernels/attention`).
extension CUDADevice {
  package func attention(
    q: Tensor, k: Tensor, v: Tensor, groups: [[Segment]], shape: AttentionShape, into out: Tensor,
    logSumExp: Tensor
  ) {
    OperationCheck.attention(q: q, k: k, v: v, out: out, logSumExp: logSumExp, shape)
    let variant = variant([q, k, v, out], shape)
    let work = work(groups)
    launch(
      CUDAKernel("attention_forward", in: variant.module),
      blocks: work.tileCount * variant.queryBlocks(shape),
      threads: CUDAAttentionVariant.threads, shared: variant.forwardBytes,
      [
        out, out.stride, logSumExp, logSumExp.stride, q, q.stride, k, v, k.stride, work.segments,
        work.queryTiles, shape.heads, shape.group, shape.scale, shape.softCap, shape.windowOrZero,
      ])
  }

  /// Of a number a row and head.
  static func deltaBytes(rows: Int, heads: Int) -> Int { max(4, 4 * rows * heads) }

  package func attentionBackward(
    dOut: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, logSumExp: Tensor,
    groups: [[Segment]], shape: AttentionShape, dQ: Tensor, dK: Tensor, dV: Tensor
  ) {
    OperationCheck.attention(q: q, k: k, v: v, out: out, logSumExp: logSumExp, shape)
    precondition(
      dOut.stride == out.stride && dK.stride == dV.stride
        && [dQ, dK, dV].allSatisfy { $0.dtype == .float32 },
      "attentionBackward: strides or dtypes")
    let variant = variant([dOut, q, k, v, out, dQ, dK, dV], shape)
    let work = work(groups)
    let deltas = scratch(
      .attentionDeltas, bytes: Self.deltaBytes(rows: q.rows, heads: shape.heads))
    launch(
      CUDAKernel("attention_deltas", in: variant.module), blocks: q.rows,
      threads: CUDAAttentionVariant.threads, [deltas, out, dOut, out.stride, shape.heads])
    let blocks = shape.keyValueHeads * variant.slices + variant.queryBlocks(shape)
    launch(
      CUDAKernel("attention_backward", in: variant.module), blocks: work.tileCount * blocks,
      threads: CUDAAttentionVariant.threads, shared: variant.backwardBytes,
      [
        dQ, dQ.stride, dK, dV, dK.stride, dOut, dOut.stride, q, q.stride, k, v, k.stride,
        logSumExp, logSumExp.stride, deltas, shape.heads, work.segments, work.queryTiles,
        work.keyTiles, work.tileCount, shape.group, shape.scale, shape.softCap,
        shape.windowOrZero,
      ])
  }

  /// Of what each chunk of a sequence's keys comes to.
  static func decodePartBytes(rows: Int, shape: AttentionShape, chunks: Int) -> Int {
    4 * rows * shape.heads * chunks * (shape.headDimension + 2)
  }

  package func attentionDecode(
    q: Tensor, keys: Tensor, values: Tensor, runs: [[Segment]], positions: [Int],
    shape: AttentionShape, into out: Tensor
  ) {
    precondition(
      runs.count == q.rows && positions.count == q.rows && out.rows == q.rows
        && keys.stride == values.stride && keys.dtype == q.dtype && values.dtype == q.dtype
        && out.dtype == q.dtype, "attentionDecode: \(runs.count) sequences, \(q.rows) rows")
    let variant = variant([q, keys, values, out], shape)
    let work = work(runs, positions)
    let chunks = work.chunkCount
    let parts =
      chunks > 1
      ? scratch(
        .partial, bytes: Self.decodePartBytes(rows: q.rows, shape: shape, chunks: chunks)) : 0
    let arguments: [any KernelArgument] = [
      out, out.stride, parts, chunks, q, q.stride, keys, values, keys.stride, work.sequenceList,
      work.runList, shape.heads, shape.group, shape.scale, shape.softCap, shape.windowOrZero,
    ]
    let headBlocks = (shape.group + CUDADecodeWork.heads - 1) / CUDADecodeWork.heads
    launch(
      CUDAKernel("attention_decode", in: variant.module),
      grid: (chunks, shape.keyValueHeads * headBlocks, q.rows), threads: variant.decodeThreads,
      shared: variant.decodeBytes, arguments)
    guard chunks > 1 else { return }
    launch(
      CUDAKernel("attention_decode_join", in: variant.module), grid: (shape.heads, q.rows, 1),
      threads: CUDAAttentionVariant.threads, arguments)
  }

  private func variant(_ tensors: [Tensor], _ shape: AttentionShape) -> CUDAAttentionVariant {
    CUDAAttentionVariant(
      headDimension: shape.headDimension, group: shape.group, tensors[0].dtype,
      isWide: Self.isWide(tensors), sharedBytes: sharedBytes)
  }

  private func work(_ groups: [[Segment]]) -> CUDAAttentionWork {
    if let attentionWork, attentionWork.groups == groups { return attentionWork }
    attentionWork = nil
    let work = CUDAAttentionWork(groups, on: self)
    // After a failure nothing was written.
    if isSound { attentionWork = work }
    return work
  }

  private func work(_ runs: [[Segment]], _ positions: [Int]) -> CUDADecodeWork {
    if let decodeWork, decodeWork.runs == runs, decodeWork.positions == positions {
      return decodeWork
    }
    decodeWork = nil
    let work = CUDADecodeWork(runs, positions: positions, on: self)
    if isSound { decodeWork = work }
    return work
  }
}

extension CUDAAttentionVariant {
  /// Blocks that have a tile of queries.
  fileprivate func queryBlocks(_ shape: AttentionShape) -> Int {
    shape.keyValueHeads * ((shape.group + heads - 1) / heads)
  }
}

extension AttentionShape {
  /// Query heads that share a key-value head.
  fileprivate var group: Int { heads / keyValueHeads }
  /// As the kernels have it: 0 is no limit, nor is what no position reaches.
  fileprivate var windowOrZero: Int { window.map { $0 < 1 << 30 ? $0 : 0 } ?? 0 }
}
