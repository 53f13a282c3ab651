import EmulatedGPU
import PenchantCore
import PenchantEngine
import PenchantFormats

/// A tiny model of one architecture, without a tokenizer, and what Transformers computes with it.
struct ArchitectureFixture {
  /// Two answers to one prompt, as token ids.
  struct Pair {
    let prompt: [Int32]
    let answers: [[Int32]]

    var length: Int { prompt.count + (answers.map(\.count).max() ?? 0) }
  }

  static let names = [
    "llama3", "linear", "dynamic", "yarn", "yarn-magnitudes", "qwen2-window", "qwen3",
    "qwen3-plain", "smollm3", "mistral", "olmo2", "granite", "phi3", "phi4-mini", "gemma",
    "gemma2", "gemma3", "gemma3-capped", "gpt2", "gpt2-variant", "gemma3-images",
  ]

  let folder: String
  let decoder: Decoder
  let base: DecoderTensors
  let golden: JSON
  let pairs: [Pair]

  var architecture: DecoderArchitecture { decoder.architecture }
  var device: any Device { decoder.device }

  /// - Parameter isa: an instruction set of the processor, or `cuda` for a GPU.
  init(_ name: String, dtype: DType = .float32, isa: String? = nil, threads: Int = 1) throws {
    folder = "\(Fixture.root)/Tests/Fixtures/Architectures/\(name)"
    let device: any Device =
      try isa == "cuda" ? CUDADevice.forTests() : CPUDevice(threads: threads, isa: isa)
    let architecture = DecoderArchitecture(try ModelConfiguration(folder: folder))
    base = try DecoderTensors.load(
      SafetensorsCheckpoint(folder: folder), architecture, dtype: dtype, on: device)
    decoder = Decoder(architecture, dtype: dtype, on: device)
    golden = try FileSystem.readJSON("\(folder)/golden.json")
    pairs = (golden["pairs"]?.array ?? []).map { pair in
      Pair(prompt: pair["prompt"]?.ids ?? [], answers: (pair["answers"]?.array ?? []).map(\.ids))
    }
  }

  func adapter(trainable: Bool) throws -> Adapter {
    try Adapter.load(
      folder: "\(folder)/adapter", architecture, dtype: decoder.dtype, trainable: trainable,
      on: device)
  }

  /// A batch of some pairs and, for each pair and answer, the places of its tokens in the results.
  ///
  /// Apart, each answer has a copy of the prompt to itself.
  func batch(_ chosen: [Int], apart: Bool = false) -> (Batch, places: [[[Int]]]) {
    var batch = Batch()
    let places = chosen.map { index -> [[Int]] in
      let pair = pairs[index]
      func targets(_ answer: [Int32], from start: Int) -> [Batch.Target] {
        answer.indices.map {
          Batch.Target(
            row: $0 == 0 ? pair.prompt.count - 1 : start + $0 - 1, token: answer[$0])
        }
      }
      if apart {
        return pair.answers.map {
          batch.append(
            prompt: [], branches: [pair.prompt + $0],
            targets: targets($0, from: pair.prompt.count), finalLength: pair.length)
        }
      }
      var (start, wanted) = (pair.prompt.count, [Batch.Target]())
      for answer in pair.answers {
        wanted += targets(answer, from: start)
        start += answer.count
      }
      var flat = batch.append(prompt: pair.prompt, branches: pair.answers, targets: wanted)[...]
      return pair.answers.map { answer in
        defer { flat = flat.dropFirst(answer.count) }
        return Array(flat.prefix(answer.count))
      }
    }
    return (batch, places)
  }

  func workspace(_ purpose: WorkspaceShape.Purpose, tokens: Int = 96) throws -> Workspace {
    try Workspace(
      WorkspaceShape(tokens: tokens, targetRows: tokens, rank: 3, purpose: purpose), architecture,
      dtype: decoder.dtype, on: device)
  }

  /// log p of every answer token of some pairs.
  func score(_ chosen: [Int], policy: Policy? = nil, apart: Bool = false) throws -> [[[Float]]] {
    let (batch, places) = batch(chosen, apart: apart)
    let pass = try decoder.forward(
      batch, policy: policy ?? Policy(weights: base), workspace: try workspace(.scoring),
      keepStash: false)
    return places.map { $0.map { $0.map { pass.statistics.logProbabilities[$0] } } }
  }

  /// The sigmoid loss at β = 0.1 without a reference, mean over the pairs; adds its gradient to the policy's.
  @discardableResult
  func train(_ policy: Policy, apart: Bool = false) throws -> Double {
    let (batch, places) = batch(Array(pairs.indices), apart: apart)
    let full = policy.gradients != nil
    let workspace = try workspace(.training(full: full))
    let pass = try decoder.forward(batch, policy: policy, workspace: workspace, keepStash: true)
    var coefficients = [Float](repeating: 0, count: batch.targets.count)
    var loss = 0.0
    for answers in places {
      let sums = answers.map { answer in
        answer.reduce(0.0) { $0 + Double(pass.statistics.logProbabilities[$1]) }
      }
      let margin = 0.1 * (sums[0] - sums[1])
      loss += logarithm(1 + exponential(-margin)) / Double(places.count)
      let slope = -0.1 / (1 + exponential(margin)) / Double(places.count)
      for place in answers[0] { coefficients[place] += Float(slope) }
      for place in answers[1] { coefficients[place] -= Float(slope) }
    }
    try decoder.backward(pass, coefficients: coefficients, workspace: workspace)
    return loss
  }

  /// Feeds sequences a token at a time from the first on; the logits after the last token of each.
  func decode(
    _ sequences: [[Int32]], finalLengths: [Int], policy: Policy? = nil, prefilled: Int = 0
  ) throws -> [[Float]] {
    let capacity = finalLengths.reduce(0, +)
    let cache = try KeyValueCache(
      rows: capacity, architecture, dtype: decoder.dtype, on: device)
    let workspace = try workspace(.scoring)
    var plan = ArenaPlan()
    let slot = plan.reserve(sequences.count, architecture.vocabularySize, .float32)
    let logits = try Arena(plan, on: device)[slot]
    let policy = policy ?? Policy(weights: base)
    var cached: [CachedSequence] = []
    var row = 0
    for (sequence, length) in zip(sequences, finalLengths) {
      if prefilled > 0 {
        var batch = Batch()
        batch.append(
          prompt: Array(sequence.prefix(prefilled)), branches: [], targets: [],
          finalLength: length)
        _ = try decoder.forward(
          batch, policy: policy, workspace: workspace, keepStash: false, cache: (cache, row))
      }
      cached.append(
        CachedSequence(
          runs: [Segment(start: row, length: prefilled, position: 0)], finalLength: length))
      row += length
    }
    var result = [[Float]](repeating: [], count: sequences.count)
    for step in prefilled..<(sequences.map(\.count).max() ?? 0) {
      let running = sequences.indices.filter { step < sequences[$0].count }
      var part = running.map { cached[$0] }
      let out = logits.rows(0..<running.count)
      try decoder.decode(
        running.map { sequences[$0][step] }, &part, policy: policy, cache: cache,
        workspace: workspace, logits: out)
      for (place, index) in running.enumerated() {
        cached[index] = part[place]
        result[index] = device.read(out.rows(place..<place + 1))
      }
    }
    return result
  }
}
