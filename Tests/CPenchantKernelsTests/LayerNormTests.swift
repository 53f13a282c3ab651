import CPenchantKernels
import Testing

@Suite struct LayerNormTests {
  private static let epsilon: Float = 1e-5

  private struct Reference {
    var x: [Double]
    var gain: [Double]
    var bias: [Double]
    let dOut: [Double]

    func out() -> [Double] {
      let columns = gain.count
      return x.indices.map { i in
        let row = x[i / columns * columns..<(i / columns + 1) * columns]
        let mean = row.reduce(0, +) / Double(columns)
        let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
        return (x[i] - mean) / (variance + Double(LayerNormTests.epsilon)).squareRoot()
          * gain[i % columns] + bias[i % columns]
      }
    }

    func loss() -> Double { zip(out(), dOut).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  @Test(arguments: MultiplyTests.arguments)
  func agreesWithDouble(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 1)
    for columns in oddShapes {
      // A mean far from 0 is what a careless variance loses its digits to.
      let x = Matrix(5, columns, dtype.pen, random: &numbers, scale: 3)
      for row in 0..<5 { for column in 0..<columns { x[row, column] += 40 } }
      let gain = Matrix(1, columns, dtype.pen, random: &numbers)
      let bias = Matrix(1, columns, dtype.pen, random: &numbers)
      let out = Matrix(5, columns, dtype.pen, padding: 7)
      set.table.layer_norm(
        out.pointer, Int64(out.stride), x.pointer, Int64(x.stride), gain.pointer, bias.pointer,
        Self.epsilon, 5, Int64(columns), dtype.pen)
      let expected = Reference(x: x.values, gain: gain.values, bias: bias.values, dOut: []).out()
      expectClose(
        out.values, expected, dtype == .bfloat16 ? Tolerance.bfloat16 : 5 * Tolerance.sums,
        "columns \(columns)", atLeast: 0.1)
      #expect(out.paddingIsIntact)
    }
  }

  @Test(arguments: MultiplyTests.arguments)
  func theGradientIsThatOfFiniteDifferencesAndIsAdded(set: KernelSet, dtype: DType) {
    var numbers = Numbers(seed: 2)
    for columns in [2, 5, 17, 40] {
      let x = Matrix(3, columns, dtype.pen, random: &numbers, scale: 3)
      let gain = Matrix(1, columns, dtype.pen, random: &numbers)
      let bias = Matrix(1, columns, dtype.pen, random: &numbers)
      let dOut = Matrix(3, columns, random: &numbers)
      let (dX, dGain, dBias) = (Matrix(3, columns), Matrix(1, columns), Matrix(1, columns))
      for column in 0..<columns {
        (dGain[0, column], dBias[0, column]) = (1, 1)
        for row in 0..<3 { dX[row, column] = 1 }
      }
      for parameters in [true, false] {
        set.table.layer_norm_backward(
          dX.floats, Int64(dX.stride), parameters ? dGain.floats : nil,
          parameters ? dBias.floats : nil, dOut.floats, Int64(dOut.stride), x.pointer,
          Int64(x.stride), gain.pointer, Self.epsilon, 3, Int64(columns), dtype.pen)
      }
      let reference = Reference(
        x: x.values, gain: gain.values, bias: bias.values, dOut: dOut.values)
      // Twice for x, as it was added twice.
      expectClose(
        dX.values, numericalGradient(reference, \.x) { $0.loss() }.map { 2 * $0 + 1 },
        5 * Tolerance.sums, "d x of \(columns)")
      expectClose(
        dGain.values, numericalGradient(reference, \.gain) { $0.loss() }.map { $0 + 1 },
        Tolerance.sums, "d gain of \(columns)")
      expectClose(
        dBias.values, numericalGradient(reference, \.bias) { $0.loss() }.map { $0 + 1 },
        Tolerance.sums, "d bias of \(columns)")
      #expect(dX.paddingIsIntact && dGain.paddingIsIntact && dBias.paddingIsIntact)
    }
  }
}
