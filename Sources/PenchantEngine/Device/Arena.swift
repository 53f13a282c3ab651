/// A plan of tensors in one allocation, made before anything is allocated.
///
/// The memory forecast is the sum of such plans: what was planned is what is allocated.
package struct ArenaPlan {
  /// Where one planned tensor will lie.
  package struct Slot {
    let offset: Int
    let rows: Int
    let columns: Int
    let stride: Int
    let dtype: DType

    /// The columns of a range.
    func columns(_ range: Range<Int>) -> Slot {
      Slot(
        offset: offset + range.lowerBound * dtype.size, rows: rows, columns: range.count,
        stride: stride, dtype: dtype)
    }
  }

  /// Every tensor begins on a cache line.
  static let alignment = 64

  /// Bytes planned so far.
  package private(set) var byteCount = 0

  package init() {}

  /// Plans a tensor of its own.
  package mutating func reserve(_ rows: Int, _ columns: Int, _ dtype: DType) -> Slot {
    let slot = Slot(
      offset: byteCount, rows: rows, columns: columns, stride: columns, dtype: dtype)
    let bytes = rows * columns * dtype.size
    byteCount += (bytes + Self.alignment - 1) / Self.alignment * Self.alignment
    return slot
  }
}

/// The allocation that a plan asked for.
package struct Arena {
  package let buffer: Buffer

  /// Allocates what was planned, zeroed.
  /// - Throws: ``EngineError`` when the memory cannot be had.
  package init(_ plan: ArenaPlan, on device: any Device) throws(EngineError) {
    buffer = try device.allocate(byteCount: max(plan.byteCount, ArenaPlan.alignment))
  }

  /// The tensor at a planned place.
  package subscript(slot: ArenaPlan.Slot) -> Tensor {
    Tensor(
      buffer: buffer, offset: slot.offset, rows: slot.rows, columns: slot.columns,
      stride: slot.stride, dtype: slot.dtype)
  }
}
