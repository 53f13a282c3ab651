import CPenchantKernels
import Testing

@Suite struct NormTests {
  static let arguments = MultiplyTests.arguments
  private static let epsilon: Float = 1e-5

  private struct Reference {
    var x: [Double]
    var gain: [Double]
    let dOut: [Double]

    func out() -> [Double] {
      let columns = gain.count
      return x.indices.map { i in
        let row = i / columns
        let mean = (0..<columns).reduce(0.0) { sum, k in
          sum + x[row * columns + k] * x[row * columns + k]
        }
        return x[i] / (mean / Double(columns) + Double(NormTests.epsilon)).squareRoot()
          * gain[i % columns]
      }
    }

    func loss() -> Double { zip(out(), dOut).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  @Test(arguments: arguments)
  func agreesWithDouble(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 1)
    for columns in oddShapes {
      let x = Matrix(5, columns, dtype.pen, random: &numbers, scale: 3)
      let gain = Matrix(1, columns, dtype.pen, random: &numbers)
      let out = Matrix(5, columns, dtype.pen, padding: 7)
      set.table.rms_norm(
        out.pointer, Int64(out.stride), x.pointer, Int64(x.stride), gain.pointer, Self.epsilon, 5,
        Int64(columns), dtype.pen)
      let expected = Reference(x: x.values, gain: gain.values, dOut: []).out()
      let tolerance = dtype == .bfloat16 ? Tolerance.bfloat16 : Tolerance.sums
      expectClose(out.values, expected, tolerance, "columns \(columns)")
      #expect(out.paddingIsIntact)
    }
  }

  @Test(arguments: arguments)
  func theGradientIsThatOfFiniteDifferencesAndIsAdded(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 2)
    for columns in [2, 5, 17, 40] {
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
        Int64(x.stride), gain.pointer, Self.epsilon, 3, Int64(columns), dtype.pen)
      let reference = Reference(x: x.values, gain: gain.values, dOut: dOut.values)
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

@Suite struct SiluTests {
  static let arguments = MultiplyTests.arguments

  private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exponential(-x)) }

  @Test(arguments: arguments)
  func forwardAndBackwardAgreeWithDouble(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 4)
    for columns in oddShapes {
      let gate = Matrix(3, columns, dtype.pen, random: &numbers, scale: 8)
      let up = Matrix(3, columns, dtype.pen, random: &numbers)
      let dOut = Matrix(3, columns, random: &numbers)
      let out = Matrix(3, columns, dtype.pen, padding: 5)
      set.table.silu_multiply(
        out.pointer, Int64(out.stride), gate.pointer, up.pointer, Int64(gate.stride), 3,
        Int64(columns), dtype.pen)
      let pairs = zip(gate.values, up.values)
      let tolerance = dtype == .bfloat16 ? Tolerance.bfloat16 : Tolerance.sums
      expectClose(
        out.values, pairs.map { $0 * Self.sigmoid($0) * $1 }, tolerance, "out of \(columns)")
      let dGate = zip(pairs, dOut.values).map { pair, d in
        let s = Self.sigmoid(pair.0)
        return d * pair.1 * s * (1 + pair.0 * (1 - s))
      }
      let dUp = zip(gate.values, dOut.values).map { $1 * $0 * Self.sigmoid($0) }
      // Written over its own inputs.
      set.table.silu_multiply_backward(
        gate.pointer, up.pointer, Int64(gate.stride), dOut.floats, Int64(dOut.stride),
        gate.pointer, up.pointer, Int64(gate.stride), 3, Int64(columns), dtype.pen)
      expectClose(gate.values, dGate, tolerance, "d gate of \(columns)")
      expectClose(up.values, dUp, tolerance, "d up of \(columns)")
      #expect(out.paddingIsIntact && gate.paddingIsIntact && up.paddingIsIntact)
    }
  }

  @Test(arguments: KernelSet.all)
  func isRightFarFromZeroAndPassesNaNOn(set: KernelSet) {
    let gates: [Float] = [
      -1000, -100, -89, -88, -87, -20, -1e-10, 0, 1e-10, 20, 87, 89, 100, 1000, .infinity, .nan,
    ]
    let gate = Matrix(1, gates.count)
    let up = Matrix(1, gates.count)
    for (i, value) in gates.enumerated() {
      gate[0, i] = value
      up[0, i] = 1
    }
    let out = Matrix(1, gates.count)
    set.table.silu_multiply(
      out.floats, Int64(out.stride), gate.floats, up.floats, Int64(gate.stride), 1,
      Int64(gates.count), PEN_F32)
    for (i, value) in gates.enumerated() {
      let expected = Double(value) * Self.sigmoid(Double(value))
      if value.isNaN || value.isInfinite {
        #expect(out[0, i].isNaN == value.isNaN && out[0, i].isInfinite == value.isInfinite)
      } else {
        // Four roundings; below −87 the exponential may have reached its end: 0 is as good.
        let bound = 4 * Tolerance.float32 * abs(expected) + 1e-35
        #expect(abs(Double(out[0, i]) - expected) <= bound, "silu(\(value))")
      }
    }
  }

  @Test(arguments: KernelSet.all)
  func theExponentialIsWithinTwoUlp(set: KernelSet) {
    // silu(x) · 1/x = 1 / (1 + e^−x): for large negative x it is e^x with two more roundings.
    let count = 4000
    let gate = Matrix(1, count)
    let up = Matrix(1, count)
    for i in 0..<count {
      gate[0, i] = -20 - Float(i) * 65 / Float(count)
      up[0, i] = 1
    }
    let out = Matrix(1, count)
    set.table.silu_multiply(
      out.floats, Int64(out.stride), gate.floats, up.floats, Int64(gate.stride), 1, Int64(count),
      PEN_F32)
    let worst = (0..<count).map { i -> Double in
      let x = Double(gate[0, i])
      let expected = x / (1 + exponential(-x))
      return abs(Double(out[0, i]) / expected - 1)
    }.max()
    #expect((worst ?? .infinity) <= (2 * 2 + 3) * Tolerance.float32)
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
        out.floats, Int64(out.stride), table.pointer, Int64(table.stride), ids, 4, Int64(columns),
        dtype.pen)
      for row in 0..<4 { #expect(out.bits(row: row) == table.bits(row: Int(ids[row]))) }

      let dTable = Matrix(6, columns)
      set.table.embed_backward(
        dTable.floats, Int64(dTable.stride), out.floats, Int64(out.stride), ids, 4, Int64(columns))
      for column in 0..<columns {
        #expect(dTable[5, column] == out[0, column] + out[2, column])
        #expect(dTable[0, column] == out[1, column])
        #expect(dTable[1, column] == 0)
      }
      #expect(out.paddingIsIntact && dTable.paddingIsIntact)
    }
  }
}
