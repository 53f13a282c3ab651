import CPenchantKernels
import Testing

@Suite struct ConvertTests {
  @Test(arguments: KernelSet.all)
  func roundsToNearestEven(set: KernelSet) {
    var numbers = Numbers(seed: 1)
    var values: [Float] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .greatestFiniteMagnitude, 1 + 0x1p-8, 1 + 0x3p-8,
      1 + 0x1p-8 + 0x1p-20, -(1 + 0x1p-8), 0x1p-126, 3.3895314e38,
    ]
    values += (0..<200).map { _ in numbers.float(100) }
    let source = Matrix(1, values.count)
    for (i, value) in values.enumerated() { source[0, i] = value }
    let half = Matrix(1, values.count, PEN_BF16)
    set.table.convert(half.pointer, PEN_BF16, source.pointer, PEN_F32, 1, Int64(values.count))
    let back = Matrix(1, values.count)
    set.table.convert(back.pointer, PEN_F32, half.pointer, PEN_BF16, 1, Int64(values.count))
    for (i, value) in values.enumerated() {
      #expect(back[0, i].bitPattern == UInt32(bfloat(value)) << 16, "\(value)")
    }
    #expect(half.paddingIsIntact && back.paddingIsIntact)
  }

  @Test(arguments: KernelSet.all)
  func aNaNStaysANaN(set: KernelSet) {
    // Payloads that rounding would carry into the exponent or drop.
    let patterns: [UInt32] = [0x7fc0_0000, 0x7f80_0001, 0x7fff_ffff, 0xffff_ffff, 0xff80_0001]
    let source = Matrix(1, patterns.count)
    for (i, pattern) in patterns.enumerated() { source[0, i] = Float(bitPattern: pattern) }
    let half = Matrix(1, patterns.count, PEN_BF16)
    set.table.convert(half.pointer, PEN_BF16, source.pointer, PEN_F32, 1, Int64(patterns.count))
    #expect((0..<patterns.count).allSatisfy { half[0, $0].isNaN })
  }

  @Test(arguments: KernelSet.all)
  func transposesOddShapesInEveryDtype(set: KernelSet) {
    var numbers = Numbers(seed: 2)
    for (rows, columns) in [(1, 1), (5, 17), (16, 16), (33, 7), (65, 130)] {
      for from in DType.allCases {
        for to in DType.allCases {
          let source = Matrix(rows, columns, from.pen, random: &numbers)
          let turned = Matrix(columns, rows, to.pen, padding: 2)
          set.table.transpose(
            turned.pointer, Int64(turned.stride), to.pen, source.pointer, Int64(source.stride),
            from.pen, Int64(rows), Int64(columns))
          let same = (0..<rows).allSatisfy { row in
            (0..<columns).allSatisfy { column in
              Double(turned[column, row]) == rounded(Double(source[row, column]), to.pen)
            }
          }
          #expect(same && turned.paddingIsIntact, "\(rows)×\(columns) \(from) to \(to)")
        }
      }
    }
  }
}

@Suite struct VectorTests {
  @Test(arguments: KernelSet.all)
  func addsScaledAndSumsSquares(set: KernelSet) {
    var numbers = Numbers(seed: 3)
    for count in oddShapes + [1000] {
      let x = Matrix(1, count, random: &numbers)
      let y = Matrix(1, count, random: &numbers)
      let expected = zip(x.values, y.values).map { $0 + $1 * 0.25 }
      let squares = x.values.reduce(0) { $0 + $1 * $1 }
      // Double sums in another order: the last bits only.
      #expect(abs(set.table.sum_squares(x.floats, Int64(count)) - squares) <= 1e-13 * squares)
      set.table.add_scaled(x.floats, y.pointer, PEN_F32, 0.25, Int64(count))
      expectClose(x.values, expected, 2 * Tolerance.float32, "count \(count)")
      #expect(x.paddingIsIntact)
    }
    #expect(set.table.sum_squares(Matrix(1, 1).floats, 0) == 0)
  }

  @Test(arguments: KernelSet.all)
  func aNaNReachesTheSumOfSquares(set: KernelSet) {
    let x = Matrix(1, 100)
    x[0, 99] = .nan
    #expect(set.table.sum_squares(x.floats, 100).isNaN)
  }
}

@Suite struct AdamWTests {
  @Test(arguments: MultiplyTests.arguments)
  func fiveStepsAgreeWithDouble(set: KernelSet, dtype: DType) {
    let (rate, beta1, beta2, epsilon, decay, scale) = (1e-2, 0.9, 0.999, 1e-8, 0.1, 0.5)
    var numbers = Numbers(seed: 4)
    for count in [1, 16, 37] {
      let weights = Matrix(1, count, random: &numbers)
      let m = Matrix(1, count)
      let v = Matrix(1, count)
      let working = Matrix(1, count, dtype.pen)
      var w = weights.values
      var first = [Double](repeating: 0, count: count)
      var second = first
      for step in 1...5 {
        let gradient = Matrix(1, count, random: &numbers)
        var power1 = 1.0
        var power2 = 1.0
        for _ in 0..<step {
          power1 *= beta1
          power2 *= beta2
        }
        set.table.adamw(
          weights.floats, working.pointer, dtype.pen, m.floats, v.floats, gradient.floats,
          Int64(count), Float(scale), Float(rate), Float(beta1), Float(beta2), Float(epsilon),
          Float(decay), Float(1 - power1), Float(1 - power2))
        for i in 0..<count {
          let g = Double(gradient[0, i]) * scale
          w[i] *= 1 - rate * decay
          first[i] = beta1 * first[i] + (1 - beta1) * g
          second[i] = beta2 * second[i] + (1 - beta2) * g * g
          let denominator = (second[i] / (1 - power2)).squareRoot() + epsilon
          w[i] -= rate / (1 - power1) * first[i] / denominator
        }
      }
      // 1 − β₂ᵗ as a float32 is good to 2⁻²⁴ / (1 − β₂ᵗ) ≈ 6e-5 at the first step, half of it in the root.
      expectClose(weights.values, w, Tolerance.sums, "weights of \(count)")
      expectClose(m.values, first, Tolerance.sums, "m of \(count)")
      expectClose(v.values, second, 5e-5, "v of \(count): 1 − β₂ as a float32")
      let expected = (0..<count).map { rounded(Double(weights[0, $0]), dtype.pen) }
      #expect(working.values == expected)
      #expect(weights.paddingIsIntact && m.paddingIsIntact && v.paddingIsIntact)
    }
  }

  @Test(arguments: KernelSet.all)
  func aPartHasTheSameBitsAsTheWhole(set: KernelSet) {
    func step(_ ranges: [Range<Int>]) -> [UInt32] {
      var numbers = Numbers(seed: 5)
      let (weights, m, v) = (Matrix(1, 100, random: &numbers), Matrix(1, 100), Matrix(1, 100))
      let gradient = Matrix(1, 100, random: &numbers)
      for range in ranges {
        let at = range.lowerBound
        set.table.adamw(
          weights.floats + at, nil, PEN_F32, m.floats + at, v.floats + at, gradient.floats + at,
          Int64(range.count), 1, 1e-3, 0.9, 0.999, 1e-8, 0, 0.1, 0.001)
      }
      return weights.bits
    }
    #expect(step([0..<100]) == step([0..<3, 3..<50, 50..<100]))
  }
}
