import PenchantCore
import PenchantEngine

/// Tokens a second of decoding, for one sequence and for several at once.
struct GenerationBenchmark {
  /// What came of it.
  struct Figures {
    /// Sequences decoded together, and the seconds of one step, which gives each a token.
    var steps: [(sequences: Int, seconds: Double)] = []
    /// Bytes of weights that a step reads, however many sequences it serves.
    let weightBytes: Int

    /// Weight bytes a second of a single sequence.
    var bytesPerSecond: Double { Double(weightBytes) / (steps.first?.seconds ?? .nan) }
    func tokensPerSecond(_ index: Int) -> Double {
      Double(steps[index].sequences) / steps[index].seconds
    }
  }

  /// Tokens each sequence has when the measurement begins.
  private static let promptTokens = 32
  /// Sequences decoded together; a GPU needs more before it is busy.
  private var counts: [Int] { decoder.device.availableBytes == nil ? [1, 16] : [1, 16, 64] }
  let decoder: Decoder
  let weights: DecoderTensors

  func measure(repeats: Int) throws -> Figures {
    let architecture = decoder.architecture
    var figures = Figures(
      weightBytes: DecoderTensors.parameters(of: architecture)
        .filter { $0.isLinear }.reduce(architecture.vocabularySize * architecture.hiddenSize) {
          $0 + $1.rows * $1.columns
        } * decoder.dtype.size)
    for count in counts {
      figures.steps.append((count, try seconds(sequences: count, repeats: repeats)))
    }
    return figures
  }

  /// Seconds of one decoding step.
  private func seconds(sequences count: Int, repeats: Int) throws -> Double {
    let (architecture, device) = (decoder.architecture, decoder.device)
    let steps = max(20, 4 * repeats)
    let rows = Self.promptTokens + steps + 1
    let cache = try KeyValueCache(
      rows: count * rows, architecture, dtype: decoder.dtype, on: device)
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: max(Self.promptTokens, count), targetRows: 0, rank: 0, purpose: .scoring),
      architecture, dtype: decoder.dtype, on: device)
    var plan = ArenaPlan()
    let slot = plan.reserve(count, architecture.vocabularySize, .float32)
    let logits = try Arena(plan, on: device)[slot]
    let policy = Policy(weights: weights)
    var sequences: [CachedSequence] = []
    for index in 0..<count {
      var batch = Batch()
      let prompt = (0..<Self.promptTokens).map {
        Int32(($0 + index) * 7919 % architecture.vocabularySize)
      }
      batch.append(prompt: prompt, branches: [], targets: [], finalLength: rows)
      _ = try decoder.forward(
        batch, policy: policy, workspace: workspace, keepStash: false, cache: (cache, index * rows))
      sequences.append(
        CachedSequence(
          runs: [Segment(start: index * rows, length: Self.promptTokens, position: 0)],
          finalLength: rows))
    }
    let tokens = (0..<count).map { Int32($0 % architecture.vocabularySize) }
    let clock = ContinuousClock()
    var times: [Double] = []
    for _ in 0..<steps {
      try Interruption.check()
      let time = try clock.measure {
        try decoder.decode(
          tokens, &sequences, policy: policy, cache: cache, workspace: workspace, logits: logits)
      }
      times.append(time / .seconds(1))
    }
    return times.sorted()[times.count / 2]
  }
}
