import CPenchantKernels

extension CPUDevice {
  package func attention(
    q: Tensor, k: Tensor, v: Tensor, groups: [[Segment]], shape: AttentionShape, into out: Tensor,
    logSumExp: Tensor
  ) {
    // A query head is a piece of work of its own; its keys are those of the kv head it shares.
    runAttention(
      groups, shape, headsEach: 1, backward: false,
      fill: { job, head in
        let keyHead = head / (shape.heads / shape.keyValueHeads)
        fillForward(&job, q, k, v, out, logSumExp, head: head, keyHead: keyHead, shape)
      })
  }

  package func attentionBackward(
    dOut: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, logSumExp: Tensor,
    groups: [[Segment]], shape: AttentionShape, dQ: Tensor, dK: Tensor, dV: Tensor
  ) {
    precondition(
      dOut.stride == out.stride && dK.stride == dV.stride && dQ.dtype == .float32
        && dK.dtype == .float32 && dV.dtype == .float32, "attentionBackward: strides or dtypes")
    let group = shape.heads / shape.keyValueHeads
    runAttention(
      groups, shape, headsEach: group, backward: true,
      fill: { job, first in
        let keyHead = first / group
        fillForward(&job, q, k, v, out, logSumExp, head: first, keyHead: keyHead, shape)
        let column = first * shape.headDimension
        let keyColumn = keyHead * shape.headDimension
        job.d_out = UnsafeRawPointer(dOut.pointer + column * dOut.dtype.size)
        job.d_q = dQ.floats + column
        job.d_q_stride = Int64(dQ.stride)
        job.d_k = dK.floats + keyColumn
        job.d_v = dV.floats + keyColumn
        job.d_kv_stride = Int64(dK.stride)
      })
  }

  private func fillForward(
    _ job: inout pen_attention, _ q: Tensor, _ k: Tensor, _ v: Tensor, _ out: Tensor,
    _ logSumExp: Tensor, head: Int, keyHead: Int, _ shape: AttentionShape
  ) {
    OperationCheck.attention(
      q: q, k: k, v: v, out: out, logSumExp: logSumExp, shape)
    let column = head * shape.headDimension * q.dtype.size
    let keyColumn = keyHead * shape.headDimension * k.dtype.size
    job.dtype = q.kernelType
    job.q = UnsafeRawPointer(q.pointer + column)
    job.q_stride = Int64(q.stride)
    job.k = UnsafeRawPointer(k.pointer + keyColumn)
    job.v = UnsafeRawPointer(v.pointer + keyColumn)
    job.kv_stride = Int64(k.stride)
    job.out = out.pointer + column
    job.out_stride = Int64(out.stride)
    job.log_sum_exp = logSumExp.floats + head
    job.lse_stride = Int64(logSumExp.stride)
  }

  /// One piece of work for each (group of segments, run of `headsEach` query heads), the longest groups first.
  private func runAttention(
    _ groups: [[Segment]], _ shape: AttentionShape, headsEach: Int, backward: Bool,
    fill: (inout pen_attention, _ firstHead: Int) -> Void
  ) {
    let kernels = kernels.pointee
    let heads = shape.heads / headsEach
    let order = groups.indices.sorted {
      let (left, right) = (
        groups[$0].reduce(0) { $0 + $1.length }, groups[$1].reduce(0) { $0 + $1.length }
      )
      return left == right ? $0 < $1 : left > right
    }
    let segments = groups.map { group in
      group.map {
        pen_segment(start: Int64($0.start), length: Int64($0.length), position: Int64($0.position))
      }
    }
    func withJob(_ index: Int, _ body: (inout pen_attention) -> Void) {
      segments[order[index / heads]].withUnsafeBufferPointer { segments in
        var job = pen_attention()
        job.head_dim = Int64(shape.headDimension)
        job.group = Int64(headsEach)
        job.scale = shape.scale
        job.soft_cap = shape.softCap
        job.window = Int64(shape.window ?? 0)
        job.segments = segments.baseAddress
        job.segment_count = Int64(segments.count)
        fill(&job, index % heads * headsEach)
        body(&job)
      }
    }
    let count = groups.count * heads
    var bytes = 0
    for index in stride(from: 0, to: count, by: heads) {
      withJob(index) { bytes = max(bytes, Int(kernels.attention_scratch(&$0, backward))) }
    }
    let scratch = scratch(bytes: bytes)
    pool.run(count) { index, worker in
      withJob(index) { job in
        if backward {
          kernels.attention_backward(&job, scratch(worker))
        } else {
          kernels.attention_forward(&job, scratch(worker))
        }
      }
    }
  }

  package func attentionDecode(
    q: Tensor, keys: Tensor, values: Tensor, runs: [[Segment]], positions: [Int],
    shape: AttentionShape, into out: Tensor
  ) {
    precondition(
      runs.count == q.rows && positions.count == q.rows && out.rows == q.rows
        && keys.stride == values.stride, "attentionDecode: \(runs.count) sequences, \(q.rows) rows")
    let kernels = kernels.pointee
    let group = shape.heads / shape.keyValueHeads
    func withJob(_ index: Int, _ body: (inout pen_decode) -> Void) {
      let (row, head) = (index / shape.keyValueHeads, index % shape.keyValueHeads)
      let column = head * shape.headDimension * keys.dtype.size
      let cached = runs[row].map { run in
        let offset = run.start * keys.stride * keys.dtype.size + column
        return pen_key_run(
          k: keys.pointer + offset, v: values.pointer + offset, stride: Int64(keys.stride),
          length: Int64(run.length), position: Int64(run.position))
      }
      cached.withUnsafeBufferPointer { cached in
        let first = head * group * shape.headDimension * q.dtype.size
        var job = pen_decode(
          dtype: q.kernelType, head_dim: Int64(shape.headDimension), group: Int64(group),
          scale: shape.scale, soft_cap: shape.softCap, window: Int64(shape.window ?? 0),
          position: Int64(positions[row]),
          q: q.rows(row..<row + 1).pointer + first, runs: cached.baseAddress,
          run_count: Int64(cached.count), out: out.rows(row..<row + 1).pointer + first)
        body(&job)
      }
    }
    let count = q.rows * shape.keyValueHeads
    var bytes = 0
    for index in stride(from: 0, to: count, by: shape.keyValueHeads) {
      withJob(index) { bytes = max(bytes, Int(kernels.decode_scratch(&$0))) }
    }
    let scratch = scratch(bytes: bytes)
    pool.run(count) { index, worker in
      withJob(index) { kernels.attention_decode(&$0, scratch(worker)) }
    }
  }
}
