import CPenchantKernels
import Testing

@Suite struct AttentionTests {
  typealias Shape = AttentionCase.Shape

  static let arguments = MultiplyTests.arguments
  static let vectorised = KernelSet.vectorised.flatMap { set in DType.allCases.map { (set, $0) } }

  /// Shapes around the kernels' block sizes: no prompt, no branch, one row, heads of any size, windows that
  /// hide whole blocks.
  static let shapes = [
    Shape(headDim: 16, lengths: [5, 3, 4]),
    Shape(headDim: 1, lengths: [0, 3, 0]),
    Shape(headDim: 64, group: 3, lengths: [30, 20, 50]),
    Shape(headDim: 80, group: 2, window: 33, lengths: [70, 50, 99]),
    Shape(headDim: 96, group: 2, window: 5, lengths: [10, 0, 130]),
    Shape(headDim: 128, window: 20, lengths: [330, 20, 33]),
    Shape(headDim: 7, group: 2, lengths: [260, 49, 1]),
    Shape(headDim: 256, lengths: [0, 0, 64]),
    Shape(headDim: 65, lengths: [97]),
    Shape(headDim: 17, group: 2, lengths: [1, 1, 1, 1, 2]),
    Shape(headDim: 24, window: 1, lengths: [40, 40]),
    Shape(headDim: 40, group: 2, softCap: 2, lengths: [270, 31, 50]),
    Shape(headDim: 9, group: 3, window: 7, softCap: 0.7, lengths: [20, 60]),
  ]

  /// The forward pass of every shape in Double, computed once.
  static let references = Dictionary(
    uniqueKeysWithValues: DType.allCases.map { dtype in
      let results = shapes.enumerated().map { index, shape in
        AttentionReference(AttentionCase(shape, dtype, seed: UInt64(index))).forward()
      }
      return (dtype, results)
    })

  @Test(arguments: arguments)
  func forwardAgreesWithDouble(set: KernelSet, dtype: DType) throws {
    let references = try #require(Self.references[dtype])
    for (index, shape) in Self.shapes.enumerated() {
      let attention = AttentionCase(shape, dtype, seed: UInt64(index))
      let result = attention.forward(set)
      let expected = references[index]
      expectClose(result.out.values, expected.out, Tolerance.sums(dtype), "out of \(shape)")
      // The scores are exact products of the inputs: no rounding to bf16 before the logarithm.
      expectClose(
        result.logSumExp.values, expected.logSumExp, Tolerance.sums, "log Σ exp of \(shape)")
      #expect(result.out.paddingIsIntact && result.logSumExp.paddingIsIntact)
    }
  }

  @Test(arguments: arguments)
  func decodeAgreesWithDouble(set: KernelSet, dtype: DType) throws {
    let references = try #require(Self.references[dtype])
    for (index, shape) in Self.shapes.enumerated() {
      let attention = AttentionCase(shape, dtype, seed: UInt64(index))
      let expected = references[index].out
      let width = attention.q.columns
      for (segment, part) in attention.segments.enumerated() where segment > 0 && part.length > 0 {
        let row = Int(part.start + part.length) - 1
        expectClose(
          attention.decode(set, segment: segment).values,
          Array(expected[row * width..<(row + 1) * width]), Tolerance.sums(dtype),
          "segment \(segment) of \(shape)")
      }
    }
  }

  @Test(arguments: arguments)
  func backwardAgreesWithFiniteDifferences(set: KernelSet, dtype: DType) {
    for (index, (window, cap)) in [(0, Float(0)), (3, 0), (0, 1.5), (3, 0.6)].enumerated() {
      let shape = Shape(
        headDim: 5, group: 2, window: window, softCap: cap, lengths: [4, 3, 0, 2], lead: 1)
      let attention = AttentionCase(shape, dtype, seed: UInt64(20 + index))
      let result = attention.backward(set, attention.forward(set))
      let reference = AttentionReference(attention)
      let tolerance = Tolerance.sums(dtype)
      expectClose(
        result.dQ.values, numericalGradient(reference, \.q) { $0.loss() }, tolerance, "dQ")
      expectClose(
        result.dK.values, numericalGradient(reference, \.k) { $0.loss() }, tolerance, "dK")
      expectClose(
        result.dV.values, numericalGradient(reference, \.v) { $0.loss() }, tolerance, "dV")
      #expect(result.dQ.paddingIsIntact && result.dK.paddingIsIntact && result.dV.paddingIsIntact)
    }
  }

  @Test(arguments: vectorised)
  func backwardAgreesWithPlain(set: KernelSet, dtype: DType) {
    for (index, shape) in Self.shapes.enumerated() {
      let attention = AttentionCase(shape, dtype, seed: UInt64(40 + index))
      // Both from the same forward: what is compared is the backward pass.
      let forward = attention.forward(.plain)
      let result = attention.backward(set, forward)
      let expected = attention.backward(.plain, forward)
      let tolerance = Tolerance.sums(dtype)
      expectClose(result.dQ.values, expected.dQ.values, tolerance, "dQ of \(shape)", atLeast: 1)
      expectClose(result.dK.values, expected.dK.values, tolerance, "dK of \(shape)", atLeast: 1)
      expectClose(result.dV.values, expected.dV.values, tolerance, "dV of \(shape)", atLeast: 1)
    }
  }

  @Test(arguments: arguments)
  func aRowHasTheSameBitsWhateverLiesBesideIt(set: KernelSet, dtype: DType) {
    for window in [0, 45] {
      let whole = AttentionCase(
        Shape(headDim: 64, group: 2, window: window, lengths: [270, 100, 11]), dtype, seed: 60)
      // Fewer rows of the first branch, no second branch, and the rows elsewhere in memory.
      for length in [1, 47, 48, 49, 97] {
        let part = AttentionCase(
          Shape(headDim: 64, group: 2, window: window, lengths: [270, length], lead: 7), dtype,
          seed: 0)
        for row in 0..<(270 + length) {
          for column in 0..<128 { part.q[7 + row, column] = whole.q[2 + row, column] }
          for column in 0..<64 {
            part.k[7 + row, column] = whole.k[2 + row, column]
            part.v[7 + row, column] = whole.v[2 + row, column]
          }
        }
        let expected = whole.forward(set)
        let result = part.forward(set)
        let same = (0..<(270 + length)).allSatisfy { row in
          result.out.bits(row: 7 + row) == expected.out.bits(row: 2 + row)
            && result.logSumExp.bits(row: 7 + row) == expected.logSumExp.bits(row: 2 + row)
        }
        #expect(same, "window \(window), length \(length)")
      }
    }
  }

  @Test(arguments: arguments)
  func aRowThatSeesOneKeyIsItsValue(set: KernelSet, dtype: DType) {
    // exp(0) is 1 to the last bit, and so is 1 / 1.
    let attention = AttentionCase(
      Shape(headDim: 33, window: 1, lengths: [60, 50]), dtype, seed: 70)
    let out = attention.forward(set).out
    for row in 2..<attention.tokens {
      #expect(out.bits(row: row) == attention.v.bits(row: row))
    }
  }

  @Test(arguments: arguments)
  func largeScoresStayFinite(set: KernelSet, dtype: DType) {
    let attention = AttentionCase(Shape(headDim: 16, lengths: [270, 10]), dtype, seed: 71)
    for row in 0..<attention.tokens {
      for column in 0..<16 { attention.q[row, column] *= 1000 }
    }
    let result = attention.forward(set)
    expectClose(
      result.out.values, AttentionReference(attention).forward().out, Tolerance.bfloat16Sums,
      "scores of several thousand")
  }

  @Test(arguments: arguments)
  func aNaNInAQueryStaysInItsRow(set: KernelSet, dtype: DType) {
    let attention = AttentionCase(Shape(headDim: 16, lengths: [20, 10]), dtype, seed: 72)
    attention.q[9, 3] = .nan
    let result = attention.forward(set)
    for row in 2..<attention.tokens {
      #expect((0..<16).allSatisfy { result.out[row, $0].isNaN == (row == 9) })
      #expect(result.logSumExp[row, 0].isNaN == (row == 9))
    }
  }

  @Test(arguments: arguments)
  func aNaNInAKeyReachesEveryRowThatSeesIt(set: KernelSet, dtype: DType) {
    let attention = AttentionCase(Shape(headDim: 16, lengths: [20, 10]), dtype, seed: 73)
    attention.k[2 + 20, 3] = .nan
    let result = attention.forward(set)
    for row in 2..<attention.tokens { #expect(result.out[row, 0].isNaN == (row >= 22)) }
  }
}
