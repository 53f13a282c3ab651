import CPenchantKernels

/// Bytes of weights from which on memory is read at its speed, the start of the stream included.
private let smallestStream = 128 << 10

extension CPUDevice {
  package func product(
    _ terms: [ProductTerm], into out: Tensor, scale: Float = 1, bias: Tensor? = nil,
    accumulate: Bool = false, fewRows: Bool = false
  ) {
    OperationCheck.product(terms, into: out, accumulate: accumulate)
    guard out.count > 0 else { return }
    if fewRows, terms.allSatisfy({ $0.layout == .transposed }) {
      productOfFewRows(terms, into: out, scale: scale, bias: bias, accumulate: accumulate)
    } else {
      productOfPanels(terms, into: out, scale: scale, bias: bias, accumulate: accumulate)
    }
  }

  private func output(
    _ out: Tensor, row: Int, column: Int, scale: Float, bias: Tensor?, accumulate: Bool
  ) -> pen_output {
    pen_output(
      data: out.pointer + (row * out.stride + column) * out.dtype.size, stride: Int64(out.stride),
      dtype: out.kernelType, accumulate: accumulate, scale: scale,
      bias: bias.map { UnsafeRawPointer($0.pointer + column * $0.dtype.size) },
      bias_dtype: bias?.kernelType ?? PEN_F32)
  }

  /// A panel of right columns at a time, packed by the thread that uses it.
  private func productOfPanels(
    _ terms: [ProductTerm], into out: Tensor, scale: Float, bias: Tensor?, accumulate: Bool
  ) {
    let kernels = kernels.pointee
    let dtype = terms[0].left.kernelType
    let width = Int(kernels.panel_width)
    let panelBytes = terms.map { Int(kernels.panel_bytes(Int64($0.depth), dtype)) }
    let scratch = scratch(bytes: panelBytes.reduce(0, +))
    let pieces = PanelPieces(
      columns: out.columns, width: width, rows: out.rows, threads: pool.threads)
    pool.run(pieces.count) { index, worker in
      let (columns, rows) = pieces[index]
      var panel = scratch(worker)
      withUnsafeTemporaryAllocation(of: pen_term.self, capacity: terms.count) { packed in
        for (position, term) in terms.enumerated() {
          pack(term, columns, into: panel)
          packed[position] = pen_term(
            left: term.left.rows(rows).pointer, left_stride: Int64(term.left.stride), panel: panel,
            depth: Int64(term.depth))
          panel += panelBytes[position]
        }
        var target = output(
          out, row: rows.lowerBound, column: columns.lowerBound, scale: scale, bias: bias,
          accumulate: accumulate)
        kernels.multiply(
          packed.baseAddress, Int64(terms.count), dtype, Int64(rows.count), Int64(columns.count),
          &target)
      }
    }
  }

  private func pack(_ term: ProductTerm, _ columns: Range<Int>, into panel: UnsafeMutableRawPointer)
  {
    switch term.layout {
    case .transposed:
      var source = term.matrix(rows: columns)
      kernels.pointee.pack_rows(
        panel, &source, Int64(columns.count), Int64(term.depth), term.left.kernelType)
    case .plain:
      var source = term.matrix(rows: 0..<term.right.rows)
      kernels.pointee.pack_columns(
        panel, &source, Int64(columns.lowerBound), Int64(columns.count), Int64(term.depth),
        term.left.kernelType)
    }
  }

  /// Decoding: every right row is read once from memory and meets all left rows.
  private func productOfFewRows(
    _ terms: [ProductTerm], into out: Tensor, scale: Float, bias: Tensor?, accumulate: Bool
  ) {
    let kernels = kernels.pointee
    // As many pieces for each thread as balance well, but none too small to stream.
    let bytes = terms.reduce(0) { $0 + $1.right.count * $1.right.dtype.size }
    let each = min(8, max(1, bytes / (pool.threads * smallestStream)))
    let pieces = pool.threads * each
    let block = max(8, ((out.columns + pieces - 1) / pieces + 7) / 8 * 8)
    pool.run((out.columns + block - 1) / block) { index, _ in
      let columns = index * block..<min(out.columns, (index + 1) * block)
      withUnsafeTemporaryAllocation(of: pen_row_term.self, capacity: terms.count) { rows in
        for (position, term) in terms.enumerated() {
          rows[position] = pen_row_term(
            left: term.left.pointer, left_stride: Int64(term.left.stride),
            right: term.matrix(rows: columns), depth: Int64(term.depth))
        }
        var target = output(
          out, row: 0, column: columns.lowerBound, scale: scale, bias: bias,
          accumulate: accumulate)
        kernels.multiply_rows(
          rows.baseAddress, Int64(terms.count), terms[0].left.kernelType, Int64(out.rows),
          Int64(columns.count), &target)
      }
    }
  }

  package func productOverRows(_ left: Tensor, _ right: Tensor, into out: Tensor) {
    OperationCheck.productOverRows(left, right, into: out)
    guard out.count > 0, left.rows > 0 else { return }
    let kernels = kernels.pointee
    let dtype = left.kernelType
    // Pack the wide side as panels; a narrow right side (a low-rank factor) is computed transposed.
    let flipped = right.columns < left.columns && right.columns < Int(kernels.panel_width)
    let (narrow, wide) = flipped ? (right, left) : (left, right)
    let depth = left.rows
    let rows = narrow.columns
    let width = Int(kernels.panel_width)

    let element = left.dtype.size
    let transposed = shared(bytes: rows * depth * element)
    let slice = max(16, (rows / pool.threads + 15) / 16 * 16)
    pool.run((rows + slice - 1) / slice) { index, _ in
      let columns = index * slice..<min(rows, (index + 1) * slice)
      let source = narrow.columns(columns)
      kernels.transpose(
        transposed + columns.lowerBound * depth * element, Int64(depth), dtype, source.pointer,
        Int64(source.stride), dtype, Int64(depth), Int64(columns.count))
    }

    let panelBytes = Int(kernels.panel_bytes(Int64(depth), dtype))
    let tileBytes = flipped ? rows * width * MemoryLayout<Float>.size : 0
    let scratch = scratch(bytes: panelBytes + tileBytes)
    let pieces = PanelPieces(
      columns: wide.columns, width: width, rows: rows, threads: pool.threads)
    pool.run(pieces.count) { index, worker in
      let (columns, rows) = pieces[index]
      let panel = scratch(worker)
      var source = pen_matrix(
        data: wide.pointer, stride: Int64(wide.stride), scales: nil, scale_stride: 0)
      kernels.pack_columns(
        panel, &source, Int64(columns.lowerBound), Int64(columns.count), Int64(depth), dtype)
      var term = pen_term(
        left: transposed + rows.lowerBound * depth * element, left_stride: Int64(depth),
        panel: panel, depth: Int64(depth))
      if flipped {
        let tile = (panel + panelBytes).assumingMemoryBound(to: Float.self)
        var target = pen_output(
          data: tile, stride: Int64(width), dtype: PEN_F32, accumulate: false, scale: 1, bias: nil,
          bias_dtype: PEN_F32)
        kernels.multiply(&term, 1, dtype, Int64(rows.count), Int64(columns.count), &target)
        for column in columns {
          let target = out.floats + column * out.stride + rows.lowerBound
          for row in 0..<rows.count {
            target[row] += tile[row * width + column - columns.lowerBound]
          }
        }
      } else {
        var target = output(
          out, row: rows.lowerBound, column: columns.lowerBound, scale: 1, bias: nil,
          accumulate: true)
        kernels.multiply(&term, 1, dtype, Int64(rows.count), Int64(columns.count), &target)
      }
    }
  }
}

extension CPUDevice {
  package func quantise(
    _ source: Tensor, into values: Tensor, scales: Tensor
  ) throws(EngineError) -> Bool {
    OperationCheck.quantise(source, into: values, scales: scales)
    let kernels = kernels.pointee
    let slice = 64
    // One flag a slice, so that threads share nothing they write.
    let count = (source.rows + slice - 1) / slice
    return withUnsafeTemporaryAllocation(of: Bool.self, capacity: count) { flags in
      flags.initialize(repeating: false)
      nonisolated(unsafe) let flags = flags
      pool.run(count) { index, _ in
        let rows = index * slice..<min(source.rows, (index + 1) * slice)
        let part = values.rows(rows)
        flags[index] = kernels.quantise(
          part.pointer.assumingMemoryBound(to: Int8.self), Int64(part.stride),
          scales.rows(rows).floats, Int64(scales.stride), source.rows(rows).pointer,
          Int64(source.stride), source.kernelType, Int64(rows.count), Int64(source.columns))
      }
      return flags.allSatisfy { $0 }
    }
  }
}

extension ProductTerm {
  /// Rows of the right operand as the kernels take them.
  fileprivate func matrix(rows: Range<Int>) -> pen_matrix {
    pen_matrix(
      data: right.rows(rows).pointer, stride: Int64(right.stride),
      scales: scales.map { UnsafePointer($0.rows(rows).floats) },
      scale_stride: Int64(scales?.stride ?? 0))
  }
}

/// How a product is cut into pieces.
///
/// Whole panels come first; what does not divide among the threads is cut by rows, so that all threads finish
/// together. The cut does not change any result.
struct PanelPieces {
  private let columns: Int
  private let width: Int
  private let rows: Int
  private let wholePanels: Int
  private let rowsEach: Int
  private let rowPieces: Int
  let count: Int

  init(columns: Int, width: Int, rows: Int, threads: Int) {
    let panels = (columns + width - 1) / width
    let wholePanels = panels / threads * threads
    // Six rows fill a register tile.
    let rowsEach = max(6, ((rows + threads - 1) / threads + 5) / 6 * 6)
    let rowPieces = (rows + rowsEach - 1) / rowsEach
    self.columns = columns
    self.width = width
    self.rows = rows
    self.wholePanels = wholePanels
    self.rowsEach = rowsEach
    self.rowPieces = rowPieces
    count = wholePanels + (panels - wholePanels) * rowPieces
  }

  /// The columns and rows of a piece.
  subscript(index: Int) -> (columns: Range<Int>, rows: Range<Int>) {
    let (panel, piece) =
      index < wholePanels
      ? (index, nil)
      : (
        wholePanels + (index - wholePanels) / rowPieces, (index - wholePanels) % rowPieces as Int?
      )
    let range = panel * width..<min(columns, (panel + 1) * width)
    guard let piece else { return (range, 0..<rows) }
    return (range, piece * rowsEach..<min(rows, (piece + 1) * rowsEach))
  }
}
