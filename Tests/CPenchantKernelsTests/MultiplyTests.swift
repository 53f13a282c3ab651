import CPenchantKernels
import Testing

/// left · rightᵀ as one term: what it is computed from, and its panel for one instruction set.
struct Term {
  let left: Matrix  // (rows, depth)
  let right: Matrix  // (columns, depth)

  init(rows: Int, columns: Int, depth: Int, _ dtype: DType, _ numbers: inout Numbers) {
    left = Matrix(rows, depth, dtype.pen, random: &numbers)
    right = Matrix(columns, depth, dtype.pen, padding: 5, random: &numbers)
  }

  /// `right` packed; transposed first and packed as columns when `byColumns`.
  func panel(_ set: KernelSet, byColumns: Bool) -> Storage {
    let depth = Int64(left.columns)
    let storage = Storage(count: Int(set.table.panel_bytes(depth, left.dtype)))
    if byColumns {
      let turned = Matrix(right.columns, right.rows, right.dtype)
      for k in 0..<right.columns {
        for n in 0..<right.rows { turned[k, n] = right[n, k] }
      }
      var source = turned.operand
      set.table.pack_columns(
        storage.pointer, &source, 0, Int64(right.rows), depth, right.dtype)
    } else {
      var source = right.operand
      set.table.pack_rows(storage.pointer, &source, Int64(right.rows), depth, right.dtype)
    }
    return storage
  }

  /// Σ l r, and Σ |l r| for the error bound.
  func product(_ row: Int, _ column: Int) -> (sum: Double, size: Double) {
    var sum = 0.0
    var size = 0.0
    for k in 0..<left.columns {
      let product = Double(left[row, k]) * Double(right[column, k])
      sum += product
      size += abs(product)
    }
    return (sum, size)
  }
}

/// How the terms are put together.
struct Epilogue {
  var accumulate = false
  var scale: Float = 1
  var bias: Matrix?

  func output(_ out: Matrix) -> pen_output {
    pen_output(
      data: out.pointer, stride: Int64(out.stride), dtype: out.dtype, accumulate: accumulate,
      scale: scale, bias: bias.map { UnsafeRawPointer($0.pointer) },
      bias_dtype: bias?.dtype ?? PEN_F32)
  }
}

func multiply(
  _ set: KernelSet, _ terms: [Term], into out: Matrix, _ epilogue: Epilogue = Epilogue(),
  byColumns: Bool = false, firstRow: Int = 0
) {
  let panels = terms.map { $0.panel(set, byColumns: byColumns) }
  let raw = zip(terms, panels).map { term, panel in
    pen_term(
      left: term.left.row(firstRow), left_stride: Int64(term.left.stride), panel: panel.pointer,
      depth: Int64(term.left.columns))
  }
  var output = epilogue.output(out)
  set.table.multiply(
    raw, Int64(raw.count), terms[0].left.dtype, Int64(out.rows), Int64(out.columns), &output)
  withExtendedLifetime(panels) {}
}

func multiplyRows(
  _ set: KernelSet, _ terms: [Term], into out: Matrix, _ epilogue: Epilogue = Epilogue(),
  firstRow: Int = 0
) {
  let raw = terms.map { term in
    pen_row_term(
      left: term.left.row(firstRow), left_stride: Int64(term.left.stride),
      right: term.right.operand, depth: Int64(term.left.columns))
  }
  var output = epilogue.output(out)
  set.table.multiply_rows(
    raw, Int64(raw.count), terms[0].left.dtype, Int64(out.rows), Int64(out.columns), &output)
}

/// Expects out = [before +] scale · Σ terms [+ bias] within the bound of float32 summation: each of n
/// additions rounds by 2⁻²⁴ of a partial sum, which is at most Σ |l r|.
func expectProduct(
  _ out: Matrix, _ terms: [Term], _ epilogue: Epilogue, before: Double, _ what: Comment
) {
  let depth = terms.reduce(0) { $0 + $1.left.columns }
  var worst = 0.0
  for row in 0..<out.rows {
    for column in 0..<out.columns {
      let products = terms.map { $0.product(row, column) }
      var expected = Double(epilogue.scale) * products.reduce(0) { $0 + $1.sum }
      var size = abs(Double(epilogue.scale)) * products.reduce(0) { $0 + $1.size }
      if let bias = epilogue.bias {
        expected += Double(bias[0, column])
        size += abs(Double(bias[0, column]))
      }
      if epilogue.accumulate {
        expected += before
        size += abs(before)
      }
      var bound = Double(depth + 4) * Tolerance.float32 * size
      if out.dtype == PEN_BF16 { bound += Tolerance.bfloat16 * abs(expected) }
      let error = abs(Double(out[row, column]) - expected) / max(bound, 0x1p-126)
      worst = error.isNaN ? .infinity : max(worst, error)
    }
  }
  #expect(worst <= 1, what)
  #expect(out.paddingIsIntact, what)
}

@Suite struct MultiplyTests {
  static let arguments = KernelSet.all.flatMap { set in DType.allCases.map { (set, $0) } }

  @Test(arguments: arguments)
  func agreesWithDoubleForOddShapes(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 1)
    for rows in oddShapes {
      for columns in oddShapes where columns <= Int(set.table.panel_width) {
        let depth = oddShapes[(rows * 7 + columns) % oddShapes.count]
        let terms = [Term(rows: rows, columns: columns, depth: depth, dtype, &numbers)]
        let out = Matrix(rows, columns)
        multiply(set, terms, into: out, byColumns: columns % 2 == 0)
        expectProduct(out, terms, Epilogue(), before: 0, "\(rows)×\(columns)×\(depth)")
      }
    }
  }

  @Test(arguments: arguments)
  func agreesWithDoubleForEveryDepth(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 2)
    for depth in oddShapes {
      for byColumns in [false, true] {
        let columns = Int(set.table.panel_width) - 1
        let terms = [Term(rows: 7, columns: columns, depth: depth, dtype, &numbers)]
        let out = Matrix(7, columns)
        multiply(set, terms, into: out, byColumns: byColumns)
        expectProduct(out, terms, Epilogue(), before: 0, "depth \(depth), \(byColumns)")
      }
    }
  }

  @Test(arguments: arguments)
  func addsTermsScaleBiasAndWhatIsThere(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 3)
    for columns in [5, Int(set.table.panel_width)] {
      for biasType in [nil, PEN_F32, PEN_BF16] {
        for (outType, accumulate) in [(PEN_F32, false), (PEN_F32, true), (PEN_BF16, false)] {
          let terms = [67, 16, 3].map {
            Term(rows: 11, columns: columns, depth: $0, dtype, &numbers)
          }
          let bias = biasType.map { Matrix(1, columns, $0, random: &numbers) }
          let epilogue = Epilogue(accumulate: accumulate, scale: -0.75, bias: bias)
          let out = Matrix(11, columns, outType)
          for row in 0..<11 { for column in 0..<columns { out[row, column] = 3 } }
          multiply(set, terms, into: out, epilogue)
          expectProduct(out, terms, epilogue, before: 3, "columns \(columns)")
          let byRows = Matrix(11, columns, outType)
          for row in 0..<11 { for column in 0..<columns { byRows[row, column] = 3 } }
          multiplyRows(set, terms, into: byRows, epilogue)
          expectProduct(byRows, terms, epilogue, before: 3, "by rows, columns \(columns)")
        }
      }
    }
  }

  @Test(arguments: arguments)
  func aRowHasTheSameBitsAloneAndAmongOthers(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 4)
    let columns = Int(set.table.panel_width)
    let terms = [
      Term(rows: 13, columns: columns, depth: 131, dtype, &numbers),
      Term(rows: 13, columns: columns, depth: 16, dtype, &numbers),
    ]
    let together = Matrix(13, columns)
    multiply(set, terms, into: together)
    for row in 0..<13 {
      let alone = Matrix(1, columns)
      multiply(set, terms, into: alone, firstRow: row)
      #expect(alone.bits(row: 0) == together.bits(row: row), "row \(row)")
    }
  }

  @Test(arguments: arguments)
  func aColumnHasTheSameBitsInANarrowerPanel(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 5)
    let columns = Int(set.table.panel_width)
    let terms = [Term(rows: 8, columns: columns, depth: 77, dtype, &numbers)]
    let wide = Matrix(8, columns)
    multiply(set, terms, into: wide)
    for narrow in [1, columns / 4, columns / 2 + 1] {
      let out = Matrix(8, narrow)
      let raw = terms[0].panel(set, byColumns: false)
      var term = pen_term(
        left: terms[0].left.pointer, left_stride: Int64(terms[0].left.stride), panel: raw.pointer,
        depth: 77)
      var output = Epilogue().output(out)
      set.table.multiply(&term, 1, dtype.pen, 8, Int64(narrow), &output)
      for row in 0..<8 {
        #expect(out.bits(row: row) == Array(wide.bits(row: row).prefix(narrow)))
      }
    }
  }

  @Test(arguments: arguments)
  func aNaNStaysInItsRow(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 6)
    let terms = [Term(rows: 9, columns: 7, depth: 33, dtype, &numbers)]
    terms[0].left[4, 32] = .nan
    let out = Matrix(9, 7)
    multiply(set, terms, into: out)
    let byRows = Matrix(9, 7)
    multiplyRows(set, terms, into: byRows)
    for row in 0..<9 {
      #expect((0..<7).allSatisfy { out[row, $0].isNaN == (row == 4) })
      #expect((0..<7).allSatisfy { byRows[row, $0].isNaN == (row == 4) })
    }
  }

  @Test(arguments: arguments)
  func noDepthIsZero(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 7)
    let terms = [Term(rows: 3, columns: 4, depth: 0, dtype, &numbers)]
    let out = Matrix(3, 4)
    out[2, 3] = 5
    multiply(set, terms, into: out)
    #expect(out.values.allSatisfy { $0 == 0 })
  }
}

@Suite struct MultiplyRowsTests {
  @Test(arguments: MultiplyTests.arguments)
  func agreesWithDouble(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 8)
    for rows in [1, 2, 3, 4, 5, 7, 32] {
      for columns in [1, 3, 4, 6, 130] {
        let depth = oddShapes[(rows * 3 + columns) % oddShapes.count]
        let terms = [Term(rows: rows, columns: columns, depth: depth, dtype, &numbers)]
        let out = Matrix(rows, columns)
        multiplyRows(set, terms, into: out)
        expectProduct(out, terms, Epilogue(), before: 0, "\(rows)×\(columns)×\(depth)")
      }
    }
  }

  @Test(arguments: MultiplyTests.arguments)
  func anElementHasTheSameBitsForAnyRowsAndColumns(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 9)
    let terms = [Term(rows: 11, columns: 10, depth: 203, dtype, &numbers)]
    let together = Matrix(11, 10)
    multiplyRows(set, terms, into: together)
    for row in 0..<11 {
      let alone = Matrix(1, 10)
      multiplyRows(set, terms, into: alone, firstRow: row)
      #expect(alone.bits(row: 0) == together.bits(row: row), "row \(row)")
      let narrow = Matrix(1, 3)
      multiplyRows(set, terms, into: narrow, firstRow: row)
      #expect(narrow.bits(row: 0) == Array(together.bits(row: row).prefix(3)), "row \(row)")
    }
  }
}
