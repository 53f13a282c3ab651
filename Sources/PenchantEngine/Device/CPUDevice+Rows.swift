import CPenchantKernels

/// Operations that treat each row by itself.
extension CPUDevice {
  /// Rows handled as one piece of work, and as one partial sum where rows are summed: fixed, so that no sum
  /// depends on the number of threads.
  private static let rowBlock = 32

  /// Runs `body` over consecutive blocks of rows.
  private func forRows(_ rows: Int, _ body: (Range<Int>) -> Void) {
    let block = Self.rowBlock
    pool.run((rows + block - 1) / block) { index, _ in
      body(index * block..<min(rows, (index + 1) * block))
    }
  }

  package func embed(_ ids: Tensor, table: Tensor, into out: Tensor) {
    precondition(
      ids.count == out.rows && table.columns == out.columns && out.dtype == .float32,
      "embed: \(ids.count) ids into (\(out.rows), \(out.columns))")
    forRows(out.rows) { rows in
      kernels.pointee.embed(
        out.rows(rows).floats, Int64(out.stride), table.pointer, Int64(table.stride),
        ids.integers + rows.lowerBound, Int64(rows.count), Int64(out.columns), table.kernelType)
    }
  }

  package func embedBackward(_ ids: Tensor, dOut: Tensor, into dTable: Tensor) {
    precondition(
      ids.count == dOut.rows && dTable.columns == dOut.columns && dTable.dtype == .float32,
      "embedBackward: \(ids.count) ids, (\(dOut.rows), \(dOut.columns))")
    // Two rows may have the same id, so the work is cut by columns.
    let block = max(16, (dOut.columns / pool.threads + 15) / 16 * 16)
    pool.run((dOut.columns + block - 1) / block) { index, _ in
      let columns = index * block..<min(dOut.columns, (index + 1) * block)
      kernels.pointee.embed_backward(
        dTable.columns(columns).floats, Int64(dTable.stride), dOut.columns(columns).floats,
        Int64(dOut.stride), ids.integers, Int64(dOut.rows), Int64(columns.count))
    }
  }

  package func convert(_ source: Tensor, into destination: Tensor) {
    precondition(
      source.rows == destination.rows && source.columns == destination.columns,
      "convert: (\(source.rows), \(source.columns)) into (\(destination.rows), \(destination.columns))"
    )
    if source.isContiguous, destination.isContiguous {
      let block = 1 << 15
      pool.run((source.count + block - 1) / block) { index, _ in
        let start = index * block
        kernels.pointee.convert(
          destination.pointer + start * destination.dtype.size, destination.kernelType,
          source.pointer + start * source.dtype.size, source.kernelType,
          Int64(min(block, source.count - start)))
      }
      return
    }
    forRows(source.rows) { rows in
      for row in rows {
        kernels.pointee.convert(
          destination.rows(row..<row + 1).pointer, destination.kernelType,
          source.rows(row..<row + 1).pointer, source.kernelType, Int64(source.columns))
      }
    }
  }

  package func gather(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    precondition(
      rows.count == destination.rows && source.columns == destination.columns,
      "gather: \(rows.count) rows into (\(destination.rows), \(destination.columns))")
    for (target, row) in rows.enumerated() {
      copy(
        source.rows(Int(row)..<Int(row) + 1), to: destination.rows(target..<target + 1))
    }
  }

  package func scatter(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    precondition(
      rows.count == source.rows && source.columns == destination.columns,
      "scatter: \(rows.count) rows from (\(source.rows), \(source.columns))")
    for (index, row) in rows.enumerated() {
      copy(source.rows(index..<index + 1), to: destination.rows(Int(row)..<Int(row) + 1))
    }
  }

  package func rmsNorm(_ x: Tensor, gain: Tensor, epsilon: Float, into out: Tensor) {
    precondition(
      x.rows == out.rows && x.columns == out.columns && gain.count == x.columns
        && x.dtype == out.dtype && gain.dtype == x.dtype,
      "rmsNorm: (\(x.rows), \(x.columns)) into (\(out.rows), \(out.columns))")
    forRows(x.rows) { rows in
      kernels.pointee.rms_norm(
        out.rows(rows).pointer, Int64(out.stride), x.rows(rows).pointer, Int64(x.stride),
        gain.pointer, epsilon, Int64(rows.count), Int64(x.columns), x.kernelType)
    }
  }

  package func rmsNormBackward(
    dOut: Tensor, x: Tensor, gain: Tensor, epsilon: Float, dX: Tensor, dGain: Tensor?
  ) {
    precondition(
      dOut.rows == x.rows && dX.rows == x.rows && dOut.columns == x.columns
        && dX.columns == x.columns && dX.dtype == .float32 && dOut.dtype == .float32
        && gain.dtype == x.dtype,
      "rmsNormBackward: (\(x.rows), \(x.columns)), dOut (\(dOut.rows), \(dOut.columns))")
    let columns = x.columns
    let blocks = (x.rows + Self.rowBlock - 1) / Self.rowBlock
    // One partial gain gradient a block of rows, added in order.
    let partial = dGain.map { _ in
      let sums = shared(bytes: blocks * columns * MemoryLayout<Float>.size)
        .bindMemory(to: Float.self, capacity: blocks * columns)
      sums.update(repeating: 0, count: blocks * columns)
      return sums
    }
    forRows(x.rows) { rows in
      kernels.pointee.rms_norm_backward(
        dX.rows(rows).floats, Int64(dX.stride),
        partial.map { $0 + rows.lowerBound / Self.rowBlock * columns }, dOut.rows(rows).floats,
        Int64(dOut.stride), x.rows(rows).pointer, Int64(x.stride), gain.pointer, epsilon,
        Int64(rows.count), Int64(columns), x.kernelType)
    }
    guard let dGain, let partial else { return }
    for block in 0..<blocks {
      kernels.pointee.add_scaled(dGain.floats, partial + block * columns, 1, Int64(columns))
    }
  }

  package func rotary(
    _ x: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into out: Tensor
  ) {
    rotate(x, angles, positions, headDimension, out, direction: 1)
  }

  package func rotaryBackward(
    _ dOut: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into dX: Tensor
  ) {
    rotate(dOut, angles, positions, headDimension, dX, direction: -1)
  }

  private func rotate(
    _ x: Tensor, _ angles: Tensor, _ positions: Tensor, _ headDimension: Int, _ out: Tensor,
    direction: Float
  ) {
    precondition(
      x.rows == out.rows && x.columns == out.columns && positions.count == x.rows
        && x.columns % headDimension == 0 && angles.columns <= headDimension,
      "rotary: (\(x.rows), \(x.columns)), head dimension \(headDimension)")
    forRows(x.rows) { rows in
      kernels.pointee.rotary(
        out.rows(rows).pointer, Int64(out.stride), out.kernelType, x.rows(rows).pointer,
        Int64(x.stride), x.kernelType, angles.floats, positions.integers + rows.lowerBound,
        Int64(rows.count), Int64(x.columns / headDimension), Int64(headDimension),
        Int64(angles.columns), direction)
    }
  }

  package func siluMultiply(gate: Tensor, up: Tensor, into out: Tensor) {
    precondition(
      gate.rows == out.rows && gate.columns == out.columns && up.columns == out.columns
        && gate.stride == up.stride && gate.dtype == out.dtype,
      "siluMultiply: (\(gate.rows), \(gate.columns)) into (\(out.rows), \(out.columns))")
    forRows(out.rows) { rows in
      kernels.pointee.silu_multiply(
        out.rows(rows).pointer, Int64(out.stride), gate.rows(rows).pointer, up.rows(rows).pointer,
        Int64(gate.stride), Int64(rows.count), Int64(out.columns), out.kernelType)
    }
  }

  package func siluMultiplyBackward(
    dOut: Tensor, gate: Tensor, up: Tensor, dGate: Tensor, dUp: Tensor
  ) {
    precondition(
      dOut.rows == gate.rows && dOut.columns == gate.columns && gate.stride == up.stride
        && dGate.stride == dUp.stride && dGate.columns == gate.columns,
      "siluMultiplyBackward: (\(gate.rows), \(gate.columns)), dOut (\(dOut.rows), \(dOut.columns))")
    forRows(gate.rows) { rows in
      kernels.pointee.silu_multiply_backward(
        dGate.rows(rows).pointer, dUp.rows(rows).pointer, Int64(dGate.stride),
        dOut.rows(rows).floats, Int64(dOut.stride), gate.rows(rows).pointer, up.rows(rows).pointer,
        Int64(gate.stride), Int64(rows.count), Int64(gate.columns), gate.kernelType)
    }
  }
}
