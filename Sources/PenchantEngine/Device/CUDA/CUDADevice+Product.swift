/// Matrix products: the library's, or for few rows our own (`kernels/products.cu`).
extension CUDADevice {
  package func product(
    _ terms: [ProductTerm], into out: Tensor, scale: Float = 1, bias: Tensor? = nil,
    accumulate: Bool = false, fewRows: Bool = false
  ) {
    OperationCheck.product(terms, into: out, accumulate: accumulate)
    guard out.count > 0 else { return }
    if fewRows, terms.count <= 2, terms.allSatisfy({ $0.layout == .transposed }) {
      productOfFewRows(terms, into: out, scale: scale, bias: bias, accumulate: accumulate)
      return
    }
    var accumulates = accumulate
    if let bias {
      precondition(bias.dtype == terms[0].left.dtype, "product: the bias is \(bias.dtype)")
      repeatRow(bias, into: out, accumulate: accumulate)
      accumulates = true
    }
    // The large term last: what is rounded between terms is small, and where it is zero the bits are those of a
    // product without it.
    for term in terms.reversed() {
      add(term, to: out, scale: scale, accumulate: accumulates)
      accumulates = true
    }
  }

  private func add(_ term: ProductTerm, to out: Tensor, scale: Float, accumulate: Bool) {
    if isNarrow(term, into: out) {
      narrowProduct(term, into: out, scale: scale, accumulate: accumulate)
    } else {
      guard let right = bfloat16(term) else { return }
      // In the library's order, columns first, rows are columns: outᵀ = rightᵀ · leftᵀ.
      multiply(
        LibraryProduct(
          a: right, transposesA: term.layout == .transposed, b: term.left,
          transposesB: false, depth: term.depth, columnsAreTokens: true), into: out, scale: scale,
        accumulate: accumulate)
    }
  }

  package func productOverRows(_ left: Tensor, _ right: Tensor, into out: Tensor) {
    OperationCheck.productOverRows(left, right, into: out)
    guard out.count > 0, left.rows > 0 else { return }
    multiply(
      LibraryProduct(
        a: right, transposesA: false, b: left, transposesB: true, depth: left.rows,
        columnsAreTokens: false), into: out, scale: 1, accumulate: true)
  }

  /// out = op(A) · op(B) in the library's order, columns first: its rows are out's columns.
  private struct LibraryProduct {
    let a: Tensor
    let transposesA: Bool
    let b: Tensor
    let transposesB: Bool
    let depth: Int
    let columnsAreTokens: Bool
  }

  private func multiply(
    _ product: LibraryProduct, into out: Tensor, scale: Float, accumulate: Bool
  ) {
    let (a, b) = (product.a, product.b)
    let shape = CUDAProducts.Shape(
      transposesA: product.transposesA, transposesB: product.transposesB, rows: out.columns,
      columns: out.rows, depth: product.depth, input: .init(a.dtype), output: .init(out.dtype),
      strideA: a.leadingStride, strideB: b.leadingStride, strideD: out.leadingStride,
      alignmentA: a.alignment, alignmentB: b.alignment, alignmentD: out.alignment,
      columnsAreTokens: product.columnsAreTokens)
    let workspace = scratch(.workspace, bytes: CUDAProducts.workspaceBytes)
    var isDone = true
    enqueue { () throws(EngineError) in
      isDone = try products.run(
        shape, a: a.device, b: b.device, d: out.device, alpha: scale, beta: accumulate ? 1 : 0,
        workspace: workspace, stream: stream)
    }
    guard !isDone else { return }
    // Back in our order, out = B′ · A′.
    launch(
      CUDAKernel("multiply_any", in: "products", a.dtype), blocks: (out.count + 127) / 128,
      threads: 128,
      [
        out, out.stride, out.dtype == .float32, accumulate, b, a,
        product.transposesB ? 1 : b.stride, product.transposesB ? b.stride : 1,
        product.transposesA ? 1 : a.stride, product.transposesA ? a.stride : 1,
        out.rows, out.columns, product.depth, scale,
      ])
  }

  // MARK: - Narrow results

  /// Columns of a narrow result at most, and depth of one partial sum (`kernels/narrow.cu`).
  static let (widestNarrow, narrowDepth) = (64, 1024)

  /// Of a narrow result's partial sums.
  static func narrowBytes(rows: Int, depth: Int, columns: Int) -> Int {
    (depth + narrowDepth - 1) / narrowDepth * rows * columns * MemoryLayout<Float>.size
  }

  private func isNarrow(_ term: ProductTerm, into out: Tensor) -> Bool {
    term.left.dtype == .bfloat16 && term.scales == nil && out.columns <= Self.widestNarrow
      && out.columns % 8 == 0 && term.depth % 8 == 0 && term.depth >= 64
      && Self.isWide([term.left, term.right])
  }

  private func narrowProduct(
    _ term: ProductTerm, into out: Tensor, scale: Float, accumulate: Bool
  ) {
    let (partial, runs) = narrowSums(
      term.left, term.right, columns: out.columns, isTransposed: term.layout == .transposed)
    launch(
      CUDAKernel("narrow_sum", in: "narrow", .bfloat16), blocks: (out.count + 127) / 128,
      threads: 128,
      [
        out, out.stride, out.dtype == .float32, accumulate, partial, runs, out.rows, out.columns,
        scale,
      ])
  }

  /// left · right by runs of the depth: where (runs, rows, columns) float32 sums lie, and how many runs.
  private func narrowSums(
    _ left: Tensor, _ right: Tensor, columns: Int, isTransposed: Bool
  ) -> (partial: CUDAAddress, runs: Int) {
    let (rows, depth) = (left.rows, left.columns)
    let runs = (depth + Self.narrowDepth - 1) / Self.narrowDepth
    let partial = scratch(
      .partial, bytes: Self.narrowBytes(rows: rows, depth: depth, columns: columns))
    let (tile, pad, stages) = (64, 8, 3)
    let padded = (columns + 15) / 16 * 16
    let rightTile = isTransposed ? padded * (tile + pad) : tile * (padded + pad)
    launch(
      CUDAKernel("narrow_product", in: "narrow", .bfloat16),
      grid: ((rows + tile - 1) / tile, runs, 1), threads: 128,
      shared: stages * (tile * (tile + pad) + rightTile) * DType.bfloat16.size,
      [
        partial, left, left.stride, right, right.stride, rows, columns, depth, isTransposed,
      ])
    return (partial, runs)
  }

  /// A term's right operand as the library can read it: int8 is made bfloat16 in scratch; nil after a failure.
  private func bfloat16(_ term: ProductTerm) -> Tensor? {
    guard let scales = term.scales else { return term.right }
    let right = term.right
    guard let buffer = scratchBuffer(.dequantised, bytes: right.count * DType.bfloat16.size) else {
      return nil
    }
    let whole = Tensor(
      buffer: buffer, offset: 0, rows: right.rows, columns: right.columns, dtype: .bfloat16)
    launch(
      CUDAKernel("dequantise", in: "products", .bfloat16), blocks: right.rows, threads: 256,
      [whole, right, scales, right.stride, scales.stride, right.columns])
    return whole
  }

  /// Decoding: every right row is read once from memory and meets all left rows.
  ///
  /// The algorithm depends on the
  /// terms alone, so that a row's bits are the same in any company.
  private func productOfFewRows(
    _ terms: [ProductTerm], into out: Tensor, scale: Float, bias: Tensor?, accumulate: Bool
  ) {
    guard canExchangeSides(terms) else {
      productOfWarps(terms, into: out, scale: scale, bias: bias, accumulate: accumulate)
      return
    }
    for start in stride(from: 0, to: out.rows, by: Self.widestNarrow) {
      let rows = start..<min(out.rows, start + Self.widestNarrow)
      // The weights' rows take the part of many rows, ours that of few columns.
      let (partial, runs) = narrowSums(
        terms[0].right, terms[0].left.rows(rows), columns: rows.count, isTransposed: true)
      let part = out.rows(rows)
      let second = terms.count > 1 ? terms[1] : nil
      launch(
        CUDAKernel("few_rows_sum", in: "narrow", .bfloat16), blocks: (part.count + 127) / 128,
        threads: 128,
        [
          part, part.stride, part.dtype == .float32, accumulate, partial, runs, rows.count,
          part.columns, second?.left.rows(rows), second?.right, second?.left.stride ?? 0,
          second?.right.stride ?? 0, second?.depth ?? 0, bias, scale,
        ])
    }
  }

  private func canExchangeSides(_ terms: [ProductTerm]) -> Bool {
    let first = terms[0]
    return first.left.dtype == .bfloat16 && terms.allSatisfy { $0.scales == nil }
      && first.depth % 8 == 0 && first.depth >= 64
      && terms.dropFirst().allSatisfy { $0.depth <= 64 }
      && Self.isWide([first.left, first.right])
      && (first.left.stride * first.left.dtype.size) % 16 == 0
  }

  /// The same with a warp for each result, for what tensor cores cannot take.
  private func productOfWarps(
    _ terms: [ProductTerm], into out: Tensor, scale: Float, bias: Tensor?, accumulate: Bool
  ) {
    let dtype = terms[0].left.dtype
    var arguments: [any KernelArgument] = [
      out, out.stride, out.dtype == .float32, out.rows, out.columns, accumulate, bias, scale,
    ]
    for index in 0..<2 {
      guard index < terms.count else {
        arguments += [0, 0, 0, 0, 0, 0, 0, 0]
        continue
      }
      let term = terms[index]
      arguments += [
        term.left, term.right, term.scales, term.left.stride, term.right.stride,
        term.scales?.stride ?? 0, term.depth, isWide(term),
      ]
    }
    let (warps, together) = (8, 8)
    launch(
      CUDAKernel("multiply_rows", in: "products", dtype),
      grid: ((out.columns + warps - 1) / warps, (out.rows + together - 1) / together, 1),
      threads: warps * 32, arguments)
  }

  private func isWide(_ term: ProductTerm) -> Bool {
    guard term.scales != nil else { return Self.isWide([term.left, term.right]) }
    return Self.isWide([term.left]) && term.right.device % 8 == 0 && term.right.stride % 8 == 0
  }

  package func quantise(
    _ source: Tensor, into values: Tensor, scales: Tensor
  ) throws(EngineError) -> Bool {
    let groups = (source.columns + quantisationGroup - 1) / quantisationGroup
    OperationCheck.quantise(source, into: values, scales: scales)
    // Products will want the largest of these matrices as bfloat16.
    _ = scratchBuffer(.dequantised, bytes: source.count * DType.bfloat16.size)
    let faults = upload([Int32(0)], .faults)
    launch(
      CUDAKernel("quantise", in: "products", source.dtype),
      blocks: (source.rows * groups + 127) / 128, threads: 128,
      [
        values, scales, source, values.stride, scales.stride, source.stride, source.rows,
        source.columns, faults,
      ])
    var found: Int32 = 0
    withUnsafeMutableBytes(of: &found) { receive(faults, into: $0) }
    try synchronize()
    return found == 0
  }
}

extension Tensor {
  /// Elements from one row to the next, for a library that refuses less than a row.
  fileprivate var leadingStride: Int { max(stride, columns, 1) }

  /// The largest power of two up to 16 that divides the address and the distance of rows.
  fileprivate var alignment: Int {
    let bits = device | UInt64(rows > 1 ? stride * dtype.size : 16) | 16
    return 1 << bits.trailingZeroBitCount
  }
}
