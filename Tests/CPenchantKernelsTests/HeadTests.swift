import CPenchantKernels
import Testing

/// Rows of hidden states against a vocabulary, each row with none, one or two targets.
final class HeadCase {
  let hidden: Matrix
  let weight: Matrix
  let offsets: [Int64]
  let targets: [Int32]
  let coefficients: [Float]
  let logitScale: Float
  let softCap: Float

  init(
    rows: Int, depth: Int, vocabulary: Int, _ dtype: DType, seed: UInt64, scale: Float = 1,
    logitScale: Float = 1, softCap: Float = 0
  ) {
    self.logitScale = logitScale
    self.softCap = softCap
    var numbers = Numbers(seed: seed)
    hidden = Matrix(rows, depth, dtype.pen, random: &numbers, scale: scale)
    weight = Matrix(vocabulary, depth, dtype.pen, padding: 1, random: &numbers)
    var offsets: [Int64] = [0]
    var targets: [Int32] = []
    for row in 0..<rows {
      for _ in 0..<((row + 1) % 3) {
        targets.append(Int32(numbers.next() % UInt64(vocabulary)))
      }
      offsets.append(Int64(targets.count))
    }
    self.offsets = offsets
    self.targets = targets
    coefficients = targets.map { _ in numbers.float() }
  }

  struct Result {
    let targetLogProbs: Matrix  // (1, targets)
    let slopes: Matrix  // (1, targets)
    let statistics: Matrix  // (3, rows): log Σ exp, entropy, log Σ p²
    let meanWeight: Matrix?  // (rows, depth)
  }

  private func job(_ result: Result, first: Int, rows: Int, _ body: (inout pen_head) -> Void) {
    offsets.withUnsafeBufferPointer { offsets in
      targets.withUnsafeBufferPointer { targets in
        var job = pen_head(
          dtype: hidden.dtype, rows: Int64(rows), depth: Int64(hidden.columns),
          vocabulary: Int64(weight.rows), hidden: hidden.row(first),
          hidden_stride: Int64(hidden.stride), weight: weight.pointer,
          weight_stride: Int64(weight.stride), logit_scale: logitScale, soft_cap: softCap,
          target_offsets: offsets.baseAddress.map { $0 + first },
          targets: targets.baseAddress, target_log_probs: result.targetLogProbs.floats,
          target_slopes: result.slopes.floats,
          log_sum_exp: result.statistics.floats,
          entropy: result.statistics.floats + result.statistics.stride,
          log_square_sum: result.statistics.floats + 2 * result.statistics.stride,
          mean_weight: result.meanWeight?.floats)
        body(&job)
      }
    }
  }

  /// The rows first..<first + rows, all by default.
  ///
  /// Targets keep their places.
  func forward(_ set: KernelSet, first: Int = 0, rows: Int? = nil, mean: Bool = true) -> Result {
    let rows = rows ?? hidden.rows
    let result = Result(
      targetLogProbs: Matrix(1, targets.count), slopes: Matrix(1, targets.count),
      statistics: Matrix(3, rows),
      meanWeight: mean ? Matrix(rows, hidden.columns, padding: 0) : nil)
    job(result, first: first, rows: rows) { job in
      let scratch = Storage(count: Int(set.table.head_scratch(&job)))
      set.table.head_forward(&job, scratch.pointer)
    }
    return result
  }

  /// d_weight (vocabulary, depth), computed in the given ranges; every element starts at 0.5.
  func weightGradient(_ set: KernelSet, _ forward: Result, _ ranges: [Range<Int>]) -> Matrix {
    let gradient = Matrix(weight.rows, hidden.columns)
    for v in 0..<weight.rows { for k in 0..<hidden.columns { gradient[v, k] = 0.5 } }
    job(forward, first: 0, rows: hidden.rows) { job in
      let scratch = Storage(count: Int(set.table.head_weight_scratch(&job)))
      for range in ranges {
        set.table.head_weight_backward(
          &job, coefficients, Int64(range.lowerBound), Int64(range.upperBound), gradient.floats,
          Int64(gradient.stride), scratch.pointer)
      }
    }
    return gradient
  }
}

/// The head in Double, with all logits.
struct HeadReference {
  let head: HeadCase
  var hidden: [Double]
  var weight: [Double]

  init(_ head: HeadCase) {
    self.head = head
    hidden = head.hidden.values
    weight = head.weight.values
  }

  private var depth: Int { head.hidden.columns }
  private var vocabulary: Int { head.weight.rows }

  func logits(_ row: Int) -> [Double] {
    (0..<vocabulary).map { v in
      let sum = (0..<depth).reduce(0.0) { $0 + hidden[row * depth + $1] * weight[v * depth + $1] }
      let (logit, cap) = (sum * Double(head.logitScale), Double(head.softCap))
      return cap > 0 ? cap * hyperbolicTangent(logit / cap) : logit
    }
  }

  /// dlogit/d(h·W).
  func slope(_ row: Int, _ v: Int) -> Double {
    guard head.softCap > 0 else { return Double(head.logitScale) }
    let t = logits(row)[v] / Double(head.softCap)
    return Double(head.logitScale) * (1 - t * t)
  }

  /// log p of the whole vocabulary.
  func logProbs(_ row: Int) -> (logSumExp: Double, logProbs: [Double]) {
    let logits = logits(row)
    let most = logits.max() ?? 0
    let logSum = most + logarithm(logits.reduce(0) { $0 + exponential($1 - most) })
    return (logSum, logits.map { $0 - logSum })
  }

  /// Σ coefficient · log p over all targets.
  func loss() -> Double {
    (0..<head.hidden.rows).reduce(0) { sum, row in
      let range = Int(head.offsets[row])..<Int(head.offsets[row + 1])
      if range.isEmpty { return sum }
      let logProbs = logProbs(row).logProbs
      return range.reduce(sum) {
        $0 + Double(head.coefficients[$1]) * logProbs[Int(head.targets[$1])]
      }
    }
  }
}

@Suite struct HeadTests {
  static let arguments = MultiplyTests.arguments

  @Test(arguments: arguments)
  func agreesWithDouble(set: KernelSet, dtype: DType) {
    let shapes = [
      (1, 1, 1), (7, 24, 5), (6, 16, 256), (97, 17, 300), (8, 130, 257), (5, 65, 600),
    ]
    for (index, (rows, depth, vocabulary)) in shapes.enumerated() {
      let isBent = index % 2 == 1
      let head = HeadCase(
        rows: rows, depth: depth, vocabulary: vocabulary, dtype, seed: UInt64(index),
        logitScale: isBent ? 0.6 : 1, softCap: isBent ? 2 : 0)
      let result = head.forward(set)
      let reference = HeadReference(head)
      var expected = Array(repeating: [Double](), count: 3)
      var targetLogProbs: [Double] = []
      var (slopes, means) = ([Double](), [Double]())
      for row in 0..<rows {
        let (logSumExp, logProbs) = reference.logProbs(row)
        let p = logProbs.map { exponential($0) }
        expected[0].append(logSumExp)
        expected[1].append(-zip(p, logProbs).reduce(0) { $0 + $1.0 * $1.1 })
        expected[2].append(logarithm(p.reduce(0) { $0 + $1 * $1 }))
        for i in Int(head.offsets[row])..<Int(head.offsets[row + 1]) {
          targetLogProbs.append(logProbs[Int(head.targets[i])])
          slopes.append(reference.slope(row, Int(head.targets[i])))
        }
        let weights = (0..<vocabulary).map { p[$0] * reference.slope(row, $0) }
        for k in 0..<depth {
          means.append(
            (0..<vocabulary).reduce(0) { $0 + weights[$1] * reference.weight[$1 * depth + k] })
        }
      }
      // One logit's float32 error is of the size of the logits, not of the result: hence the 10.
      let statistics = (0..<3).map { i in (0..<rows).map { Double(result.statistics[i, $0]) } }
      for i in 0..<3 {
        let size = expected[i].reduce(10) { max($0, abs($1)) }
        expectClose(
          statistics[i] + [size], expected[i] + [size], Tolerance.sums, "statistic \(i), \(index)")
      }
      expectClose(
        result.targetLogProbs.values + [10], targetLogProbs + [10], Tolerance.sums,
        "log p, shape \(index)")
      expectClose(result.slopes.values, slopes, Tolerance.sums, "slopes, shape \(index)")
      expectClose(
        result.meanWeight?.values ?? [], means, Tolerance.sums(dtype), "Σ p W, shape \(index)")
      #expect(result.statistics.paddingIsIntact)
    }
  }

  /// Scale and cap of the logits in the tests of gradients.
  private static let bends: [(scale: Float, cap: Float)] = [(1, 0), (0.7, 0), (1.3, 1.2)]

  @Test(arguments: arguments)
  func theUnitGradientIsThatOfFiniteDifferences(set: KernelSet, dtype: DType) {
    for bend in Self.bends { unitGradient(set, dtype, bend.scale, bend.cap) }
  }

  private func unitGradient(_ set: KernelSet, _ dtype: DType, _ scale: Float, _ cap: Float) {
    let head = HeadCase(
      rows: 4, depth: 6, vocabulary: 11, dtype, seed: 10, logitScale: scale, softCap: cap)
    let result = head.forward(set)
    // d Σ c log p / d hidden = Σ c (slope W[y] − Σ p slope W)
    var gradient = [Double](repeating: 0, count: 4 * 6)
    for row in 0..<4 {
      for i in Int(head.offsets[row])..<Int(head.offsets[row + 1]) {
        for k in 0..<6 {
          let unit =
            Double(result.slopes[0, i] * head.weight[Int(head.targets[i]), k])
            - Double(result.meanWeight?[row, k] ?? .nan)
          gradient[row * 6 + k] += Double(head.coefficients[i]) * unit
        }
      }
    }
    let expected = numericalGradient(HeadReference(head), \.hidden) { $0.loss() }
    expectClose(gradient, expected, Tolerance.sums(dtype), "d hidden")
  }

  @Test(arguments: arguments)
  func theWeightGradientIsThatOfFiniteDifferences(set: KernelSet, dtype: DType) {
    for bend in Self.bends {
      let head = HeadCase(
        rows: 5, depth: 6, vocabulary: 11, dtype, seed: 11, logitScale: bend.scale,
        softCap: bend.cap)
      let gradient = head.weightGradient(set, head.forward(set), [0..<11])
      let expected = numericalGradient(HeadReference(head), \.weight) { $0.loss() }
      expectClose(
        gradient.values.map { $0 - 0.5 }, expected, Tolerance.sums(dtype), "d weight")
      #expect(gradient.paddingIsIntact)
    }
  }

  @Test(arguments: AttentionTests.vectorised)
  func theWeightGradientAgreesWithPlain(set: KernelSet, dtype: DType) {
    let head = HeadCase(
      rows: 200, depth: 65, vocabulary: 260, dtype, seed: 12, logitScale: 0.9, softCap: 4)
    let forward = head.forward(.plain)
    expectClose(
      head.weightGradient(set, forward, [0..<260]).values,
      head.weightGradient(.plain, forward, [0..<260]).values, Tolerance.sums(dtype), "d weight")
  }

  @Test(arguments: arguments)
  func theWeightGradientHasTheSameBitsForAnyRanges(set: KernelSet, dtype: DType) {
    let head = HeadCase(rows: 200, depth: 33, vocabulary: 300, dtype, seed: 13)
    let forward = head.forward(set)
    let whole = head.weightGradient(set, forward, [0..<300]).bits
    for ranges in [[0..<1, 1..<300], [0..<77, 77..<78, 78..<271, 271..<300]] {
      #expect(head.weightGradient(set, forward, ranges).bits == whole)
    }
  }

  @Test(arguments: arguments)
  func aRowHasTheSameBitsAloneAndAmongOthers(set: KernelSet, dtype: DType) {
    let head = HeadCase(rows: 205, depth: 70, vocabulary: 600, dtype, seed: 14, softCap: 5)
    let together = head.forward(set)
    for first in [0, 1, 50, 191, 192, 204] {
      let alone = head.forward(set, first: first, rows: 1)
      for i in 0..<3 {
        #expect(alone.statistics[i, 0].bitPattern == together.statistics[i, first].bitPattern)
      }
      #expect(alone.meanWeight?.bits(row: 0) == together.meanWeight?.bits(row: first))
      for i in Int(head.offsets[first])..<Int(head.offsets[first + 1]) {
        let bits = alone.targetLogProbs[0, i].bitPattern
        #expect(bits == together.targetLogProbs[0, i].bitPattern)
      }
    }
  }

  @Test(arguments: arguments)
  func theGradientDoesNotChangeTheLogProbs(set: KernelSet, dtype: DType) {
    let head = HeadCase(rows: 20, depth: 40, vocabulary: 300, dtype, seed: 15)
    let with = head.forward(set)
    let without = head.forward(set, mean: false)
    #expect(with.statistics.bits == without.statistics.bits)
    #expect(with.targetLogProbs.bits == without.targetLogProbs.bits)
  }

  @Test(arguments: arguments)
  func largeLogitsStayFinite(set: KernelSet, dtype: DType) {
    let head = HeadCase(rows: 9, depth: 64, vocabulary: 700, dtype, seed: 16, scale: 1000)
    let result = head.forward(set)
    #expect(result.statistics.values.allSatisfy { $0.isFinite })
    #expect(result.targetLogProbs.values.allSatisfy { $0.isFinite && $0 <= 0 })
    #expect(result.meanWeight?.values.allSatisfy { $0.isFinite } == true)
  }

  @Test(arguments: arguments)
  func aNaNStaysInItsRow(set: KernelSet, dtype: DType) {
    let head = HeadCase(rows: 5, depth: 20, vocabulary: 300, dtype, seed: 17)
    head.hidden[3, 7] = .nan
    let result = head.forward(set)
    for row in 0..<5 {
      for i in 0..<3 { #expect(result.statistics[i, row].isNaN == (row == 3)) }
      #expect(result.meanWeight?[row, 0].isNaN == (row == 3))
      for i in Int(head.offsets[row])..<Int(head.offsets[row + 1]) {
        #expect(result.targetLogProbs[0, i].isNaN == (row == 3))
      }
    }
  }
}
