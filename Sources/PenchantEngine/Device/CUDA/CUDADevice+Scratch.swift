/// Memory that operations need for themselves.
extension CUDADevice {
  /// Memory that an operation needs for itself, at least so many bytes; it grows, and the next operation with the
  /// same use may write over it.
  /// - Returns: nil after a failure, when nothing is enqueued any more.
  func scratchBuffer(_ use: ScratchUse, bytes: Int) -> Buffer? {
    guard isSound else { return nil }
    if let buffer = scratch[use], buffer.byteCount >= bytes { return buffer }
    scratch[use] = nil
    enqueue { () throws(EngineError) in scratch[use] = try reserve(bytes) }
    return scratch[use]
  }

  /// The same as an address; 0 after a failure.
  func scratch(_ use: ScratchUse, bytes: Int) -> CUDAAddress {
    scratchBuffer(use, bytes: bytes)?.device ?? 0
  }

  /// The same as a tensor whose rows begin at multiples of 16 bytes.
  func scratchTensor(_ use: ScratchUse, _ rows: Int, _ columns: Int, _ dtype: DType) -> Tensor? {
    scratchBuffer(use, bytes: Self.tableBytes(rows, columns, dtype)).map {
      Tensor(
        buffer: $0, offset: 0, rows: rows, columns: columns, stride: Self.tableStride(columns),
        dtype: dtype)
    }
  }

  private static func tableStride(_ columns: Int) -> Int { (columns + 7) / 8 * 8 }
  /// Of such a tensor.
  static func tableBytes(_ rows: Int, _ columns: Int, _ dtype: DType) -> Int {
    max(1, rows * tableStride(columns) * dtype.size)
  }

  package func scratchForecast(
    _ work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) -> Int {
    CUDAScratchPlan(work, architecture, dtype: dtype).byteCount
  }

  package func reserveScratch(
    for work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) throws(EngineError) {
    let plan = CUDAScratchPlan(work, architecture, dtype: dtype)
    let missing = plan.bytes.filter { scratch[$0.key].map(\.byteCount) ?? 0 < $0.value }
    // What the lists said is gone with them.
    (attentionWork, decodeWork) = (nil, nil)
    do throws(EngineError) {
      for (use, bytes) in missing {
        scratch[use] = nil
        scratch[use] = try reserve(bytes)
      }
    } catch {
      // Who asks again asks for less.
      for use in missing.keys { scratch[use] = nil }
      throw error
    }
  }

  /// Bytes that operations have taken for themselves.
  package var scratchBytes: Int { scratch.values.reduce(0) { $0 + $1.byteCount } }
}

/// What scratch memory is for: one piece each, so that what an operation uses together does not collide.
enum ScratchUse: Hashable {
  case workspace, dequantised, rows, partial, offsets, targets, coefficients, slopes, states,
    logits,
    logitWeights, factors, results, attentionTasks, attentionDeltas, runs, faults
}
