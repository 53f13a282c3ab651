import CPenchantKernels
package import PenchantFormats

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

  package func embed(
    _ ids: Tensor, table: Tensor, scale: Float, accumulate: Bool, into out: Tensor
  ) {
    OperationCheck.embed(ids, table: table, into: out)
    forRows(out.rows) { rows in
      kernels.pointee.embed(
        out.rows(rows).floats, Int64(out.stride), table.pointer, Int64(table.stride),
        ids.integers + rows.lowerBound, scale, accumulate, Int64(rows.count), Int64(out.columns),
        table.kernelType)
    }
  }

  package func embedBackward(_ ids: Tensor, dOut: Tensor, scale: Float, into dTable: Tensor) {
    OperationCheck.embedBackward(ids, dOut: dOut, into: dTable)
    // Two rows may have the same id, so the work is cut by columns.
    let block = max(16, (dOut.columns / pool.threads + 15) / 16 * 16)
    pool.run((dOut.columns + block - 1) / block) { index, _ in
      let columns = index * block..<min(dOut.columns, (index + 1) * block)
      kernels.pointee.embed_backward(
        dTable.columns(columns).floats, Int64(dTable.stride), dOut.columns(columns).floats,
        Int64(dOut.stride), ids.integers, scale, Int64(dOut.rows), Int64(columns.count))
    }
  }

  package func convert(_ source: Tensor, scale: Float, into destination: Tensor) {
    OperationCheck.convert(source, into: destination)
    if source.isContiguous, destination.isContiguous {
      let block = 1 << 15
      pool.run((source.count + block - 1) / block) { index, _ in
        let start = index * block
        kernels.pointee.convert(
          destination.pointer + start * destination.dtype.size, destination.kernelType,
          source.pointer + start * source.dtype.size, source.kernelType, scale,
          Int64(min(block, source.count - start)))
      }
      return
    }
    forRows(source.rows) { rows in
      for row in rows {
        kernels.pointee.convert(
          destination.rows(row..<row + 1).pointer, destination.kernelType,
          source.rows(row..<row + 1).pointer, source.kernelType, scale, Int64(source.columns))
      }
    }
  }

  package func add(_ source: Tensor, scale: Float, to destination: Tensor) {
    OperationCheck.add(source, to: destination)
    forRows(source.rows) { rows in
      for row in rows {
        kernels.pointee.add_scaled(
          destination.rows(row..<row + 1).floats, source.rows(row..<row + 1).pointer,
          source.kernelType, scale, Int64(source.columns))
      }
    }
  }

  package func gather(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    OperationCheck.gather(source, rows: rows, into: destination)
    for (target, row) in rows.enumerated() {
      copy(
        source.rows(Int(row)..<Int(row) + 1), to: destination.rows(target..<target + 1))
    }
  }

  package func scatter(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    OperationCheck.scatter(source, rows: rows, into: destination)
    for (index, row) in rows.enumerated() {
      copy(source.rows(index..<index + 1), to: destination.rows(Int(row)..<Int(row) + 1))
    }
  }

  package func norm(_ x: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor) {
    let (gain, bias) = (tensors.gain, tensors.bias)
    OperationCheck.norm(x, tensors, into: out)
    forRows(x.rows) { rows in
      let (from, to) = (x.rows(rows).pointer, out.rows(rows).pointer)
      switch shape.kind {
      case .rootMeanSquare:
        kernels.pointee.rms_norm(
          to, Int64(out.stride), from, Int64(x.stride), gain.pointer, shape.gainOffset,
          shape.epsilon, Int64(rows.count), Int64(x.columns), x.kernelType)
      case .layer:
        kernels.pointee.layer_norm(
          to, Int64(out.stride), from, Int64(x.stride), gain.pointer, bias?.pointer,
          shape.epsilon, Int64(rows.count), Int64(x.columns), x.kernelType)
      }
    }
  }

  package func normBackward(
    dOut: Tensor, x: Tensor, _ tensors: NormTensors, shape: NormShape, dX: Tensor,
    gradients: NormTensors?
  ) {
    let gain = tensors.gain
    OperationCheck.normBackward(dOut: dOut, x: x, tensors, dX: dX)
    let columns = x.columns
    let blocks = (x.rows + Self.rowBlock - 1) / Self.rowBlock
    // One partial gradient of gain, then bias, a block of rows, added in order.
    let parameters = [gradients?.gain, gradients?.bias].compactMap(\.self)
    let width = parameters.count * columns
    let partial =
      parameters.isEmpty
      ? nil
      : shared(bytes: blocks * width * MemoryLayout<Float>.size)
        .bindMemory(to: Float.self, capacity: blocks * width)
    partial?.update(repeating: 0, count: blocks * width)
    forRows(x.rows) { rows in
      let (dx, dy, from) = (dX.rows(rows).floats, dOut.rows(rows).floats, x.rows(rows).pointer)
      let sums = partial.map { $0 + rows.lowerBound / Self.rowBlock * width }
      switch shape.kind {
      case .rootMeanSquare:
        kernels.pointee.rms_norm_backward(
          dx, Int64(dX.stride), sums, dy, Int64(dOut.stride), from, Int64(x.stride), gain.pointer,
          shape.gainOffset, shape.epsilon, Int64(rows.count), Int64(columns), x.kernelType)
      case .layer:
        kernels.pointee.layer_norm_backward(
          dx, Int64(dX.stride), sums, sums.map { $0 + columns }, dy, Int64(dOut.stride), from,
          Int64(x.stride), gain.pointer, shape.epsilon, Int64(rows.count), Int64(columns),
          x.kernelType)
      }
    }
    guard let partial else { return }
    for block in 0..<blocks {
      for (index, parameter) in parameters.enumerated() {
        kernels.pointee.add_scaled(
          parameter.floats, partial + block * width + index * columns, PEN_F32, 1, Int64(columns))
      }
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
    OperationCheck.rotary(
      x, angles: angles, positions: positions, headDimension: headDimension, into: out)
    forRows(x.rows) { rows in
      kernels.pointee.rotary(
        out.rows(rows).pointer, Int64(out.stride), out.kernelType, x.rows(rows).pointer,
        Int64(x.stride), x.kernelType, angles.floats, positions.integers + rows.lowerBound,
        Int64(rows.count), Int64(x.columns / headDimension), Int64(headDimension),
        Int64(angles.columns), direction)
    }
  }

  package func activate(_ activation: Activation, gate: Tensor, up: Tensor?, into out: Tensor) {
    OperationCheck.activate(gate: gate, up: up, into: out)
    forRows(out.rows) { rows in
      kernels.pointee.activate(
        out.rows(rows).pointer, Int64(out.stride), gate.rows(rows).pointer,
        up?.rows(rows).pointer, Int64(gate.stride), Int64(rows.count), Int64(out.columns),
        out.kernelType, activation.kernel)
    }
  }

  package func activateBackward(
    _ activation: Activation, dOut: Tensor, gate: Tensor, up: Tensor?, into out: Tensor,
    dGate: Tensor, dUp: Tensor?
  ) {
    OperationCheck.activateBackward(
      dOut: dOut, gate: gate, up: up, out: out, dGate: dGate, dUp: dUp)
    forRows(gate.rows) { rows in
      kernels.pointee.activate_backward(
        out.rows(rows).pointer, Int64(out.stride), dGate.rows(rows).pointer,
        dUp?.rows(rows).pointer, Int64(dGate.stride),
        dOut.rows(rows).floats, Int64(dOut.stride), gate.rows(rows).pointer,
        up?.rows(rows).pointer, Int64(gate.stride), Int64(rows.count), Int64(gate.columns),
        gate.kernelType, activation.kernel)
    }
  }

  package func softCap(_ x: Tensor, cap: Float) {
    forRows(x.rows) { rows in
      for row in rows {
        kernels.pointee.soft_cap(x.rows(row..<row + 1).floats, cap, Int64(x.columns))
      }
    }
  }
}

extension Activation {
  fileprivate var kernel: pen_activation {
    switch self {
    case .silu: PEN_SILU
    case .geluTanh: PEN_GELU_TANH
    case .gelu: PEN_GELU
    }
  }
}
