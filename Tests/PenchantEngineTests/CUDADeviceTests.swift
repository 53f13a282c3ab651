import EmulatedGPU
import PenchantCore
import PenchantEngine
import PenchantFormats
import Testing

@Suite("CUDA operations against the plain kernels")
struct CUDADeviceTests {
  typealias Input = DevicePair.Input
  static let dtypes: [DType] = [.float32, .bfloat16]

  @Test("products of terms, of few rows, and over rows", arguments: dtypes)
  func products(dtype: DType) throws {
    let pair = try DevicePair()
    for (rows, depth, columns, gap) in [(1, 8, 1, 0), (7, 24, 130, 8), (19, 40, 17, 3)] {
      let inputs = [
        Input(rows, depth, dtype, gap: gap), Input(columns, depth, dtype, gap: gap),
        Input(rows, 4, dtype, gap: 5), Input(columns, 4, dtype), Input(1, columns, dtype),
        Input(rows, columns, dtype, gap: gap), Input(rows, columns, .float32),
        Input(depth, columns, dtype), Input(rows, columns, .float32),
        Input(depth, columns, .float32),
        Input(rows, columns, .float32),
      ]
      // Between terms the GPU rounds to out's dtype.
      try pair.compare(inputs, tolerance: dtype == .float32 ? 4e-6 : 1e-2, small: 1) { device, t in
        let terms = [ProductTerm(t[0], t[1], .transposed), ProductTerm(t[2], t[3], .transposed)]
        device.product(
          terms, into: t[5], scale: 0.5, bias: t[4], accumulate: false, fewRows: false)
        device.product(terms, into: t[6], scale: 1, bias: nil, accumulate: true, fewRows: true)
        device.product(
          [ProductTerm(t[0], t[7], .plain)], into: t[8], scale: 1, bias: t[4], accumulate: true,
          fewRows: false)
        device.productOverRows(t[0], t[5], into: t[9])
        device.product(terms, into: t[10], scale: 2, bias: t[4], accumulate: false, fewRows: true)
        return [t[5], t[6], t[8], t[9], t[10]]
      }
    }
  }

  @Test("narrow products: both layouts, and a row alone has the bits it has among others")
  func narrow() throws {
    let pair = try DevicePair()
    for (rows, depth, columns, gap) in [(70, 64, 8, 8), (3, 2056, 16, 0), (65, 1088, 48, 16)] {
      let inputs = [
        Input(rows, depth, .bfloat16, gap: gap), Input(columns, depth, .bfloat16),
        Input(depth, columns, .bfloat16, gap: gap), Input(rows, columns, .bfloat16, gap: 3),
        Input(rows, columns, .float32), Input(1, columns, .float32), Input(1, columns, .float32),
        Input(1, columns, .bfloat16), Input(rows, columns, .bfloat16),
      ]
      try pair.compare(inputs, tolerance: 1e-5, small: 0.1) { device, t in
        let terms = [ProductTerm(t[0], t[1], .transposed)]
        device.product(
          terms, into: t[3], scale: 0.5, bias: nil, accumulate: false, fewRows: false)
        device.product(
          [ProductTerm(t[0], t[2], .plain)], into: t[4], scale: 1, bias: nil, accumulate: true,
          fewRows: false)
        let last = rows - 1..<rows
        device.product(
          [ProductTerm(t[0].rows(last), t[1], .transposed)], into: t[5], scale: 1, bias: nil,
          accumulate: false, fewRows: false)
        device.product(
          [ProductTerm(t[0], t[1], .transposed)], into: t[4], scale: 1, bias: nil,
          accumulate: false, fewRows: false)
        #expect(device.read(t[4].rows(last)) == device.read(t[5]))
        // A bias in bfloat16, to which the terms are added.
        device.product(
          terms + [ProductTerm(t[0], t[1], .transposed)], into: t[8], scale: 1, bias: t[7],
          accumulate: false, fewRows: false)
        return [t[3], t[4], t[5], t[8]]
      }
    }
  }

  @Test("a row of few is the same in any company", arguments: dtypes)
  func fewRows(dtype: DType) throws {
    let device = try CUDADevice.forTests()
    let pair = try DevicePair()
    let t = try pair.place(
      [
        Input(19, 72, dtype), Input(33, 72, dtype), Input(19, 33, .float32), Input(1, 33, .float32),
      ],
      on: device, seed: 3)
    device.product(
      [ProductTerm(t[0], t[1], .transposed)], into: t[2], scale: 1, bias: nil, accumulate: false,
      fewRows: true)
    for row in [0, 7, 18] {
      device.product(
        [ProductTerm(t[0].rows(row..<row + 1), t[1], .transposed)], into: t[3], scale: 1, bias: nil,
        accumulate: false, fewRows: true)
      #expect(device.read(t[3]) == device.read(t[2].rows(row..<row + 1)))
    }
    try device.synchronize()
  }

  @Test("int8 weights: the same bytes, and products that read them")
  func quantised() throws {
    let pair = try DevicePair()
    for columns in [64, 200] {
      let groups = (columns + quantisationGroup - 1) / quantisationGroup
      try pair.compare(
        [
          Input(21, columns, .bfloat16), Input(21, columns, .int8), Input(21, groups, .float32),
          Input(5, columns, .bfloat16), Input(5, 21, .float32), Input(5, 21, .float32),
        ], tolerance: 1e-5
      ) { device, t in
        let isFinite = try device.quantise(t[0], into: t[1], scales: t[2])
        #expect(isFinite)
        for (out, fewRows) in [(t[4], false), (t[5], true)] {
          device.product(
            [ProductTerm(t[3], t[1], scales: t[2], .transposed)], into: out, scale: 1, bias: nil,
            accumulate: false, fewRows: fewRows)
        }
        return [t[2], t[4], t[5]]
      }
      let t = try pair.place(
        [
          Input(
            1, columns, .bfloat16, values: [.infinity] + [Float](repeating: 0, count: columns - 1)),
          Input(1, columns, .int8), Input(1, groups, .float32),
        ], on: pair.gpu, seed: 1)
      let isFinite = try pair.gpu.quantise(t[0], into: t[1], scales: t[2])
      #expect(!isFinite)
    }
  }

  @Test("embedding and its gradient, with an id twice", arguments: dtypes)
  func embedding(dtype: DType) throws {
    let pair = try DevicePair()
    for columns in [7, 64] {
      try pair.compare([
        Input([3, 0, 3, 4]), Input(5, columns, dtype), Input(4, columns, .float32, gap: 1),
        Input(4, columns, .float32), Input(5, columns, .float32),
      ]) { device, t in
        device.embed(t[0], table: t[1], scale: 1.5, accumulate: false, into: t[2])
        device.embed(t[0], table: t[1], scale: 0.7, accumulate: true, into: t[3])
        device.embedBackward(t[0], dOut: t[3], scale: 2, into: t[4])
        return [t[2], t[3], t[4]]
      }
    }
  }

  @Test("conversion, sums, moves, clearing, copies", arguments: dtypes)
  func moves(dtype: DType) throws {
    let pair = try DevicePair()
    for (columns, gap) in [(5, 0), (64, 0), (40, 8), (33, 7)] {
      try pair.compare([
        Input(6, columns, .float32, gap: gap), Input(6, columns, dtype, gap: gap),
        Input(6, columns, .float32), Input(3, columns, .float32), Input(9, columns, .float32),
        Input(9, columns, dtype, gap: gap), Input(6, columns, dtype),
      ]) { device, t in
        device.convert(t[0], scale: 0.3, into: t[1])
        device.add(t[1], scale: -2, to: t[2])
        device.gather(t[0], rows: [5, 0, 2], into: t[3])
        device.scatter(t[3], rows: [8, 1, 4], into: t[4])
        device.zero(t[5].rows(2..<5))
        device.copy(t[1], to: t[6])
        device.copy(t[6].columns(0..<3), to: t[5].rows(0..<6).columns(2..<5))
        device.softCap(t[2], cap: 0.8)
        return [t[1], t[2], t[3], t[4], t[5], t[6]]
      }
    }
  }

  @Test("norms and their gradients", arguments: dtypes, [NormShape.Kind.rootMeanSquare, .layer])
  func norms(dtype: DType, kind: NormShape.Kind) throws {
    let pair = try DevicePair()
    var shape = NormShape(epsilon: 1e-5)
    shape.kind = kind
    if kind == .rootMeanSquare { shape.gainOffset = 1 }
    for (rows, columns, gap) in [(3, 20, 0), (130, 64, 8), (2, 2100, 0)] {
      try pair.compare(
        [
          Input(rows, columns, dtype, gap: gap), Input(1, columns, dtype), Input(1, columns, dtype),
          Input(rows, columns, dtype), Input(rows, columns, .float32),
          Input(rows, columns, .float32),
          Input(1, columns, .float32), Input(1, columns, .float32),
          Input(rows, columns, .float32, gap: gap), Input(rows, columns, dtype, gap: gap),
          Input(rows, columns, dtype),
        ], tolerance: 1e-5
      ) { device, t in
        let isLayer = kind == .layer
        let norm = NormTensors(gain: t[1], bias: isLayer ? t[2] : nil)
        device.norm(t[0], norm, shape: shape, into: t[3])
        device.norm(t[8], rounded: t[9], norm, shape: shape, into: t[10])
        device.normBackward(
          dOut: t[4], x: t[0], norm, shape: shape, dX: t[5],
          gradients: NormTensors(gain: t[6], bias: isLayer ? t[7] : nil))
        device.normBackward(dOut: t[4], x: t[0], norm, shape: shape, dX: t[5], gradients: nil)
        return [t[3], t[5], t[6], t[7], t[9], t[10]]
      }
    }
  }

  @Test("rotary positions and their gradient", arguments: dtypes)
  func rotary(dtype: DType) throws {
    let pair = try DevicePair()
    for (heads, dimension, turned, gap) in [
      (3, 8, 8, 0), (2, 16, 12, 5), (2, 32, 32, 0), (3, 64, 32, 8),
    ] {
      let columns = heads * dimension
      try pair.compare([
        Input(4, columns, dtype, gap: gap), Input(9, turned, .float32), Input([8, 0, 3, 3]),
        Input(4, columns, .float32), Input(4, columns, dtype), Input(4, columns, .float32),
      ]) { device, t in
        device.rotary(t[0], angles: t[1], positions: t[2], headDimension: dimension, into: t[0])
        device.rotaryBackward(
          t[3], angles: t[1], positions: t[2], headDimension: dimension, into: t[4])
        device.rotaryBackward(
          t[3], angles: t[1], positions: t[2], headDimension: dimension, into: t[3])
        return [t[0], t[3], t[4]]
      }
    }
  }

  @Test(
    "activations and their gradients", arguments: dtypes,
    [Activation.silu, .gelu, .geluTanh])
  func activations(dtype: DType, activation: Activation) throws {
    let pair = try DevicePair()
    for (columns, gap) in [(64, 0), (21, 3)] {
      let inputs =
        (0..<6).map { _ in Input(5, columns, dtype, gap: gap) }
        + [Input(5, columns, .float32)]
      try pair.compare(inputs, tolerance: 1e-5) { device, t in
        device.activate(activation, gate: t[0], up: t[1], into: t[2])
        device.activateBackward(
          activation, dOut: t[6], gate: t[0], up: t[1], into: t[5], dGate: t[3], dUp: t[4])
        return [t[2], t[3], t[4], t[5]]
      }
      try pair.compare(inputs, tolerance: 1e-5) { device, t in
        device.activate(activation, gate: t[0], up: nil, into: t[2])
        device.activateBackward(
          activation, dOut: t[6], gate: t[0], up: nil, into: t[5], dGate: t[3], dUp: nil)
        return [t[2], t[3], t[5]]
      }
    }
  }

  @Test(
    "the head and its gradients, over one chunk of the vocabulary and over two", arguments: dtypes)
  func head(dtype: DType) throws {
    let pair = try DevicePair()
    for (vocabulary, cap, scale) in [(37, Float(0), Float(1)), (8200, 3, 0.5)] {
      let offsets = [0, 1, 1, 3]
      let targets: [Int32] = [2, Int32(vocabulary - 1), 0]
      let depth = 24
      var statistics: [HeadStatistics] = []
      try pair.compare(
        [
          Input(3, depth, dtype), Input(vocabulary, depth, dtype), Input(1, 3, .float32),
          Input(3, depth, .float32), Input(3, depth, .float32), Input(vocabulary, depth, .float32),
        ], tolerance: dtype == .float32 ? 1e-5 : 2e-3
      ) { device, t in
        let shape = HeadShape(scale: scale, softCap: cap)
        let found = device.head(
          hidden: t[0], weight: t[1], shape: shape, targetOffsets: offsets, targets: targets,
          logSumExp: t[2], meanWeight: t[3])
        statistics.append(found)
        let alone = device.head(
          hidden: t[0].rows(2..<3), weight: t[1], shape: shape, targetOffsets: [0, 2],
          targets: Array(targets[1...]), logSumExp: t[2].columns(2..<3), meanWeight: nil)
        #expect(alone.logProbabilities == Array(found.logProbabilities[1...]))
        #expect(alone.entropy[0] == found.entropy[2])
        let coefficients: [Float] = [0.5, -1, 2]
        device.headBackward(
          coefficients: coefficients, slopes: found.targetSlopes, weight: t[1],
          targetOffsets: offsets, targets: targets, meanWeight: t[3], into: t[4])
        device.headWeightBackward(
          coefficients: coefficients, slopes: found.targetSlopes, hidden: t[0], weight: t[1],
          shape: shape, targetOffsets: offsets, targets: targets, logSumExp: t[2], into: t[5])
        return [t[2], t[3], t[4], t[5]]
      }
      let (ours, theirs) = (statistics[0], statistics[1])
      for (a, b) in zip(
        ours.logProbabilities + ours.targetSlopes + ours.entropy + ours.logSquareSum,
        theirs.logProbabilities + theirs.targetSlopes + theirs.entropy + theirs.logSquareSum)
      {
        #expect(abs(a - b) <= 2e-5 * max(1, abs(b)))
      }
    }
  }

  @Test("AdamW and sums of squares", arguments: dtypes)
  func optimizer(dtype: DType) throws {
    let pair = try DevicePair()
    let entries = [
      ParameterSet.Entry(name: "norm", rows: 1, columns: 33, decays: false),
      ParameterSet.Entry(name: "matrix", rows: 7, columns: 10_001, decays: true),
    ]
    var norms: [Double] = []
    let values = (0..<70_040).map { Float(($0 &* 7919) % 997) / 997 - 0.4 }
    try pair.compare([]) { device, _ in
      let set = try ParameterSet(entries, dtype: dtype, trainable: true, on: device)
      let training = try #require(set.training)
      device.write(values, to: set.master)
      let optimizer = AdamW(weightDecay: 0.1, maxGradientNorm: 3)
      for number in 1...2 {
        device.write(values.map { $0 * Float(number) }.reversed(), to: training.gradient)
        let norm = optimizer.gradientNorm(of: set, on: device)
        norms.append(norm)
        optimizer.step(set, number: number, learningRate: 0.01, gradientNorm: norm, on: device)
      }
      return [set.master, set.working, training.firstMoment, training.secondMoment]
    }
    #expect(abs(norms[0] - norms[2]) <= 1e-12 * norms[0])
    #expect(abs(norms[1] - norms[3]) <= 1e-12 * norms[1])
  }

  @Test("what failed is thrown at the next wait, once, and nothing runs until then")
  func failures() throws {
    let device = try CUDADevice.forTests()
    #expect(throws: EngineError(.noSuchDevice(ordinal: 7, count: 1))) {
      _ = try CUDADevice(ordinal: 7, libraries: .emulated, cache: nil)
    }
    let pair = try DevicePair()
    let t = try pair.place([Input(1, 4, .float32)], on: device, seed: 1)
    let before = device.read(t[0])
    device.fail(EngineError(.outOfMemory(bytes: 1)))
    device.zero(t[0])
    #expect(device.read(t[0]) == [0, 0, 0, 0])
    #expect(throws: EngineError(.outOfMemory(bytes: 1))) { try device.synchronize() }
    #expect(device.read(t[0]) == before)
    try device.synchronize()
  }
}
