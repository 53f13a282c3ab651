/// A matrix on a device: rows of `columns` elements, `stride` elements from one row to the next.
///
/// A value: copying it shares the buffer. A vector is a matrix of one row.
package struct Tensor {
  package let buffer: Buffer
  /// Bytes from the beginning of the buffer to the first element.
  package let offset: Int
  package let rows: Int
  package let columns: Int
  /// Elements from one row to the next; at least `columns`.
  package let stride: Int
  package let dtype: DType

  package init(
    buffer: Buffer, offset: Int, rows: Int, columns: Int, stride: Int? = nil, dtype: DType
  ) {
    let stride = stride ?? columns
    precondition(
      rows >= 0 && columns >= 0 && stride >= columns,
      "Tensor: (\(rows), \(columns)) stride \(stride)")
    let end = rows == 0 ? 0 : ((rows - 1) * stride + columns) * dtype.size
    precondition(
      offset >= 0 && offset + end <= buffer.byteCount,
      "Tensor: \(offset) + \(end) bytes do not fit a buffer of \(buffer.byteCount)")
    self.buffer = buffer
    self.offset = offset
    self.rows = rows
    self.columns = columns
    self.stride = stride
    self.dtype = dtype
  }

  /// The number of elements.
  package var count: Int { rows * columns }

  /// Whether rows follow each other without a gap.
  package var isContiguous: Bool { stride == columns || rows <= 1 }

  /// The first `count` rows, or the rows of a range.
  package func rows(_ range: Range<Int>) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows, "Tensor.rows: \(range) of \(rows)")
    return Tensor(
      buffer: buffer, offset: offset + range.lowerBound * stride * dtype.size, rows: range.count,
      columns: columns, stride: stride, dtype: dtype)
  }

  /// The columns of a range, as a view with the same stride.
  package func columns(_ range: Range<Int>) -> Tensor {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns, "Tensor.columns: \(range) of \(columns)"
    )
    return Tensor(
      buffer: buffer, offset: offset + range.lowerBound * dtype.size, rows: rows,
      columns: range.count, stride: stride, dtype: dtype)
  }

  /// A contiguous tensor with its rows cut into rows of another width.
  package func split(width: Int) -> Tensor {
    precondition(
      isContiguous && columns % width == 0, "Tensor.split: (\(rows), \(columns)) into \(width)")
    return Tensor(
      buffer: buffer, offset: offset, rows: rows * (columns / width), columns: width, dtype: dtype)
  }

  /// The address of the first element, for the CPU's operations.
  var pointer: UnsafeMutableRawPointer { buffer.address + offset }

  /// The elements of a float32 tensor as the CPU sees them.
  var floats: UnsafeMutablePointer<Float> {
    precondition(dtype == .float32, "Tensor.floats: dtype is \(dtype)")
    return pointer.assumingMemoryBound(to: Float.self)
  }

  /// The elements of an int32 tensor as the CPU sees them.
  var integers: UnsafeMutablePointer<Int32> {
    precondition(dtype == .int32, "Tensor.integers: dtype is \(dtype)")
    return pointer.assumingMemoryBound(to: Int32.self)
  }
}
