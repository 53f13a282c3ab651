extension CUDADevice {
  package func attention(
    q: Tensor, k: Tensor, v: Tensor, groups: [[Segment]], shape: AttentionShape, into out: Tensor,
    logSumExp: Tensor
  ) { preconditionFailure("attention") }
  package func attentionBackward(
    dOut: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, logSumExp: Tensor,
    groups: [[Segment]], shape: AttentionShape, dQ: Tensor, dK: Tensor, dV: Tensor
  ) { preconditionFailure("attention") }
  package func attentionDecode(
    q: Tensor, keys: Tensor, values: Tensor, runs: [[Segment]], positions: [Int],
    shape: AttentionShape, into out: Tensor
  ) { preconditionFailure("attention") }
}
