import EmulatedGPU
import PenchantEngine
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("CUDA attention against the plain kernels")
struct CUDAAttentionTests {
  /// Heads of a size that one of the modules in Tests/CUDAEmulator was compiled for, over groups of segments.
  struct Case: Sendable, CustomTestStringConvertible {
    var dimension: Int
    var dtype = DType.bfloat16
    var heads = 2
    var keyValueHeads = 1
    var window: Int?
    var softCap: Float = 0
    /// For each group the lengths of its segments, the shared one first.
    var groups: [[Int]]
    /// Elements between the rows of the fused q, k and v, and of the outputs; 16 bytes' worth by default.
    var gap = 8

    var testDescription: String {
      "\(dimension) \(dtype) \(heads)/\(keyValueHeads) window \(window ?? 0) cap \(softCap) \(groups)"
    }

    var shape: AttentionShape {
      AttentionShape(
        heads: heads, keyValueHeads: keyValueHeads, headDimension: dimension, scale: 0.3,
        softCap: softCap, window: window)
    }

    /// Rows that belong to nobody lie before, between and behind the groups.
    var segments: [[Segment]] {
      var start = 3
      return groups.map { lengths in
        let group = lengths.enumerated().map { index, length in
          defer { start += length }
          return Segment(start: start, length: length, position: index == 0 ? 5 : 5 + lengths[0])
        }
        start += 2
        return group
      }
    }

    var rows: Int { groups.reduce(3) { $0 + $1.reduce(2, +) } }
  }

  /// The tensors of a case on one device.
  ///
  /// Gradients and outputs hold something else at first.
  struct Tensors {
    let q, k, v, dOut, out, logSumExp, dQ, dK, dV: Tensor

    init(_ it: Case, _ pair: DevicePair, on device: any Device) throws {
      let (width, keyWidth) = (it.heads * it.dimension, it.keyValueHeads * it.dimension)
      let t = try pair.place(
        [
          .init(it.rows, width + 2 * keyWidth, it.dtype, gap: it.gap),
          .init(it.rows, width, it.dtype, gap: it.gap),
          .init(it.rows, width, it.dtype, gap: it.gap), .init(it.rows, it.heads, .float32, gap: 1),
          .init(it.rows, width, .float32, gap: 4), .init(it.rows, keyWidth, .float32, gap: 4),
          .init(it.rows, keyWidth, .float32, gap: 4),
        ], on: device, seed: 11)
      q = t[0].columns(0..<width)
      k = t[0].columns(width..<width + keyWidth)
      v = t[0].columns(width + keyWidth..<width + 2 * keyWidth)
      (dOut, out, logSumExp, dQ, dK, dV) = (t[1], t[2], t[3], t[4], t[5], t[6])
    }

    var results: [Tensor] { [out, logSumExp, dQ, dK, dV] }
  }

  /// Both directions; on the device that was given, all results from its own forward pass.
  static func run(
    _ device: any Device, _ it: Case, _ t: Tensors, groups: [[Segment]]? = nil
  ) {
    let groups = groups ?? it.segments
    device.attention(
      q: t.q, k: t.k, v: t.v, groups: groups, shape: it.shape, into: t.out, logSumExp: t.logSumExp)
    device.attentionBackward(
      dOut: t.dOut, q: t.q, k: t.k, v: t.v, out: t.out, logSumExp: t.logSumExp, groups: groups,
      shape: it.shape, dQ: t.dQ, dK: t.dK, dV: t.dV)
  }

  /// What p and dS lose when they are rounded to bfloat16 relative to another maximum, of the largest result.
  static func tolerance(_ dtype: DType) -> Float { dtype == .float32 ? 1e-5 : 0x1p-7 }

  static func expectClose(
    _ ours: [Float], _ theirs: [Float], _ tolerance: Float, _ what: String,
    location: SourceLocation = #_sourceLocation
  ) {
    let largest = theirs.reduce(Float(1e-6)) { max($0, abs($1)) }
    let worst = zip(ours, theirs).reduce(Float(0)) { worst, pair in
      let difference = abs(pair.0 - pair.1) / largest
      return difference.isNaN ? .infinity : max(worst, difference)
    }
    #expect(worst <= tolerance, "\(what) differs by \(worst)", sourceLocation: location)
  }

  static let cases = [
    Case(dimension: 16, groups: [[1], [0, 15, 16]]),
    Case(dimension: 16, heads: 6, keyValueHeads: 2, window: 20, groups: [[65, 40], [3, 70]]),
    Case(dimension: 64, groups: [[64], [63, 5]]),
    Case(dimension: 64, heads: 2, keyValueHeads: 2, window: 33, softCap: 2, groups: [[65, 30]]),
    Case(dimension: 80, window: 1, groups: [[5, 66]]),
    // Three heads that share their keys: pairs overlap.
    Case(dimension: 64, heads: 6, keyValueHeads: 2, window: 70, groups: [[66, 5, 33]]),
    Case(dimension: 128, groups: [[130, 1, 20], [0, 9]]),
    Case(dimension: 144, window: 50, softCap: 5, groups: [[40, 33]]),
    // Without tensor cores: float32, a head of 20, and rows that no 16 bytes begin with.
    Case(
      dimension: 16, dtype: .float32, heads: 4, keyValueHeads: 2, groups: [[65, 15], [0, 33]]),
    Case(
      dimension: 20, dtype: .float32, window: 20, softCap: 3, groups: [[40, 1, 31]], gap: 1),
    Case(dimension: 20, groups: [[33, 16]]),
    Case(dimension: 16, window: 9, groups: [[33, 16]], gap: 1),
  ]

  @Test("forward and backward, and nothing else is written", arguments: cases)
  func bothWays(_ it: Case) throws { try Self.compare(it) }

  /// Too much for the emulator: longer segments, more heads, and heads it was not compiled for.
  static let longCases = [
    Case(dimension: 64, heads: 8, keyValueHeads: 2, groups: [[300, 130, 257], [0, 64]]),
    Case(
      dimension: 96, heads: 4, keyValueHeads: 4, window: 100, groups: [[300, 130], [1, 1, 200]]),
    Case(dimension: 112, heads: 4, softCap: 4, groups: [[190, 70]]),
    Case(dimension: 128, heads: 8, keyValueHeads: 2, groups: [[300, 130, 257], [512, 3]]),
    Case(dimension: 64, heads: 14, keyValueHeads: 2, groups: [[256, 128, 128], [70, 200, 33]]),
    Case(dimension: 128, heads: 4, keyValueHeads: 2, window: 70, softCap: 3, groups: [[200, 150]]),
    Case(dimension: 128, heads: 4, keyValueHeads: 4, groups: [[200, 150]]),
    Case(dimension: 176, heads: 4, keyValueHeads: 2, groups: [[200, 150, 10]]),
    Case(dimension: 192, heads: 4, keyValueHeads: 2, groups: [[100, 150]]),
    Case(dimension: 256, heads: 4, keyValueHeads: 2, window: 90, softCap: 5, groups: [[200, 150]]),
    Case(dimension: 72, heads: 4, keyValueHeads: 2, groups: [[100, 150]]),
    Case(dimension: 64, dtype: .float32, heads: 4, keyValueHeads: 2, groups: [[200, 150, 10]]),
  ]

  @Test(
    "long segments and other heads, on a GPU", .enabled(if: getenv("PENCHANT_TEST_GPU") != nil),
    arguments: longCases)
  func longSegments(_ it: Case) throws { try Self.compare(it) }

  static func compare(_ it: Case) throws {
    let pair = try DevicePair()
    let ours = try Tensors(it, pair, on: pair.gpu)
    let theirs = try Tensors(it, pair, on: pair.plain)
    run(pair.gpu, it, ours)
    run(pair.plain, it, theirs)
    for (name, (our, their)) in zip(
      ["out", "log Σ exp", "dQ", "dK", "dV"], zip(ours.results, theirs.results))
    {
      expectClose(
        pair.gpu.read(our), pair.plain.read(their),
        name == "log Σ exp" ? 1e-5 : tolerance(it.dtype), name)
    }
    try pair.gpu.synchronize()
  }

  @Test("a group's bits are its own, in any company and anywhere", arguments: [16, 64])
  func company(dimension: Int) throws {
    let pair = try DevicePair()
    let it = Case(dimension: dimension, window: 60, groups: [[40], [20, 66, 7], [3, 5]])
    let together = try Tensors(it, pair, on: pair.gpu)
    Self.run(pair.gpu, it, together)
    // The second group by itself, and its second branch with the prompt and without the first.
    let alone = try Tensors(it, pair, on: pair.gpu)
    let group = it.segments[1]
    Self.run(pair.gpu, it, alone, groups: [group])
    let rows = group[0].start..<group[2].start + group[2].length
    for (all, one) in zip(together.results, alone.results) {
      #expect(pair.gpu.read(all.rows(rows)) == pair.gpu.read(one.rows(rows)))
    }
    Self.run(pair.gpu, it, alone, groups: [[group[0], group[2]]])
    let branch = group[2].start..<group[2].start + group[2].length
    for (all, one) in zip(together.results, alone.results) {
      #expect(pair.gpu.read(all.rows(branch)) == pair.gpu.read(one.rows(branch)))
    }
    try pair.gpu.synchronize()
  }

  struct Decoding: Sendable, CustomTestStringConvertible {
    var dimension: Int
    var dtype = DType.bfloat16
    var heads = 4
    var keyValueHeads = 2
    var window: Int?
    var softCap: Float = 0
    /// For each sequence the lengths of its runs.
    var runs: [[Int]]

    var testDescription: String {
      "\(dimension) \(dtype) \(heads)/\(keyValueHeads) window \(window ?? 0) cap \(softCap) \(runs)"
    }

    var asCase: Case {
      Case(
        dimension: dimension, dtype: dtype, heads: heads, keyValueHeads: keyValueHeads,
        window: window, softCap: softCap, groups: [])
    }

    /// Runs with a row of the cache between them, and positions that go on from run to run.
    var segments: [[Segment]] {
      var start = 1
      return runs.map { lengths in
        var position = 0
        return lengths.map { length in
          defer { (start, position) = (start + length + 1, position + length) }
          return Segment(start: start, length: length, position: position)
        }
      }
    }
    var positions: [Int] { runs.map { $0.reduce(-1, +) } }
    var rows: Int { runs.reduce(1) { $0 + $1.reduce($1.count, +) } }
  }

  @Test(
    "decoding, short and in several chunks, and in any company",
    arguments: [
      Decoding(dimension: 16, runs: [[1], [17, 5], [63]]),
      Decoding(dimension: 64, heads: 3, keyValueHeads: 1, runs: [[255, 1], [256, 1], [0, 600]]),
      Decoding(
        dimension: 80, heads: 20, keyValueHeads: 1, window: 40, softCap: 3, runs: [[300, 5]]),
      Decoding(dimension: 128, runs: [[30]]),
      Decoding(dimension: 144, heads: 2, keyValueHeads: 2, runs: [[270, 3], [40]]),
      Decoding(dimension: 20, dtype: .float32, window: 30, softCap: 2, runs: [[300, 1], [9]]),
      Decoding(dimension: 20, heads: 3, keyValueHeads: 1, runs: [[20, 9]]),
    ])
  func decoding(_ it: Decoding) throws {
    let pair = try DevicePair()
    let (width, keyWidth) = (it.heads * it.dimension, it.keyValueHeads * it.dimension)
    let inputs: [DevicePair.Input] = [
      .init(it.runs.count, width, it.dtype, gap: 16), .init(it.rows, keyWidth, it.dtype, gap: 8),
      .init(it.rows, keyWidth, it.dtype, gap: 8), .init(it.runs.count, width, it.dtype, gap: 16),
    ]
    let shape = it.asCase.shape
    let ours = try pair.place(inputs, on: pair.gpu, seed: 5)
    let theirs = try pair.place(inputs, on: pair.plain, seed: 5)
    for (device, t) in [(pair.gpu as any Device, ours), (pair.plain, theirs)] {
      device.attentionDecode(
        q: t[0], keys: t[1], values: t[2], runs: it.segments, positions: it.positions,
        shape: shape, into: t[3])
    }
    let together = pair.gpu.read(ours[3])
    Self.expectClose(together, pair.plain.read(theirs[3]), Self.tolerance(it.dtype), "out")
    for row in it.runs.indices {
      pair.gpu.attentionDecode(
        q: ours[0].rows(row..<row + 1), keys: ours[1], values: ours[2], runs: [it.segments[row]],
        positions: [it.positions[row]], shape: shape, into: ours[3].rows(0..<1))
      #expect(
        pair.gpu.read(ours[3].rows(0..<1)) == Array(together[row * width..<(row + 1) * width]))
    }
    try pair.gpu.synchronize()
  }

  @Test("less shared memory takes smaller steps, and a GPU with very little none")
  func variants() {
    func defines(
      _ dimension: Int, group: Int = 4, _ dtype: DType = .bfloat16, kilobytes: Int
    ) -> [String] {
      let variant = CUDAAttentionVariant(
        headDimension: dimension, group: group, dtype, isWide: true, sharedBytes: kilobytes << 10)
      #expect(variant.backwardBytes <= kilobytes << 10 && variant.decodeBytes <= kilobytes << 10)
      #expect(variant.forwardBytes <= variant.backwardBytes)
      return [variant.module.name] + variant.module.defines
    }
    func tensorCores(_ dimension: Int, heads: Int, stream: Int) -> [String] {
      ["attention", "-DHEAD_DIM=\(dimension)", "-DHEADS=\(heads)", "-DSTREAM=\(stream)"]
    }
    #expect(defines(128, kilobytes: 227) == tensorCores(128, heads: 2, stream: 64))
    #expect(defines(128, group: 1, kilobytes: 227) == tensorCores(128, heads: 1, stream: 64))
    #expect(defines(128, kilobytes: 163) == tensorCores(128, heads: 1, stream: 64))
    #expect(defines(128, kilobytes: 99) == tensorCores(128, heads: 1, stream: 32))
    #expect(defines(64, kilobytes: 163) == tensorCores(64, heads: 2, stream: 64))
    #expect(defines(64, kilobytes: 99) == tensorCores(64, heads: 1, stream: 64))
    #expect(defines(256, kilobytes: 227) == tensorCores(256, heads: 1, stream: 32))
    #expect(defines(256, kilobytes: 163) == tensorCores(256, heads: 1, stream: 32))
    #expect(defines(256, kilobytes: 99) == tensorCores(256, heads: 1, stream: 16))
    #expect(defines(256, kilobytes: 64) == ["attention_plain", "-DHEAD_DIM=256"])
    #expect(
      defines(64, group: 1, .float32, kilobytes: 227) == [
        "attention_plain", "-DFLOAT32", "-DHEAD_DIM=64",
      ])
    #expect(defines(72, kilobytes: 227) == ["attention_plain", "-DHEAD_DIM=72"])
  }
}
