/// Matrix products: the library's, or for few rows our own (`kernels/products.cu`).
extension CUDADevice {
  package func product(
    _ terms: [ProductTerm], into out: Tensor, scale: Float = 1, bias: Tensor? = nil,
    accumulate: Bool = false, fewRows: Bool = false
  ) {
    for term in terms {
      precondition(
        term.left.rows == out.rows && term.columns == out.columns
          && term.depth == (term.layout == .transposed ? term.right.columns : term.right.rows)
          && term.left.dtype == terms[0].left.dtype,
        "product: (\(term.left.rows), \(term.depth)) × (\(term.right.rows), \(term.right.columns)) \(term.layout) into (\(out.rows), \(out.columns))"
      )
    }
    precondition(!accumulate || out.dtype == .float32, "product: accumulates in float32 only")
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
    let right = bfloat16(term)
    // In the library's order, columns first, rows are columns: outᵀ = rightᵀ · leftᵀ.
    multiply(
      right, transposesA: term.layout == .transposed, term.left, transposesB: false, into: out,
      rows: out.columns, columns: out.rows, depth: term.depth, scale: scale,
      accumulate: accumulate, columnsAreTokens: true)
  }

  private func multiply(
    _ a: Tensor, transposesA: Bool, _ b: Tensor, transposesB: Bool, into out: Tensor, rows: Int,
    columns: Int, depth: Int, scale: Float, accumulate: Bool, columnsAreTokens: Bool
  ) {
    let shape = CUDAProducts.Shape(
      transposesA: transposesA, transposesB: transposesB, rows: rows, columns: columns,
      depth: depth, input: .init(a.dtype), output: .init(out.dtype),
      strideA: a.leadingStride, strideB: b.leadingStride, strideD: out.leadingStride,
      alignmentA: a.alignment, alignmentB: b.alignment, alignmentD: out.alignment,
      columnsAreTokens: columnsAreTokens)
    let workspace = scratch(.workspace, bytes: CUDAProducts.workspaceBytes)
    enqueue { () throws(EngineError) in
      try products.run(
        shape, a: a.device, b: b.device, d: out.device, alpha: scale, beta: accumulate ? 1 : 0,
        workspace: workspace, stream: stream)
    }
  }

  package func productOverRows(_ left: Tensor, _ right: Tensor, into out: Tensor) {
    precondition(
      left.rows == right.rows && out.rows == left.columns && out.columns == right.columns
        && left.dtype == right.dtype && out.dtype == .float32,
      "productOverRows: (\(left.rows), \(left.columns))ᵀ × (\(right.rows), \(right.columns)) into (\(out.rows), \(out.columns))"
    )
    guard out.count > 0, left.rows > 0 else { return }
    multiply(
      right, transposesA: false, left, transposesB: true, into: out, rows: out.columns,
      columns: out.rows, depth: left.rows, scale: 1, accumulate: true, columnsAreTokens: false)
  }

  /// A term's right operand as the library can read it: int8 is made bfloat16 in scratch.
  private func bfloat16(_ term: ProductTerm) -> Tensor {
    guard let scales = term.scales else { return term.right }
    let right = term.right
    guard let buffer = scratchBuffer(.dequantised, bytes: right.count * DType.bfloat16.size) else {
      return right
    }
    let whole = Tensor(
      buffer: buffer, offset: 0, rows: right.rows, columns: right.columns, dtype: .bfloat16)
    launch(
      CUDAKernel("dequantise", in: "products", .bfloat16), blocks: right.rows, threads: 256,
      [whole, right, scales, right.stride, scales.stride, right.columns])
    return whole
  }

  /// Decoding: every right row is read once from memory and meets all left rows.
  private func productOfFewRows(
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
    precondition(
      values.rows == source.rows && values.columns == source.columns && values.dtype == .int8
        && scales.rows == source.rows && scales.dtype == .float32 && scales.columns == groups,
      "quantise: (\(source.rows), \(source.columns)) into (\(values.rows), \(values.columns))")
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
