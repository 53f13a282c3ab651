import ArgumentParser
import PenchantCore
import PenchantEngine

/// `penchant bench`: what this machine reaches, and how much of it a training step uses.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Peak of this machine's CPU or GPU; kernels, a training step and generation against it.",
    discussion: """
      Every kernel is checked against its plain twin before it is timed; a time is the middle of several. The \
      step is a whole one: reference, policy, gradient, AdamW, on random weights of a real shape; and once more \
      without the reference, as it is when its figures are on the disk. Its share of \
      the peak counts only the operations that the step must have, not those a program happens to do. \
      Generation is held against the speed at which memory can be read: every token needs all weights once.

      Example:
        penchant bench --shape tiny --pairs 2 --repeats 3
        penchant bench --device cuda --shape llama-3.1-8b \\
          --prompt-tokens 256 --answer-tokens 128 --json
      """)

  @Option(help: "Decoder to measure with; the weights are random.")
  var shape = BenchmarkShape.smolLM2

  @Option(help: ArgumentHelp("Pairs of the step. (default: 2; 32 on a GPU)", valueName: "n"))
  var pairs: Int?

  @Option(help: ArgumentHelp("Tokens of each prompt.", valueName: "n"))
  var promptTokens = 256

  @Option(help: ArgumentHelp("Tokens of each answer.", valueName: "n"))
  var answerTokens = 256

  @Option(
    help: ArgumentHelp(
      "Tokens of one pass of the step. (default: the whole step; on a GPU what its memory holds)",
      valueName: "n"))
  var microTokens: Int?

  @Option(help: "What matrix products read.")
  var dtype = MatrixType.bfloat16

  @Option(help: "What to measure; auto takes the first GPU that can be used, else the CPU.")
  var device = DeviceChoice.auto

  @Option(
    help: ArgumentHelp(
      "Threads of the CPU to compute with. (default: all processors)", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("Times each measurement is repeated at least.", valueName: "n"))
  var repeats = 5

  @Flag(help: "Leave the training step and generation out.")
  var kernelsOnly = false

  @Flag(
    help: "Also time each kind of operation of a step by itself, which waiting for it makes longer."
  )
  var operations = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var configurationOption: ConfigurationOption

  func validate() throws {
    if operations, kernelsOnly {
      throw CommandError(
        .conflict("--operations", "--kernels-only", reason: "there is no step without the step"))
    }
    let counts = [
      ("pairs", pairs ?? 1), ("micro-tokens", microTokens ?? 1), ("prompt-tokens", promptTokens),
      ("answer-tokens", answerTokens),
      ("repeats", repeats),
    ]
    for (option, value) in counts where value < 1 {
      throw CommandError(.outOfRange(option: option, value: "\(value)", expected: "at least 1"))
    }
    let limit = shape.architecture.maxPositions
    guard promptTokens + answerTokens <= limit else {
      throw CommandError(
        .outOfRange(
          option: "prompt-tokens", value: "\(promptTokens)",
          expected: "at most \(limit) together with --answer-tokens"))
    }
  }

  func run() throws {
    let device = try self.device.open(threads: threads)
    let free = device.availableBytes
    let size = StepBenchmark.Size(
      pairs: pairs ?? (free == nil ? 2 : 32), promptTokens: promptTokens,
      answerTokens: answerTokens, microTokens: microTokens)
    let progress = ProgressLine()
    defer { progress.clear() }
    var report = BenchmarkReport(device, shape: shape.rawValue, dtype: dtype.rawValue)
    try measurePeaks(device, &report)
    let rows = size.passes(microTokens: microTokens ?? size.tokens)[0] * size.tokensOfPair
    for (index, kernel) in KernelCase.all.enumerated() {
      progress.update(
        stage: "measuring", completed: index, total: KernelCase.all.count, unit: "kernels")
      try Interruption.check()
      report.kernels.append(
        try kernel.measure(
          device, shape.architecture, rows: rows, dtype: dtype.dtype, repeats: repeats))
    }
    if !kernelsOnly {
      let decoder = Decoder(shape.architecture, dtype: dtype.dtype, on: device)
      let weights = try DecoderTensors.random(shape.architecture, dtype.dtype, on: device)
      report.step = try StepBenchmark(decoder, weights: weights, size)
        .measure(repeats: repeats, free: free)
      if operations { report.operations = try operationCosts(device, weights, size) }
      // Beside what is held against it, for it varies from minute to minute.
      report.raiseMemoryPeak(to: try device.bytesReadPerSecond(seconds: 1))
      report.generation = try GenerationBenchmark(decoder: decoder, weights: weights)
        .measure(repeats: repeats)
    }
    report.raiseMemoryPeak(to: try device.bytesReadPerSecond(seconds: 1))
    // Once more: on a shared machine one moment is not enough to call the fastest time a peak.
    try measurePeaks(device, &report)
    progress.clear()
    Terminal.output.write(json ? report.json.text(.pretty) + "\n" : report.text)
  }

  /// What each kind of operation of a step takes, the second of two steps.
  private func operationCosts(
    _ device: any Device, _ weights: DecoderTensors, _ size: StepBenchmark.Size
  ) throws -> [TimedDevice.Cost] {
    let timed = TimedDevice(device)
    let step = try StepBenchmark(
      Decoder(shape.architecture, dtype: dtype.dtype, on: timed), weights: weights, size)
    try step.step(1, computesReference: true)
    timed.forget()
    try step.step(2, computesReference: true)
    return timed.costs
  }

  private func measurePeaks(_ device: any Device, _ report: inout BenchmarkReport) throws {
    for type in MatrixType.allCases {
      report.raisePeak(
        type.rawValue,
        to: try MatrixSpeed.operationsPerSecond(device, dtype: type.dtype, seconds: 0.5))
    }
  }
}
