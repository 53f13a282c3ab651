import PenchantCore
import PenchantEngine
import PenchantTuning

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A whole training step on made-up weights and tokens: reference, policy, gradient, AdamW.
struct StepBenchmark {
  /// The size of a step.
  struct Size {
    var pairs: Int
    var promptTokens: Int
    var answerTokens: Int
    /// Tokens of one pass at most; nil takes the whole step at once, or what a device with memory of its own holds.
    var microTokens: Int?

    var tokensOfPair: Int { promptTokens + 2 * answerTokens }
    var tokens: Int { pairs * tokensOfPair }

    /// How many pairs each pass has.
    func passes(microTokens: Int) -> [Int] {
      let together = max(1, microTokens / tokensOfPair)
      return stride(from: 0, to: pairs, by: together).map { min(together, pairs - $0) }
    }
  }

  /// A step's time and what it must compute.
  struct Timing {
    let seconds: Double
    let cost: StepCost
  }

  /// What came of it.
  struct Figures {
    /// As in the first epoch: the reference is computed.
    let full: Timing
    /// As in later epochs and runs: the reference's figures are there already.
    let cached: Timing
    let size: Size
    /// Tokens of the largest pass.
    let passTokens: Int
    let passes: Int
    /// Largest resident set of this process so far.
    let peakBytes: Int
    /// Bytes of a device's own memory that the measurement took, weights included; nil where it has none.
    let peakDeviceBytes: Int?
  }

  private let decoder: Decoder
  private let reference: Policy
  private let policy: Policy
  private let adapter: Adapter
  private let size: Size
  private let batches: [Batch]
  private let workspace: Workspace

  init(_ decoder: Decoder, weights: DecoderTensors, _ size: Size) throws {
    let (architecture, dtype, device) = (decoder.architecture, decoder.dtype, decoder.device)
    self.decoder = decoder
    self.size = size
    adapter = try Adapter(
      LoRAConfiguration(), architecture: architecture, dtype: dtype, trainable: true, on: device)
    adapter.initialize(seed: 0, on: device)
    reference = Policy(weights: weights)
    policy = Policy(weights: weights, adapter: adapter)
    let rank = adapter.configuration.rank
    func shape(_ pairs: Int) -> WorkspaceShape {
      // The two answers' first tokens are predicted by one row.
      WorkspaceShape(
        tokens: pairs * size.tokensOfPair, targetRows: pairs * (2 * size.answerTokens - 1),
        rank: rank, purpose: .training(full: false))
    }
    let microTokens =
      size.microTokens
      ?? device.availableBytes.map { free in
        TuneDefaults.largestBudget(available: free) { tokens in
          let largest = shape(size.passes(microTokens: tokens)[0])
          let (stash, scratch) = Workspace.byteCount(largest, architecture, dtype: dtype)
          return stash + scratch
            + device.scratchForecast(.passes(largest), architecture, dtype: dtype)
        }.tokens
      } ?? size.tokens
    var generator = Philox(seed: 1, stream: .synthetic).generator()
    let passes = size.passes(microTokens: microTokens)
    batches = passes.map { Self.batch($0, architecture, size, &generator) }
    workspace = try Workspace(shape(passes[0]), architecture, dtype: dtype, on: device)
  }

  /// Runs steps after checking that policy and reference agree bit for bit, as they must before the first.
  /// - Parameter free: free bytes of the device's own memory before anything was put there.
  func measure(repeats: Int, free: Int?) throws -> Figures {
    let statistics = try pass(batches[0], reference, keepStash: false).statistics
    let own = try pass(batches[0], policy, keepStash: false).statistics
    guard statistics.logProbabilities == own.logProbabilities,
      own.logProbabilities.allSatisfy(\.isFinite)
    else { throw CommandError(.kernelDiffers(name: "training step", deviation: .nan)) }
    var number = 0
    func timing(computesReference: Bool) throws -> Timing {
      let seconds = try Stopwatch.median(repeats: repeats, seconds: 0) {
        number += 1
        try step(number, computesReference: computesReference)
      }
      return Timing(
        seconds: seconds,
        cost: StepCost(
          decoder.architecture, adapter: adapter.configuration, groups: batches.flatMap(\.groups),
          scoredRows: batches.reduce(0) { $0 + $1.targets.count },
          computesReference: computesReference))
    }
    let full = try timing(computesReference: true)
    let cached = try timing(computesReference: false)
    let left = decoder.device.availableBytes
    return Figures(
      full: full, cached: cached, size: size, passTokens: batches[0].tokenCount,
      passes: batches.count, peakBytes: Self.peakBytes,
      peakDeviceBytes: free.flatMap { free in left.map { free - $0 } })
  }

  /// One optimizer step, counted from 1.
  func step(_ number: Int, computesReference: Bool) throws {
    let (optimizer, device) = (AdamW(), decoder.device)
    if let training = adapter.parameters.training { device.zero(training.gradient) }
    for batch in batches {
      if computesReference { _ = try pass(batch, reference, keepStash: false) }
      let forward = try pass(batch, policy, keepStash: true)
      // Half up, half down, as a pair's two answers are pushed.
      let count = batch.targets.count
      let coefficients = (0..<count).map { Float($0 < count / 2 ? -0.05 : 0.05) }
      try decoder.backward(forward, coefficients: coefficients, workspace: workspace)
    }
    let norm = optimizer.gradientNorm(of: adapter.parameters, on: device)
    guard norm.isFinite else {
      throw CommandError(.kernelDiffers(name: "gradient", deviation: norm))
    }
    optimizer.step(
      adapter.parameters, number: number, learningRate: 1e-5, gradientNorm: norm, on: device)
    try device.synchronize()
  }

  private func pass(_ batch: Batch, _ policy: Policy, keepStash: Bool) throws -> ForwardPass {
    try Interruption.check()
    return try decoder.forward(
      batch, policy: policy, workspace: workspace, keepStash: keepStash)
  }

  private static func batch(
    _ pairs: Int, _ architecture: DecoderArchitecture, _ size: Size,
    _ generator: inout PhiloxGenerator
  ) -> Batch {
    func tokens(_ count: Int) -> [Int32] {
      (0..<count).map { _ in
        Int32(generator.nextDouble() * Double(architecture.vocabularySize - 1))
      }
    }
    var batch = Batch()
    for _ in 0..<pairs {
      let prompt = tokens(size.promptTokens)
      let branches = [tokens(size.answerTokens), tokens(size.answerTokens)]
      var targets: [Batch.Target] = []
      for (index, branch) in branches.enumerated() {
        let start = size.promptTokens + index * size.answerTokens
        for (offset, token) in branch.enumerated() {
          let row = offset == 0 ? size.promptTokens - 1 : start + offset - 1
          targets.append(Batch.Target(row: row, token: token))
        }
      }
      batch.append(prompt: prompt, branches: branches, targets: targets)
    }
    return batch
  }

  /// Largest resident set of this process, in bytes.
  static var peakBytes: Int {
    var usage = rusage()
    #if canImport(Glibc)
      getrusage(RUSAGE_SELF.rawValue, &usage)
      return Int(usage.ru_maxrss) * 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return Int(usage.ru_maxrss)
    #endif
  }
}
