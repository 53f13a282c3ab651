import PenchantEngine

extension KernelCase {
  /// The operations a training step spends its time in, at the sizes it has them.
  static let all: [KernelCase] = [
    linear, linearGradient, weightGradient, attention, attentionGradient, head, norm, gate, adamW,
    oneRow,
  ]

  /// Tensors with made-up values.
  private struct Workbench {
    let device: any Device
    private var seed: UInt64 = 0

    init(_ device: any Device) { self.device = device }

    mutating func tensor(
      _ rows: Int, _ columns: Int, _ dtype: DType, filled: Bool = true
    ) throws(EngineError) -> Tensor {
      var plan = ArenaPlan()
      let slot = plan.reserve(rows, columns, dtype)
      let tensor = try Arena(plan, on: device)[slot]
      seed += 1
      if filled { MatrixSpeed.fill(tensor, seed: seed, on: device) }
      return tensor
    }
  }

  private static func size(_ counts: Int..., each dtype: DType) -> Double {
    Double(counts.reduce(0, +) * dtype.size)
  }

  /// The feed-forward's gate: (rows, d) to (rows, ff).
  private static let linear = KernelCase(
    name: "linear", operations: { 2 * Double($1 * $0.hiddenSize * $0.intermediateSize) },
    bytes: {
      size(
        $1 * $0.hiddenSize, $0.hiddenSize * $0.intermediateSize, $1 * $0.intermediateSize, each: $2)
    },
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let x = try bench.tensor(rows, a.hiddenSize, dtype)
      let w = try bench.tensor(a.intermediateSize, a.hiddenSize, dtype)
      let y = try bench.tensor(rows, a.intermediateSize, dtype, filled: false)
      return Prepared(
        run: {
          device.product(
            [ProductTerm(x, w, .transposed)], into: y, scale: 1, bias: nil, accumulate: false,
            fewRows: false)
        }, result: { device.read(y) })
    })

  /// The gradient of its input: (rows, ff) to (rows, d).
  private static let linearGradient = KernelCase(
    name: "linear, input gradient", operations: linear.operations, bytes: linear.bytes,
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let dy = try bench.tensor(rows, a.intermediateSize, dtype)
      let w = try bench.tensor(a.intermediateSize, a.hiddenSize, dtype)
      let dx = try bench.tensor(rows, a.hiddenSize, .float32, filled: false)
      return Prepared(
        run: {
          device.product(
            [ProductTerm(dy, w, .plain)], into: dx, scale: 1, bias: nil, accumulate: false,
            fewRows: false)
        }, result: { device.read(dx) })
    })

  /// The gradient of its weight, which full tuning needs.
  private static let weightGradient = KernelCase(
    name: "linear, weight gradient", operations: linear.operations, bytes: linear.bytes,
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let dy = try bench.tensor(rows, a.intermediateSize, dtype)
      let x = try bench.tensor(rows, a.hiddenSize, dtype)
      let dw = try bench.tensor(a.intermediateSize, a.hiddenSize, .float32, filled: false)
      return Prepared(
        run: {
          device.zero(dw)
          device.productOverRows(dy, x, into: dw)
        }, result: { device.read(dw) })
    })

  /// Attention's tensors for two pairs: a third of the rows are prompts, the rest two answers each.
  private struct AttentionCase {
    let q, k, v, out, logSumExp: Tensor
    let groups: [[Segment]]

    init(_ bench: inout Workbench, _ a: DecoderArchitecture, _ rows: Int, _ dtype: DType) throws {
      q = try bench.tensor(rows, a.queryWidth, dtype)
      k = try bench.tensor(rows, a.keyValueWidth, dtype)
      v = try bench.tensor(rows, a.keyValueWidth, dtype)
      out = try bench.tensor(rows, a.queryWidth, dtype, filled: false)
      logSumExp = try bench.tensor(rows, a.headCount, .float32, filled: false)
      groups = Self.groups(rows)
    }

    static func groups(_ rows: Int) -> [[Segment]] {
      [0..<rows / 2, rows / 2..<rows].map { pair in
        let third = pair.count / 3
        let second = pair.lowerBound + 2 * third
        return [
          Segment(start: pair.lowerBound, length: third, position: 0),
          Segment(start: pair.lowerBound + third, length: third, position: third),
          Segment(start: second, length: pair.upperBound - second, position: third),
        ]
      }
    }

    /// Sum over the queries of the keys each sees.
    static func keysSeen(_ rows: Int) -> Double {
      groups(rows).joined().reduce(0) { sum, segment in
        let n = Double(segment.length)
        return sum + n * Double(segment.position) + n * (n + 1) / 2
      }
    }

    func forward(_ device: any Device, _ a: DecoderArchitecture) {
      device.attention(
        q: q, k: k, v: v, groups: groups, shape: a.attention(layer: 0), into: out,
        logSumExp: logSumExp)
    }
  }

  private static let attention = KernelCase(
    name: "attention", operations: { 4 * AttentionCase.keysSeen($1) * Double($0.queryWidth) },
    bytes: { size($1 * 2 * $0.queryWidth, $1 * 2 * $0.keyValueWidth, each: $2) },
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let inputs = try AttentionCase(&bench, a, rows, dtype)
      return Prepared(
        run: { inputs.forward(device, a) }, result: { device.read(inputs.out) })
    })

  private static let attentionGradient = KernelCase(
    name: "attention, gradient",
    operations: { 10 * AttentionCase.keysSeen($1) * Double($0.queryWidth) },
    bytes: { size($1 * 4 * $0.queryWidth, $1 * 4 * $0.keyValueWidth, each: $2) },
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let inputs = try AttentionCase(&bench, a, rows, dtype)
      let dOut = try bench.tensor(rows, a.queryWidth, dtype)
      let dQ = try bench.tensor(rows, a.queryWidth, .float32, filled: false)
      let dK = try bench.tensor(rows, a.keyValueWidth, .float32, filled: false)
      let dV = try bench.tensor(rows, a.keyValueWidth, .float32, filled: false)
      inputs.forward(device, a)
      return Prepared(
        run: {
          device.attentionBackward(
            dOut: dOut, q: inputs.q, k: inputs.k, v: inputs.v, out: inputs.out,
            logSumExp: inputs.logSumExp, groups: inputs.groups,
            shape: a.attention(layer: 0), dQ: dQ, dK: dK, dV: dV)
        }, result: { device.read(dQ) + device.read(dK) + device.read(dV) })
    })

  /// Log-probabilities and the unit gradient of the rows that are answers, two thirds: 4Vd a row.
  private static let head = KernelCase(
    name: "head", operations: { 4 * Double($1 * 2 / 3 * $0.vocabularySize * $0.hiddenSize) },
    bytes: { a, _, dtype in size(a.vocabularySize * a.hiddenSize, each: dtype) },
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let count = rows * 2 / 3
      let hidden = try bench.tensor(count, a.hiddenSize, dtype)
      let weight = try bench.tensor(a.vocabularySize, a.hiddenSize, dtype)
      let logSumExp = try bench.tensor(1, count, .float32, filled: false)
      let mean = try bench.tensor(count, a.hiddenSize, .float32, filled: false)
      let targets = (0..<count).map { Int32($0 % a.vocabularySize) }
      let results = Results()
      return Prepared(
        run: {
          results.values =
            device.head(
              hidden: hidden, weight: weight, shape: a.head, targetOffsets: Array(0...count),
              targets: targets, logSumExp: logSumExp, meanWeight: mean
            ).logProbabilities
        }, result: { results.values + device.read(mean) })
    })

  /// Holds what a call returned.
  private final class Results {
    var values: [Float] = []
  }

  private static let norm = KernelCase(
    name: "norm", operations: nil, bytes: { size(2 * $1 * $0.hiddenSize, each: $2) },
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let x = try bench.tensor(rows, a.hiddenSize, dtype)
      let gain = try bench.tensor(1, a.hiddenSize, dtype)
      let y = try bench.tensor(rows, a.hiddenSize, dtype, filled: false)
      return Prepared(
        run: { device.norm(x, NormTensors(gain: gain), shape: a.norm, into: y) },
        result: { device.read(y) })
    })

  private static let gate = KernelCase(
    name: "gated activation", operations: nil,
    bytes: { size(3 * $1 * $0.intermediateSize, each: $2) },
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let gate = try bench.tensor(rows, a.intermediateSize, dtype)
      let up = try bench.tensor(rows, a.intermediateSize, dtype)
      let y = try bench.tensor(rows, a.intermediateSize, dtype, filled: false)
      return Prepared(
        run: { device.activate(a.activation, gate: gate, up: up, into: y) },
        result: { device.read(y) })
    })

  /// As many weights as one layer's gate has: five float32 figures of each read or written, and the working copy.
  private static let adamW = KernelCase(
    name: "AdamW", operations: nil,
    bytes: { a, _, dtype in
      Double(a.hiddenSize * a.intermediateSize * (7 * 4 + dtype.size))
    },
    prepare: { device, a, _, dtype in
      let entry = ParameterSet.Entry(
        name: "w", rows: a.intermediateSize, columns: a.hiddenSize, decays: true)
      let parameters = try ParameterSet([entry], dtype: dtype, trainable: true, on: device)
      MatrixSpeed.fill(parameters.master, seed: 1, on: device)
      if let training = parameters.training {
        MatrixSpeed.fill(training.gradient, seed: 2, on: device)
      }
      return Prepared(
        run: {
          AdamW().step(parameters, number: 1, learningRate: 1e-3, gradientNorm: 1, on: device)
        }, result: { device.read(parameters.master) })
    })

  /// One row against weights larger than the caches: what decoding waits for, and the memory's own speed.
  private static let oneRow = KernelCase(
    name: "decoding one row", operations: nil,
    bytes: { a, rows, dtype in size(oneRowSize(a, rows).0 * oneRowSize(a, rows).1, each: dtype) },
    prepare: { device, a, rows, dtype in
      var bench = Workbench(device)
      let (outputs, depth) = oneRowSize(a, rows)
      let x = try bench.tensor(1, depth, dtype)
      let w = try bench.tensor(outputs, depth, dtype)
      let y = try bench.tensor(1, outputs, .float32, filled: false)
      return Prepared(
        run: {
          device.product(
            [ProductTerm(x, w, .transposed)], into: y, scale: 1, bias: nil, accumulate: false,
            fewRows: true)
        }, result: { device.read(y) })
    })

  /// 128 MiB of bfloat16 at full size, little for the check.
  private static func oneRowSize(_ a: DecoderArchitecture, _ rows: Int) -> (Int, Int) {
    rows < 64 ? (a.intermediateSize, a.hiddenSize) : (16384, 4096)
  }
}
