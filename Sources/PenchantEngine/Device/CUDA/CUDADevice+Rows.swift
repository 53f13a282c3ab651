package import PenchantFormats

/// Operations that treat each row by itself (`kernels/rows.cu`, `norms.cu`, `activations.cu`).
extension CUDADevice {
  /// Elements of a row that one block of threads has at most, eight a thread.
  private static let chunk = 2048

  private func kernel(_ name: String, in module: String = "rows", _ dtype: DType) -> CUDAKernel {
    CUDAKernel(name, in: module, dtype)
  }

  /// Threads that share so many elements: eight each, in whole warps.
  private static func threads(for columns: Int) -> Int {
    ((min(columns, chunk) + 7) / 8 + 31) / 32 * 32
  }

  /// Launches a kernel that cuts rows into pieces; without a gap between rows they are one long row.
  private func launchPieces(
    _ name: String, in module: String = "rows", _ dtype: DType, rows: Int, columns: Int,
    _ arguments: [any KernelArgument]
  ) {
    launch(
      kernel(name, in: module, dtype), blocks: rows * ((columns + Self.chunk - 1) / Self.chunk),
      threads: Self.threads(for: columns), arguments)
  }

  /// The module whose kernels read these: that of the matrix dtype among them.
  private func matrixType(_ tensors: [Tensor]) -> DType {
    tensors.contains { $0.dtype == .bfloat16 } ? .bfloat16 : .float32
  }

  private func flattened(_ tensors: [Tensor]) -> (rows: Int, columns: Int) {
    let first = tensors[0]
    return tensors.allSatisfy(\.isContiguous) ? (1, first.count) : (first.rows, first.columns)
  }

  package func embed(
    _ ids: Tensor, table: Tensor, scale: Float, accumulate: Bool, into out: Tensor
  ) {
    OperationCheck.embed(ids, table: table, into: out)
    launchPieces(
      "embed", table.dtype, rows: out.rows, columns: out.columns,
      [
        out, out.stride, table, table.stride, ids, out.columns, Self.isWide([out, table]),
        accumulate, scale,
      ])
  }

  package func embedBackward(_ ids: Tensor, dOut: Tensor, scale: Float, into dTable: Tensor) {
    OperationCheck.embedBackward(ids, dOut: dOut, into: dTable)
    launch(
      kernel("embed_backward", .float32), blocks: (dOut.columns + 63) / 64, threads: 64,
      [dTable, dTable.stride, dOut, dOut.stride, ids, dOut.rows, dOut.columns, scale])
  }

  package func convert(_ source: Tensor, scale: Float, into destination: Tensor) {
    OperationCheck.convert(source, into: destination)
    let (rows, columns) = flattened([source, destination])
    launchPieces(
      "convert", matrixType([source, destination]), rows: rows, columns: columns,
      [
        destination, destination.stride, destination.dtype == .float32, source, source.stride,
        source.dtype == .float32, columns, Self.isWide([source, destination]), scale,
      ])
  }

  package func add(_ source: Tensor, scale: Float, to destination: Tensor) {
    OperationCheck.add(source, to: destination)
    let (rows, columns) = flattened([source, destination])
    launchPieces(
      "add", source.dtype, rows: rows, columns: columns,
      [
        destination, destination.stride, source, source.stride, source.dtype == .float32, columns,
        Self.isWide([source, destination]), scale,
      ])
  }

  package func gather(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    OperationCheck.gather(source, rows: rows, into: destination)
    move(source, to: destination, rows: rows, scatters: false)
  }

  package func scatter(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    OperationCheck.scatter(source, rows: rows, into: destination)
    move(source, to: destination, rows: rows, scatters: true)
  }

  private func move(_ source: Tensor, to destination: Tensor, rows: [Int32], scatters: Bool) {
    precondition(
      source.dtype == destination.dtype && source.dtype.size % 2 == 0,
      "gather: \(source.dtype) into \(destination.dtype)")
    guard !rows.isEmpty else { return }
    let units = source.dtype.size / 2
    launchPieces(
      "move_rows", .bfloat16, rows: rows.count, columns: source.columns * units,
      [
        destination, source, destination.stride * units, source.stride * units,
        source.columns * units, Self.isWide([source, destination]), upload(rows, .rows), scatters,
      ])
  }

  /// Threads that share a row in a norm: eight elements each, 1024 at most.
  private func normThreads(_ columns: Int) -> Int {
    min(512, max(32, (columns / 8 + 31) / 32 * 32))
  }

  package func norm(_ x: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor) {
    norm(nil, rounded: x, tensors, shape, into: out)
  }

  package func norm(
    _ x: Tensor, rounded: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor
  ) {
    OperationCheck.convert(x, into: rounded)
    precondition(x.dtype == .float32, "norm: \(x.dtype) to be rounded")
    norm(x, rounded: rounded, tensors, shape, into: out)
  }

  private func norm(
    _ source: Tensor?, rounded x: Tensor, _ tensors: NormTensors, _ shape: NormShape,
    into out: Tensor
  ) {
    let (gain, bias) = (tensors.gain, tensors.bias)
    OperationCheck.norm(x, tensors, into: out)
    precondition((shape.kind == .layer) == (bias != nil), "norm: a bias, or none")
    launch(
      kernel("norm", in: "norms", x.dtype), blocks: x.rows, threads: Self.threads(for: x.columns),
      [
        out, out.stride, x, x.stride, source, source?.stride ?? 0, gain, bias, x.columns,
        Self.isWide([x, out, gain] + [source, bias].compactMap(\.self)), shape.gainOffset,
        shape.epsilon,
      ])
  }

  /// Rows of one partial sum of a norm's gradients; fixed, and then the sums in order.
  private static let summedRows = 64

  /// Of two statistics a row.
  static func normStateBytes(rows: Int) -> Int { rows * 2 * MemoryLayout<Float>.size }
  /// Of the partial sums of the gradients of a gain and a bias.
  static func normGradientBytes(rows: Int, columns: Int) -> Int {
    max(1, (rows + summedRows - 1) / summedRows) * 2 * columns * MemoryLayout<Float>.size
  }

  package func normBackward(
    dOut: Tensor, x: Tensor, _ tensors: NormTensors, shape: NormShape, dX: Tensor,
    gradients: NormTensors?
  ) {
    let gain = tensors.gain
    OperationCheck.normBackward(dOut: dOut, x: x, tensors, dX: dX)
    let statistics =
      gradients == nil ? 0 : scratch(.states, bytes: Self.normStateBytes(rows: x.rows))
    launch(
      kernel("norm_backward", in: "norms", x.dtype), blocks: x.rows,
      threads: Self.threads(for: x.columns),
      [
        dX, dX.stride, dOut, dOut.stride, x, x.stride, gain, x.columns,
        Self.isWide([dX, dOut, x, gain]), shape.kind == .layer, shape.gainOffset, shape.epsilon,
        statistics,
      ])
    guard let gradients else { return }
    let each = Self.summedRows
    let blocks = (x.rows + each - 1) / each
    let partial = scratch(
      .partial, bytes: Self.normGradientBytes(rows: x.rows, columns: x.columns))
    launch(
      kernel("norm_gradients", in: "norms", x.dtype), grid: (blocks, (x.columns + 127) / 128, 1),
      threads: 128,
      [
        partial, dOut, dOut.stride, x, x.stride, statistics, x.rows, x.columns, each,
      ])
    launch(
      kernel("norm_gradients_add", in: "norms", x.dtype), blocks: (x.columns + 127) / 128,
      threads: 128,
      [gradients.gain, gradients.bias, partial, blocks, x.columns])
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
    precondition(headDimension % 2 == 0, "rotary: head dimension \(headDimension)")
    let half = angles.columns / 2
    let isWide =
      Self.isWide([x, out, angles]) && headDimension % 16 == 0 && half % 8 == 0
    let each = isWide ? 8 : 1
    let count = x.count / 2 / each
    launch(
      kernel("rotary", in: "activations", matrixType([x, out])), blocks: (count + 255) / 256,
      threads: 256,
      [
        out, out.stride, out.dtype == .float32, x, x.stride, x.dtype == .float32, angles, positions,
        count, x.columns / headDimension, headDimension, angles.columns, each, direction,
      ])
  }

  package func activate(_ activation: Activation, gate: Tensor, up: Tensor?, into out: Tensor) {
    OperationCheck.activate(gate: gate, up: up, into: out)
    let tensors = [gate, out] + [up].compactMap(\.self)
    let (rows, columns) = flattened(tensors)
    launchPieces(
      "activate", in: "activations", out.dtype, rows: rows, columns: columns,
      [
        out, out.stride, gate, up, gate.stride, columns, Self.isWide(tensors),
        activation.kernelNumber,
      ])
  }

  package func activateBackward(
    _ activation: Activation, dOut: Tensor, gate: Tensor, up: Tensor?, into out: Tensor,
    dGate: Tensor, dUp: Tensor?
  ) {
    OperationCheck.activateBackward(
      dOut: dOut, gate: gate, up: up, out: out, dGate: dGate, dUp: dUp)
    let tensors = [gate, dOut, out, dGate] + [up, dUp].compactMap(\.self)
    let (rows, columns) = flattened(tensors)
    launchPieces(
      "activate_backward", in: "activations", gate.dtype, rows: rows, columns: columns,
      [
        out, out.stride, dGate, dUp, dGate.stride, dOut, dOut.stride, gate, up, gate.stride,
        columns,
        Self.isWide(tensors), activation.kernelNumber,
      ])
  }

  package func softCap(_ x: Tensor, cap: Float) {
    precondition(x.isContiguous && x.dtype == .float32, "softCap: contiguous float32")
    launch(
      kernel("soft_cap", .float32), blocks: (x.count + 255) / 256, threads: 256,
      [x, x.count, cap])
  }

  /// Every row of `out` becomes `row`, or gets it added.
  func repeatRow(_ row: Tensor, into out: Tensor, accumulate: Bool) {
    launchPieces(
      "repeat", row.dtype, rows: out.rows, columns: out.columns,
      [
        out, out.stride, out.dtype == .float32, row, out.columns, Self.isWide([row, out]),
        accumulate,
      ])
  }

  /// Whether eight elements of every row can be loaded at once, which takes addresses that are multiples of 16.
  static func isWide(_ tensors: [Tensor]) -> Bool {
    tensors.allSatisfy {
      $0.device % 16 == 0 && ($0.rows <= 1 || $0.stride * $0.dtype.size % 16 == 0)
    }
  }
}

extension Activation {
  /// As `kernels/activations.cu` numbers them.
  fileprivate var kernelNumber: Int {
    switch self {
    case .silu: 0
    case .geluTanh: 1
    case .gelu: 2
    }
  }
}
