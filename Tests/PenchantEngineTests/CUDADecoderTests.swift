import EmulatedGPU
import PenchantCore
import PenchantEngine
import PenchantFormats
import Testing

@Suite("A decoder on a GPU")
struct CUDADecoderTests {
  static let dtypes: [DType] = [.float32, .bfloat16]

  /// A small decoder with an adapter on one device.
  private struct Small {
    let device: any Device
    let decoder: Decoder
    let weights: DecoderTensors
    let adapter: Adapter
    let workspace: Workspace
    var base: Policy { Policy(weights: weights) }
    var policy: Policy { Policy(weights: weights, adapter: adapter) }

    static let architecture = DecoderArchitecture(
      vocabularySize: 300, hiddenSize: 64, intermediateSize: 96, layerCount: 2, headCount: 4,
      keyValueHeadCount: 2, headDimension: 16, normEpsilon: 1e-5, ropeTheta: 1e4,
      maxPositions: 512, tiesEmbeddings: true, biased: [.query, .key, .value])

    /// - Parameters:
    ///   - trained: whether the adapter differs from the base.
    ///   - int8: whether linear weights are kept as int8.
    ///   - shape: of the passes; enough for the batches here where none is given.
    init(
      _ device: any Device, _ dtype: DType, trained: Bool = true, int8: Bool = false,
      rank: Int = 4, shape: WorkspaceShape? = nil
    ) throws {
      self.device = device
      let architecture = Self.architecture
      decoder = Decoder(architecture, dtype: dtype, on: device)
      var index: UInt64 = 0
      weights = try DecoderTensors(
        architecture,
        stored: { parameter throws(any Error) in
          var plan = ArenaPlan()
          let slot = plan.reserve(parameter.rows, parameter.columns, dtype)
          let tensor = try Arena(plan, on: device)[slot]
          index += 1
          var generator = Philox(seed: 5, stream: .synthetic, step: index).generator()
          let isNorm = !parameter.decays && !parameter.name.hasSuffix("bias")
          device.write(
            (0..<tensor.count).map { _ in
              (isNorm ? 1 : 0) + Float(generator.nextDouble() - 0.5) * 0.4
            }, to: tensor)
          guard int8, parameter.isLinear else { return (tensor, nil) }
          var kept = ArenaPlan()
          let values = kept.reserve(parameter.rows, parameter.columns, .int8)
          let groups = (parameter.columns + quantisationGroup - 1) / quantisationGroup
          let scales = kept.reserve(parameter.rows, groups, .float32)
          let arena = try Arena(kept, on: device)
          #expect(try device.quantise(tensor, into: arena[values], scales: arena[scales]))
          return (arena[values], arena[scales])
        })
      adapter = try Adapter(
        LoRAConfiguration(rank: rank, alpha: 8, targets: Set(LinearKind.allCases)),
        architecture: architecture, dtype: dtype, trainable: true, on: device)
      adapter.initialize(seed: 1, on: device)
      if trained {
        let master = adapter.parameters.master
        var generator = Philox(seed: 9, stream: .synthetic).generator()
        device.write(
          (0..<master.count).map { _ in Float(generator.nextDouble() - 0.5) * 0.2 }, to: master)
        adapter.parameters.refreshWorking(on: device)
      }
      workspace = try Workspace(
        shape
          ?? WorkspaceShape(
            tokens: 300, targetRows: 150, rank: rank, purpose: .training(full: false)),
        architecture, dtype: dtype, on: device)
    }

    func forward(_ batch: Batch, _ policy: Policy, keepStash: Bool = false) throws -> ForwardPass {
      try decoder.forward(batch, policy: policy, workspace: workspace, keepStash: keepStash)
    }
  }

  private static func append(
    to batch: inout Batch, prompt: Int, answers: [Int], seed: UInt64
  ) -> [Int] {
    var generator = Philox(seed: seed, stream: .synthetic).generator()
    func tokens(_ count: Int) -> [Int32] {
      (0..<count).map { _ in Int32(generator.nextDouble() * 299) }
    }
    let prompt = tokens(prompt)
    let branches = answers.map(tokens)
    var targets: [Batch.Target] = []
    var start = prompt.count
    for branch in branches {
      for (offset, token) in branch.enumerated() {
        targets.append(
          Batch.Target(row: offset == 0 ? prompt.count - 1 : start + offset - 1, token: token))
      }
      start += branch.count
    }
    return batch.append(prompt: prompt, branches: branches, targets: targets)
  }

  private static func pairs() -> Batch {
    var batch = Batch()
    _ = append(to: &batch, prompt: 70, answers: [9, 21], seed: 1)
    _ = append(to: &batch, prompt: 5, answers: [30, 2], seed: 2)
    return batch
  }

  @Test("log-probabilities and gradients are those of the plain kernels", arguments: dtypes)
  func parity(dtype: DType) throws {
    let batch = Self.pairs()
    let coefficients = (0..<batch.targets.count).map { Float($0 % 3) - 0.8 }
    let results = try [
      CUDADevice.forTests() as any Device, CPUDevice(threads: 1, isa: "plain"),
    ].map { device in
      let small = try Small(device, dtype)
      let pass = try small.forward(batch, small.policy, keepStash: true)
      let training = try #require(small.adapter.parameters.training)
      device.zero(training.gradient)
      try small.decoder.backward(pass, coefficients: coefficients, workspace: small.workspace)
      return (pass.statistics, device.read(training.gradient))
    }
    let ((ours, ourGradient), (theirs, theirGradient)) = (results[0], results[1])
    let bound: Float = dtype == .float32 ? 2e-5 : 0.06
    for (a, b) in zip(ours.logProbabilities, theirs.logProbabilities) {
      #expect(abs(a - b) <= bound)
    }
    func norm(_ values: [Float]) -> Double {
      values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
    let difference = norm(zip(ourGradient, theirGradient).map { $0 - $1 })
    #expect(norm(theirGradient) > 0)
    #expect(difference <= (dtype == .float32 ? 1e-5 : 0.03) * norm(theirGradient))
  }

  @Test("a new adapter is the base, bit for bit", arguments: dtypes)
  func firstStep(dtype: DType) throws {
    let small = try Small(try CUDADevice.forTests(), dtype, trained: false)
    let batch = Self.pairs()
    let base = try small.forward(batch, small.base).statistics
    let policy = try small.forward(batch, small.policy, keepStash: true).statistics
    #expect(base.logProbabilities == policy.logProbabilities)
    #expect(base.logProbabilities.allSatisfy { $0.isFinite && $0 < 0 })
  }

  @Test("a pair has the same bits alone and in any company", arguments: dtypes)
  func batchInvariance(dtype: DType) throws {
    let small = try Small(try CUDADevice.forTests(), dtype)
    var alone = Batch()
    let places = Self.append(to: &alone, prompt: 70, answers: [9, 21], seed: 1)
    let wanted = try small.forward(alone, small.policy).statistics
    var others = Batch()
    _ = Self.append(to: &others, prompt: 3, answers: [17, 40], seed: 3)
    let among = Self.append(to: &others, prompt: 70, answers: [9, 21], seed: 1)
    _ = Self.append(to: &others, prompt: 66, answers: [1, 5], seed: 4)
    let found = try small.forward(others, small.policy).statistics
    #expect(
      places.map { wanted.logProbabilities[$0] } == among.map { found.logProbabilities[$0] })
  }

  @Test(
    "decoding: the plain kernels' logits, and the same bits alone and together", arguments: dtypes)
  func decoding(dtype: DType) throws {
    func logits(_ device: any Device, prompts: [Int]) throws -> [[Float]] {
      let small = try Small(device, dtype)
      let architecture = Small.architecture
      let cache = try KeyValueCache(rows: 256, architecture, dtype: dtype, on: device)
      var sequences: [CachedSequence] = []
      var row = 0
      for length in prompts {
        var batch = Batch()
        batch.append(
          prompt: (0..<length).map { Int32(($0 * 31 + length) % 300) }, branches: [], targets: [],
          finalLength: length + 4)
        _ = try small.decoder.forward(
          batch, policy: small.policy, workspace: small.workspace, keepStash: false,
          cache: (cache, row))
        sequences.append(
          CachedSequence(
            runs: [Segment(start: row, length: length, position: 0)], finalLength: length + 4))
        row += length + 4
      }
      var plan = ArenaPlan()
      let slot = plan.reserve(prompts.count, architecture.vocabularySize, .float32)
      let out = try Arena(plan, on: device)[slot]
      for step in 0..<2 {
        try small.decoder.decode(
          prompts.map { Int32(($0 + step) % 300) }, &sequences, policy: small.policy, cache: cache,
          workspace: small.workspace, logits: out)
      }
      let values = device.read(out)
      return prompts.indices.map {
        Array(values[$0 * architecture.vocabularySize..<($0 + 1) * architecture.vocabularySize])
      }
    }
    let prompts = [40, 3, 71]
    let together = try logits(try CUDADevice.forTests(), prompts: prompts)
    let plain = try logits(try CPUDevice(threads: 1, isa: "plain"), prompts: prompts)
    for (index, length) in prompts.enumerated() {
      #expect(try logits(try CUDADevice.forTests(), prompts: [length])[0] == together[index])
      for (a, b) in zip(together[index], plain[index]) {
        #expect(abs(a - b) <= (dtype == .float32 ? 2e-5 : 0.08))
      }
    }
  }

  @Test(
    "a pass takes no memory on the way, in a workspace that is not a token too large",
    arguments: [(4, false), (8, false), (16, true), (40, false)])
  func scratch(rank: Int, int8: Bool) throws {
    let batch = Self.pairs()
    let device = try CUDADevice.forTests()
    func shape(_ purpose: WorkspaceShape.Purpose) -> WorkspaceShape {
      WorkspaceShape(
        tokens: batch.tokenCount, targetRows: batch.targetRows.count, rank: rank, purpose: purpose)
    }
    for purpose in [WorkspaceShape.Purpose.scoring, .training(full: false)] {
      let small = try Small(device, .bfloat16, int8: int8, rank: rank, shape: shape(purpose))
      let reserved = device.scratchBytes
      #expect(
        reserved
          >= device.scratchForecast(.passes(shape(purpose)), Small.architecture, dtype: .bfloat16))
      let isTraining = purpose != .scoring
      let pass = try small.forward(batch, small.policy, keepStash: isTraining)
      if isTraining {
        try small.decoder.backward(
          pass, coefficients: batch.targets.map { Float($0 % 3) - 1 }, workspace: small.workspace)
        let gradient = try #require(small.adapter.parameters.training).gradient
        #expect(device.sumSquares(gradient) > 0)
      }
      #expect(device.scratchBytes == reserved, "\(purpose)")
    }
  }

  @Test("nor does decoding, of one sequence or many") func decodingScratch() throws {
    for count in [1, 9] {
      let device = try CUDADevice.forTests()
      let small = try Small(
        device, .bfloat16,
        shape: WorkspaceShape(tokens: count, targetRows: 0, rank: 4, purpose: .scoring))
      let length = 300
      let cache = try KeyValueCache(
        rows: count * length, Small.architecture, dtype: .bfloat16, on: device)
      try device.reserveScratch(
        for: .decoding(sequences: count, context: length), Small.architecture, dtype: .bfloat16)
      let reserved = device.scratchBytes
      var sequences = (0..<count).map {
        CachedSequence(
          runs: [Segment(start: $0 * length, length: length - 1, position: 0)],
          finalLength: length)
      }
      var plan = ArenaPlan()
      let slot = plan.reserve(count, Small.architecture.vocabularySize, .float32)
      try small.decoder.decode(
        (0..<count).map { Int32($0) }, &sequences, policy: small.policy, cache: cache,
        workspace: small.workspace, logits: try Arena(plan, on: device)[slot])
      #expect(device.scratchBytes == reserved)
    }
  }

  @Test("memory that is refused is an error, and nothing is computed until the next wait")
  func refused() throws {
    let device = try CUDADevice.forTests()
    let small = try Small(device, .bfloat16, int8: true)
    let batch = Self.pairs()
    let wanted = try small.forward(batch, small.policy).statistics.logProbabilities
    let absurd = WorkspaceShape(
      tokens: 1 << 44, targetRows: 1 << 44, rank: 4, purpose: .training(full: false))
    #expect {
      try device.reserveScratch(for: .passes(absurd), Small.architecture, dtype: .bfloat16)
    } throws: { error in
      (error as? EngineError)?.identifier == "out-of-memory"
    }
    #expect(try small.forward(batch, small.policy).statistics.logProbabilities == wanted)
    device.fail(EngineError(.outOfMemory(bytes: 1)))
    #expect(throws: EngineError.self) {
      let pass = try small.forward(batch, small.policy, keepStash: true)
      try small.decoder.backward(
        pass, coefficients: batch.targets.map { _ in 1 }, workspace: small.workspace)
    }
    #expect(try small.forward(batch, small.policy).statistics.logProbabilities == wanted)
  }
}
