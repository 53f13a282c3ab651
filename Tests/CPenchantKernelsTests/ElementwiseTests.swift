import CPenchantKernels
import Testing

@Suite struct NormTests {
  static let arguments = MultiplyTests.arguments
  private static let epsilon: Float = 1e-5

  private struct Reference {
    var x: [Double]
    var gain: [Double]
    var offset = 0.0
    let dOut: [Double]

    func out() -> [Double] {
      let columns = gain.count
      return x.indices.map { i in
        let row = i / columns
        let mean = (0..<columns).reduce(0.0) { sum, k in
          sum + x[row * columns + k] * x[row * columns + k]
        }
        return x[i] / (mean / Double(columns) + Double(NormTests.epsilon)).squareRoot()
          * (offset + gain[i % columns])
      }
    }

    func loss() -> Double { zip(out(), dOut).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  @Test(arguments: arguments)
  func agreesWithDouble(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 1)
    for (index, columns) in oddShapes.enumerated() {
      let offset: Float = index % 2 == 0 ? 0 : 1
      let x = Matrix(5, columns, dtype.pen, random: &numbers, scale: 3)
      let gain = Matrix(1, columns, dtype.pen, random: &numbers)
      let out = Matrix(5, columns, dtype.pen, padding: 7)
      set.table.rms_norm(
        out.pointer, Int64(out.stride), x.pointer, Int64(x.stride), gain.pointer, offset,
        Self.epsilon, 5, Int64(columns), dtype.pen)
      let expected = Reference(
        x: x.values, gain: gain.values, offset: Double(offset), dOut: []
      ).out()
      let tolerance = dtype == .bfloat16 ? Tolerance.bfloat16 : Tolerance.sums
      expectClose(out.values, expected, tolerance, "columns \(columns)")
      #expect(out.paddingIsIntact)
    }
  }

  @Test(arguments: arguments)
  func theGradientIsThatOfFiniteDifferencesAndIsAdded(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 2)
    for (columns, offset) in [(2, Float(0)), (5, 1), (17, 0), (40, 1)] {
      let x = Matrix(3, columns, dtype.pen, random: &numbers, scale: 3)
      let gain = Matrix(1, columns, dtype.pen, random: &numbers)
      let dOut = Matrix(3, columns, random: &numbers)
      let dX = Matrix(3, columns)
      let dGain = Matrix(1, columns)
      for column in 0..<columns {
        dGain[0, column] = 1
        for row in 0..<3 { dX[row, column] = 1 }
      }
      set.table.rms_norm_backward(
        dX.floats, Int64(dX.stride), dGain.floats, dOut.floats, Int64(dOut.stride), x.pointer,
        Int64(x.stride), gain.pointer, offset, Self.epsilon, 3, Int64(columns), dtype.pen)
      let reference = Reference(
        x: x.values, gain: gain.values, offset: Double(offset), dOut: dOut.values)
      expectClose(
        dX.values, numericalGradient(reference, \.x) { $0.loss() }.map { $0 + 1 }, Tolerance.sums,
        "d x of \(columns)")
      expectClose(
        dGain.values, numericalGradient(reference, \.gain) { $0.loss() }.map { $0 + 1 },
        Tolerance.sums, "d gain of \(columns)")
      #expect(dX.paddingIsIntact && dGain.paddingIsIntact)
    }
  }
}

@Suite struct RotaryTests {
  static let arguments = MultiplyTests.arguments

  @Test(arguments: arguments)
  func rotatesPairsAndCopiesTheRest(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 3)
    for (headDim, rotaryDim) in [(2, 2), (7, 4), (64, 64), (80, 80), (96, 40), (130, 66)] {
      let half = rotaryDim / 2
      let angles = Matrix(9, 2 * half, padding: 0, random: &numbers)
      let positions: [Int32] = [8, 0, 3, 3]
      let x = Matrix(4, 3 * headDim, dtype.pen, random: &numbers)
      for (outType, direction) in [(dtype.pen, Float(1)), (PEN_F32, Float(-1))] {
        let out = Matrix(4, 3 * headDim, outType, padding: 5)
        set.table.rotary(
          out.pointer, Int64(out.stride), outType, x.pointer, Int64(x.stride), dtype.pen,
          angles.floats, positions, 4, 3, Int64(headDim), Int64(rotaryDim), direction)
        var expected = x.values
        for row in 0..<4 {
          for head in 0..<3 {
            for i in 0..<half {
              let at = row * 3 * headDim + head * headDim + i
              let cosine = Double(angles[Int(positions[row]), i])
              let sine = Double(angles[Int(positions[row]), half + i]) * Double(direction)
              let (a, b) = (expected[at], expected[at + half])
              expected[at] = a * cosine - b * sine
              expected[at + half] = b * cosine + a * sine
            }
          }
        }
        let tolerance = outType == PEN_BF16 ? Tolerance.bfloat16 : Tolerance.sums
        expectClose(out.values, expected, tolerance, "head \(headDim), rotary \(rotaryDim)")
        #expect(out.paddingIsIntact)
        if outType == dtype.pen {
          let pointer = x.pointer
          set.table.rotary(
            pointer, Int64(x.stride), dtype.pen, pointer, Int64(x.stride), dtype.pen, angles.floats,
            positions, 4, 3, Int64(headDim), Int64(rotaryDim), direction)
          #expect(x.bits == out.bits, "in place")
        }
      }
    }
  }
}

@Suite struct EmbeddingTests {
  @Test(arguments: MultiplyTests.arguments)
  func gathersAndScattersRows(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 5)
    for columns in [1, 7, 16, 65] {
      let table = Matrix(6, columns, dtype.pen, random: &numbers)
      let ids: [Int32] = [5, 0, 5, 2]
      let out = Matrix(4, columns)
      set.table.embed(
        out.floats, Int64(out.stride), table.pointer, Int64(table.stride), ids, 1, false, 4,
        Int64(columns), dtype.pen)
      for row in 0..<4 { #expect(out.bits(row: row) == table.bits(row: Int(ids[row]))) }

      let dTable = Matrix(6, columns)
      set.table.embed_backward(
        dTable.floats, Int64(dTable.stride), out.floats, Int64(out.stride), ids, 1, 4,
        Int64(columns))
      for column in 0..<columns {
        #expect(dTable[5, column] == out[0, column] + out[2, column])
        #expect(dTable[0, column] == out[1, column])
        #expect(dTable[1, column] == 0)
      }
      #expect(out.paddingIsIntact && dTable.paddingIsIntact)
    }
  }

  @Test(arguments: MultiplyTests.arguments)
  func scalesRoundsAndAdds(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 6)
    for columns in [1, 7, 16, 65] {
      let table = Matrix(3, columns, dtype.pen, random: &numbers)
      let out = Matrix(3, columns, random: &numbers)
      let ids: [Int32] = [2, 2, 1]
      let expected = (0..<3).map { row in
        (0..<columns).map { column in
          let product = Float(2.3) * table[Int(ids[row]), column]
          return out[row, column] + Float(rounded(Double(product), dtype.pen))
        }
      }
      set.table.embed(
        out.floats, Int64(out.stride), table.pointer, Int64(table.stride), ids, 2.3, true, 3,
        Int64(columns), dtype.pen)
      for row in 0..<3 { #expect(out.bits(row: row) == expected[row].map(\.bitPattern)) }

      let dTable = Matrix(3, columns)
      set.table.embed_backward(
        dTable.floats, Int64(dTable.stride), out.floats, Int64(out.stride), ids, 0.5, 3,
        Int64(columns))
      for column in 0..<columns {
        #expect(dTable[2, column] == 0.5 * out[0, column] + 0.5 * out[1, column])
        #expect(dTable[1, column] == 0.5 * out[2, column])
      }
      #expect(out.paddingIsIntact && dTable.paddingIsIntact)
    }
  }
}
