import PenchantEngine

/// Made-up values for large tensors: written once, then copied on the device.
enum SyntheticBlock {
  /// Values of a block: 8 · (2¹⁷ − 1), so that rows of usual widths begin in different places of it, each copy aligned
  /// to 16 bytes.
  static let count = 8 * 131_071

  /// Repeats `block` over a contiguous tensor.
  static func fill(_ tensor: Tensor, with block: [Float], on device: any Device) {
    precondition(tensor.isContiguous && !block.isEmpty, "SyntheticBlock.fill: \(tensor.count)")
    func part(_ range: Range<Int>) -> Tensor {
      Tensor(
        buffer: tensor.buffer, offset: tensor.offset + range.lowerBound * tensor.dtype.size,
        rows: 1, columns: range.count, dtype: tensor.dtype)
    }
    var filled = min(block.count, tensor.count)
    device.write(Array(block.prefix(filled)), to: part(0..<filled))
    while filled < tensor.count {
      // Whole blocks so far, so that a copy goes on where they end.
      let more = min(filled, tensor.count - filled)
      device.copy(part(0..<more), to: part(filled..<filled + more))
      filled += more
    }
  }
}
