import CPenchantKernels

/// One key-value head over the segments of one example, with random contents.
final class AttentionCase {
  struct Shape: Sendable {
    var headDim: Int
    var group = 1
    var window = 0
    var softCap: Float = 0
    var lengths: [Int]  // prompt, then the branches
    var lead = 2  // token rows before the first segment that belong to nobody
  }

  let shape: Shape
  let dtype: DType
  let scale: Float = 0.3
  let segments: [pen_segment]
  let q: Matrix  // (tokens, group × headDim)
  let k: Matrix  // (tokens, headDim)
  let v: Matrix
  let dOut: Matrix
  var tokens: Int { q.rows }

  init(_ shape: Shape, _ dtype: DType, seed: UInt64) {
    self.shape = shape
    self.dtype = dtype
    var segments: [pen_segment] = []
    var start = shape.lead
    for (index, length) in shape.lengths.enumerated() {
      segments.append(
        pen_segment(
          start: Int64(start), length: Int64(length),
          position: Int64(index == 0 ? 0 : shape.lengths[0])))
      start += length
    }
    self.segments = segments
    var numbers = Numbers(seed: seed)
    let width = shape.group * shape.headDim
    q = Matrix(start, width, dtype.pen, random: &numbers, scale: 2)
    k = Matrix(start, shape.headDim, dtype.pen, random: &numbers, scale: 2)
    v = Matrix(start, shape.headDim, dtype.pen, random: &numbers)
    dOut = Matrix(start, width, dtype.pen, random: &numbers)
  }

  /// Token rows that query row `row` of a segment sees, in order.
  func visible(segment: Int, row: Int) -> [Int] {
    let own = segments[segment]
    let position = Int(own.position) + row
    func keys(of segment: pen_segment, count: Int) -> [Int] {
      (0..<count).filter {
        shape.window == 0 || position - (Int(segment.position) + $0) < shape.window
      }.map { Int(segment.start) + $0 }
    }
    let prompt = segment == 0 ? [] : keys(of: segments[0], count: Int(segments[0].length))
    return prompt + keys(of: own, count: row + 1)
  }

  struct Forward {
    let out: Matrix
    let logSumExp: Matrix
  }

  struct Backward {
    let dQ: Matrix
    let dK: Matrix
    let dV: Matrix
  }

  private func job(_ forward: Forward, _ backward: Backward?, _ body: (inout pen_attention) -> Void)
  {
    segments.withUnsafeBufferPointer { segments in
      var job = pen_attention(
        dtype: dtype.pen, head_dim: Int64(shape.headDim), group: Int64(shape.group), scale: scale,
        soft_cap: shape.softCap, window: Int64(shape.window), segments: segments.baseAddress,
        segment_count: Int64(segments.count), q: q.pointer, q_stride: Int64(q.stride),
        k: k.pointer, v: v.pointer, kv_stride: Int64(k.stride), out: forward.out.pointer,
        out_stride: Int64(forward.out.stride), log_sum_exp: forward.logSumExp.floats,
        lse_stride: Int64(forward.logSumExp.stride), d_out: dOut.pointer,
        d_q: backward?.dQ.floats, d_q_stride: Int64(backward?.dQ.stride ?? 0),
        d_k: backward?.dK.floats, d_v: backward?.dV.floats,
        d_kv_stride: Int64(backward?.dK.stride ?? 0))
      body(&job)
    }
  }

  func forward(_ set: KernelSet) -> Forward {
    let result = Forward(
      out: Matrix(tokens, q.columns, dtype.pen), logSumExp: Matrix(tokens, shape.group))
    job(result, nil) { job in
      let scratch = Storage(count: Int(set.table.attention_scratch(&job, false)))
      set.table.attention_forward(&job, scratch.pointer)
    }
    return result
  }

  func backward(_ set: KernelSet, _ forward: Forward) -> Backward {
    let result = Backward(
      dQ: Matrix(tokens, q.columns), dK: Matrix(tokens, shape.headDim),
      dV: Matrix(tokens, shape.headDim))
    // Overwritten, not added to.
    for row in shape.lead..<max(tokens, shape.lead) {
      result.dQ[row, 0] = 100
      result.dK[row, 0] = 100
      result.dV[row, 0] = 100
    }
    job(forward, result) { job in
      let scratch = Storage(count: Int(set.table.attention_scratch(&job, true)))
      set.table.attention_backward(&job, scratch.pointer)
    }
    return result
  }

  /// The last row of a segment as a decoding step over the prompt and the segment.
  func decode(_ set: KernelSet, segment: Int) -> Matrix {
    let own = segments[segment]
    let row = Int(own.start + own.length) - 1
    let out = Matrix(1, q.columns, dtype.pen)
    let runs = [segments[0], own].map { part in
      pen_key_run(
        k: k.row(Int(part.start)), v: v.row(Int(part.start)), stride: Int64(k.stride),
        length: part.length, position: part.position)
    }
    runs.withUnsafeBufferPointer { runs in
      var job = pen_decode(
        dtype: dtype.pen, head_dim: Int64(shape.headDim), group: Int64(shape.group), scale: scale,
        soft_cap: shape.softCap, window: Int64(shape.window),
        position: own.position + own.length - 1, q: q.row(row),
        runs: runs.baseAddress, run_count: Int64(runs.count), out: out.pointer)
      let scratch = Storage(count: Int(set.table.decode_scratch(&job)))
      set.table.attention_decode(&job, scratch.pointer)
    }
    return out
  }
}

/// Attention as its definition says, in Double.
struct AttentionReference {
  let attention: AttentionCase
  var q: [Double]
  var k: [Double]
  var v: [Double]

  init(_ attention: AttentionCase) {
    self.attention = attention
    q = attention.q.values
    k = attention.k.values
    v = attention.v.values
  }

  /// (tokens, group × headDim) and (tokens, group); 0 in rows of no segment.
  func forward() -> (out: [Double], logSumExp: [Double]) {
    let h = attention.shape.headDim
    let group = attention.shape.group
    let width = group * h
    var out = [Double](repeating: 0, count: attention.tokens * width)
    var logSumExp = [Double](repeating: 0, count: attention.tokens * group)
    for (index, segment) in attention.segments.enumerated() {
      for row in 0..<Int(segment.length) {
        let token = Int(segment.start) + row
        let keys = attention.visible(segment: index, row: row)
        for head in 0..<group {
          let at = token * width + head * h
          let cap = Double(attention.shape.softCap)
          let scores = keys.map { key in
            let score =
              (0..<h).reduce(0.0) { $0 + q[at + $1] * k[key * h + $1] } * Double(attention.scale)
            return cap > 0 ? cap * hyperbolicTangent(score / cap) : score
          }
          let most = scores.max() ?? 0
          let weights = scores.map { exponential($0 - most) }
          let total = weights.reduce(0, +)
          logSumExp[token * group + head] = most + logarithm(total)
          for (key, weight) in zip(keys, weights) {
            for e in 0..<h { out[at + e] += weight / total * v[key * h + e] }
          }
        }
      }
    }
    return (out, logSumExp)
  }

  /// Σ dOut ∘ out: the loss whose gradient the backward kernel computes.
  func loss() -> Double {
    zip(forward().out, attention.dOut.values).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
