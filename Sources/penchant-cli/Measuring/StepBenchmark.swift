import PenchantCore
import PenchantEngine

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
  }

  /// What came of it.
  struct Figures {
    let seconds: Double
    let cost: StepCost
    let tokens: Int
    /// Largest resident set of this process so far.
    let peakBytes: Int
  }

  private let decoder: Decoder
  private let reference: Policy
  private let policy: Policy
  private let adapter: Adapter
  private let batch: Batch
  private let workspace: Workspace

  init(_ decoder: Decoder, weights: DecoderTensors, _ size: Size) throws {
    let (architecture, dtype, device) = (decoder.architecture, decoder.dtype, decoder.device)
    self.decoder = decoder
    adapter = try Adapter(
      LoRAConfiguration(), architecture: architecture, dtype: dtype, trainable: true, on: device)
    adapter.initialize(seed: 0, on: device)
    reference = Policy(weights: weights)
    policy = Policy(weights: weights, adapter: adapter)
    batch = Self.batch(architecture, size)
    workspace = try Workspace(
      WorkspaceShape(
        tokens: batch.tokenCount, targetRows: batch.targetRows.count,
        rank: adapter.configuration.rank, purpose: .training(full: false)), architecture,
      dtype: dtype, on: device)
  }

  /// Runs a step after checking that policy and reference agree bit for bit, as they must before the first.
  func measure(repeats: Int) throws -> Figures {
    let statistics = try pass(reference, keepStash: false).statistics
    let own = try pass(policy, keepStash: false).statistics
    guard statistics.logProbabilities == own.logProbabilities,
      own.logProbabilities.allSatisfy(\.isFinite)
    else { throw CommandError(.kernelDiffers(name: "training step", deviation: .nan)) }
    let optimizer = AdamW()
    // Half up, half down, as a pair's two answers are pushed.
    let count = batch.targets.count
    let coefficients = (0..<count).map { Float($0 < count / 2 ? -0.05 : 0.05) }
    var number = 0
    let seconds = try Stopwatch.median(repeats: repeats, seconds: 0) {
      number += 1
      _ = try pass(reference, keepStash: false)
      if let training = adapter.parameters.training { decoder.device.zero(training.gradient) }
      let forward = try pass(policy, keepStash: true)
      try decoder.backward(forward, coefficients: coefficients, workspace: workspace)
      let norm = optimizer.gradientNorm(of: adapter.parameters, on: decoder.device)
      guard norm.isFinite else {
        throw CommandError(.kernelDiffers(name: "gradient", deviation: norm))
      }
      optimizer.step(
        adapter.parameters, number: number, learningRate: 1e-5, gradientNorm: norm,
        on: decoder.device)
    }
    return Figures(
      seconds: seconds,
      cost: StepCost(
        decoder.architecture, adapter: adapter.configuration, groups: batch.groups,
        scoredRows: batch.targets.count),
      tokens: batch.tokenCount, peakBytes: Self.peakBytes)
  }

  private func pass(_ policy: Policy, keepStash: Bool) throws -> ForwardPass {
    try Interruption.check()
    return try decoder.forward(
      batch, policy: policy, workspace: workspace, keepStash: keepStash)
  }

  private static func batch(_ architecture: DecoderArchitecture, _ size: Size) -> Batch {
    var generator = Philox(seed: 1, stream: .synthetic).generator()
    func tokens(_ count: Int) -> [Int32] {
      (0..<count).map { _ in
        Int32(generator.nextDouble() * Double(architecture.vocabularySize - 1))
      }
    }
    var batch = Batch()
    for _ in 0..<size.pairs {
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
