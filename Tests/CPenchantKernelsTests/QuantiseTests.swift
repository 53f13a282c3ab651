import CPenchantKernels
import Testing

/// A matrix as int8 with a scale a group, and what products see of it.
struct Quantised {
  let values: Storage
  let stride: Int
  let scales: Matrix
  let isFinite: Bool

  init(_ set: KernelSet, _ source: Matrix) {
    let groups = (source.columns + Int(PEN_GROUP) - 1) / Int(PEN_GROUP)
    stride = source.columns + 5
    // The last row has no padding: what is written past it meets the guard.
    values = Storage(count: (source.rows - 1) * stride + source.columns)
    scales = Matrix(source.rows, groups)
    isFinite = set.table.quantise(
      values.pointer.assumingMemoryBound(to: Int8.self), Int64(stride), scales.floats,
      Int64(scales.stride), source.pointer, Int64(source.stride), source.dtype,
      Int64(source.rows), Int64(source.columns))
  }

  func value(_ row: Int, _ column: Int) -> Int8 {
    values.pointer.load(fromByteOffset: row * stride + column, as: Int8.self)
  }

  func scale(_ row: Int, _ column: Int) -> Float { scales[row, column / Int(PEN_GROUP)] }

  var operand: pen_matrix {
    pen_matrix(
      data: values.pointer, stride: Int64(stride), scales: scales.floats,
      scale_stride: Int64(scales.stride))
  }

  /// The bfloat16 matrix it stands for.
  func meant(_ rows: Int, _ columns: Int) -> Matrix {
    let matrix = Matrix(rows, columns, PEN_BF16)
    for row in 0..<rows {
      for column in 0..<columns {
        matrix[row, column] = Float(value(row, column)) * scale(row, column)
      }
    }
    return matrix
  }
}

@Suite struct QuantiseTests {
  @Test(arguments: KernelSet.all, DType.allCases)
  func valuesAreNearest(_ set: KernelSet, _ dtype: DType) {
    var numbers = Numbers(seed: 31)
    for columns in [1, 7, 16, 63, 64, 65, 130, 200] {
      let source = Matrix(5, columns, dtype.pen, random: &numbers, scale: 0.02)
      for column in 0..<columns { source[3, column] = 0 }
      let kept = Quantised(set, source)
      #expect(kept.isFinite)
      for row in 0..<source.rows {
        for begin in stride(from: 0, to: columns, by: Int(PEN_GROUP)) {
          let group = begin..<min(columns, begin + Int(PEN_GROUP))
          let most = group.map { abs(source[row, $0]) }.max() ?? 0
          #expect(kept.scale(row, begin) == most / 127)
          for column in group {
            let value = Double(kept.value(row, column))
            let exact = most > 0 ? Double(source[row, column]) / (Double(most) / 127) : 0
            // Half a step, and the rounding of the division.
            #expect(abs(value - exact) <= 0.5 + 1e-4, "row \(row), column \(column) of \(columns)")
          }
          if most > 0 { #expect(group.contains { abs(kept.value(row, $0)) == 127 }) }
        }
      }
    }
  }

  @Test(arguments: KernelSet.vectorised, DType.allCases)
  func sameBytesAsPlain(_ set: KernelSet, _ dtype: DType) {
    var numbers = Numbers(seed: 32)
    let source = Matrix(9, 203, dtype.pen, random: &numbers, scale: 3)
    let (ours, plain) = (Quantised(set, source), Quantised(.plain, source))
    #expect(ours.scales.bits == plain.scales.bits)
    for row in 0..<9 {
      for column in 0..<203 { #expect(ours.value(row, column) == plain.value(row, column)) }
    }
  }

  @Test(arguments: KernelSet.all)
  func whatIsNotFiniteIsRefused(_ set: KernelSet) {
    for bad in [Float.nan, .infinity, -.infinity] {
      for column in [0, 40, 66] {
        var numbers = Numbers(seed: 33)
        let source = Matrix(3, 67, random: &numbers)
        source[1, column] = bad
        #expect(!Quantised(set, source).isFinite)
      }
    }
  }

  /// Products read the same bits from int8 as from the bfloat16 matrix it stands for, either way round.
  @Test(arguments: KernelSet.all) func panelsAreThoseOfTheMeantMatrix(_ set: KernelSet) {
    var numbers = Numbers(seed: 34)
    for (rows, columns) in [(1, 1), (3, 65), (17, 64), (64, 130), (66, 203), (5, 7)] {
      let source = Matrix(rows, columns, random: &numbers, scale: 0.05)
      let kept = Quantised(set, source)
      let meant = kept.meant(rows, columns)
      for first in stride(from: 0, to: rows, by: Int(set.table.panel_width)) {
        let count = min(rows - first, Int(set.table.panel_width))
        func panel(_ operand: pen_matrix) -> [UInt8] {
          let bytes = Int(set.table.panel_bytes(Int64(columns), PEN_BF16))
          let storage = Storage(count: bytes)
          var operand = operand
          let size = operand.scales == nil ? 2 : 1
          operand.data = operand.data.map { $0 + first * Int(operand.stride) * size }
          operand.scales = operand.scales.map { $0 + first * Int(operand.scale_stride) }
          set.table.pack_rows(storage.pointer, &operand, Int64(count), Int64(columns), PEN_BF16)
          return Array(UnsafeRawBufferPointer(start: storage.pointer, count: bytes))
        }
        #expect(panel(kept.operand) == panel(meant.operand), "rows \(rows), \(columns)")
      }
      for first in stride(from: 0, to: columns, by: Int(set.table.panel_width)) {
        let count = min(columns - first, Int(set.table.panel_width))
        func panel(_ operand: pen_matrix) -> [UInt8] {
          let bytes = Int(set.table.panel_bytes(Int64(rows), PEN_BF16))
          let storage = Storage(count: bytes)
          var operand = operand
          set.table.pack_columns(
            storage.pointer, &operand, Int64(first), Int64(count), Int64(rows), PEN_BF16)
          return Array(UnsafeRawBufferPointer(start: storage.pointer, count: bytes))
        }
        #expect(panel(kept.operand) == panel(meant.operand), "columns \(rows), \(columns)")
      }
    }
  }

  @Test(arguments: KernelSet.all) func rowProductsAreThoseOfTheMeantMatrix(_ set: KernelSet) {
    var numbers = Numbers(seed: 35)
    for (columns, depth) in [(1, 1), (3, 65), (17, 64), (40, 131), (33, 300)] {
      let source = Matrix(columns, depth, random: &numbers, scale: 0.05)
      let kept = Quantised(set, source)
      let meant = kept.meant(columns, depth)
      for rows in [1, 2, 3, 4, 5, 9] {
        let left = Matrix(rows, depth, PEN_BF16, random: &numbers)
        func product(_ operand: pen_matrix) -> [UInt32] {
          let out = Matrix(rows, columns)
          var term = pen_row_term(
            left: left.pointer, left_stride: Int64(left.stride), right: operand,
            depth: Int64(depth))
          var output = Epilogue().output(out)
          set.table.multiply_rows(&term, 1, PEN_BF16, Int64(rows), Int64(columns), &output)
          #expect(out.paddingIsIntact)
          return out.bits
        }
        #expect(product(kept.operand) == product(meant.operand), "\(rows)×\(columns)×\(depth)")
      }
    }
  }
}
