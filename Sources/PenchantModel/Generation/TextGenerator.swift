package import PenchantEngine
import PenchantText

/// What a model answered.
package struct GeneratedText: Sendable, Equatable {
  package enum Finish: String, Sendable {
    /// The model ended its turn, or a stop string came.
    case stop
    /// The most tokens that were allowed, or the end of the context.
    case length
  }

  /// The ids, the one that ended the turn included.
  package var tokens: [Int32]
  /// The text before the end, special tokens left out.
  package var text: String
  package var finish: Finish
}

/// Continues prompts: prefill, then one token a sequence and step, several sequences at once.
///
/// A sequence's tokens depend on its prompt, the sampler's seed and its own number alone.
package final class TextGenerator {
  /// Bounds of a generation.
  package struct Limits: Sendable {
    /// New tokens of one answer at most.
    package var newTokens: Int
    /// Texts that end an answer; they are left out of it.
    package var stops: [String]
    /// Sequences computed together; nil takes what suits the device.
    package var together: Int?

    package init(newTokens: Int = 256, stops: [String] = [], together: Int? = nil) {
      self.newTokens = newTokens
      self.stops = stops
      self.together = together
    }
  }

  private let model: LanguageModel
  private let policy: Policy
  private let sampler: Sampler
  private let limits: Limits

  package init(_ model: LanguageModel, policy: Policy, sampler: Sampler, limits: Limits) {
    self.model = model
    self.policy = policy
    self.sampler = sampler
    self.limits = limits
  }

  /// Continues each prompt once.
  /// - Parameters:
  ///   - firstNumber: the number of the first sequence, which decides its random numbers.
  ///   - onText: called with a prompt's index and the next piece of its text as it becomes certain.
  /// - Throws: ``ModelError`` for a prompt that is empty or fills the context, and for logits that are no finite
  ///   numbers; ``EngineError``.
  package func generate(
    _ prompts: [[Int32]], firstNumber: UInt64 = 0,
    onText: (_ index: Int, _ text: String) -> Void = { _, _ in }
  ) throws -> [GeneratedText] {
    let context = model.architecture.maxPositions
    for prompt in prompts {
      guard !prompt.isEmpty else { throw ModelError(.emptyPrompt) }
      guard prompt.count < context else {
        throw ModelError(.promptTooLong(tokens: prompt.count, limit: context))
      }
    }
    var results: [GeneratedText] = []
    for wave in waves(of: prompts) {
      let start = wave.lowerBound
      results += try generateTogether(
        Array(prompts[wave]), firstNumber: firstNumber + UInt64(start)
      ) { onText(start + $0, $1) }
    }
    return results
  }

  /// Which prompts are continued together: as many as the limits say, or 16 and, where the device has memory of its
  /// own, as many more as its token budget has room for with their answers.
  package func waves(of prompts: [[Int32]]) -> [Range<Int>] {
    if let together = limits.together {
      return stride(from: 0, to: prompts.count, by: max(1, together)).map {
        $0..<min(prompts.count, $0 + max(1, together))
      }
    }
    let budget = model.device.availableBytes == nil ? 0 : Scorer.tokenBudget(on: model.device)
    var waves: [Range<Int>] = []
    var (start, tokens) = (0, 0)
    for (index, prompt) in prompts.enumerated() {
      let rows = rows(of: prompt)
      if index - start >= Self.usualWave, tokens + rows > budget {
        waves.append(start..<index)
        (start, tokens) = (index, 0)
      }
      tokens += rows
    }
    return prompts.isEmpty ? [] : waves + [start..<prompts.count]
  }

  private static let usualWave = 16

  /// Rows of the cache that a prompt and its answer can take.
  private func rows(of prompt: [Int32]) -> Int {
    min(prompt.count + limits.newTokens, model.architecture.maxPositions)
  }

  /// One sequence of a wave.
  private struct Sequence {
    let index: Int
    var cached: CachedSequence
    var next: Int32
    var writer: AnswerWriter
    /// New tokens that fit the limits.
    let room: Int
  }

  /// The memory of a wave.
  private struct Space {
    let cache: KeyValueCache
    let workspace: Workspace
    let logits: Tensor  // (sequences, vocabulary)

    init(
      _ decoder: Decoder, sequences: Int, rows: Int, context: Int, longest: Int, rank: Int
    ) throws(EngineError) {
      let (architecture, dtype, device) = (decoder.architecture, decoder.dtype, decoder.device)
      cache = try KeyValueCache(rows: rows, architecture, dtype: dtype, on: device)
      workspace = try Workspace(
        WorkspaceShape(
          tokens: max(longest, sequences), targetRows: 0, rank: rank, purpose: .scoring),
        architecture, dtype: dtype, on: device)
      try device.reserveScratch(
        for: .decoding(sequences: sequences, context: context), architecture, dtype: dtype)
      var plan = ArenaPlan()
      let slot = plan.reserve(sequences, architecture.vocabularySize, .float32)
      logits = try Arena(plan, on: device)[slot]
    }
  }

  /// Continues a wave; where the device has no memory for all of it, its halves one after the other.
  private func generateTogether(
    _ prompts: [[Int32]], firstNumber: UInt64, onText: (Int, String) -> Void
  ) throws -> [GeneratedText] {
    let space: Space
    do throws(EngineError) {
      space = try Space(
        model.decoder, sequences: prompts.count,
        rows: prompts.reduce(0) { $0 + rows(of: $1) },
        context: prompts.map { rows(of: $0) }.max() ?? 1,
        longest: prompts.map(\.count).max() ?? 1,
        rank: policy.adapter?.configuration.rank ?? 0)
    } catch {
      guard case .outOfMemory = error.code, prompts.count > 1 else { throw error }
      let half = prompts.count / 2
      return try generateTogether(
        Array(prompts[..<half]), firstNumber: firstNumber, onText: onText)
        + generateTogether(
          Array(prompts[half...]), firstNumber: firstNumber + UInt64(half)
        ) { onText(half + $0, $1) }
    }
    return try generate(prompts, in: space, firstNumber: firstNumber, onText: onText)
  }

  private func generate(
    _ prompts: [[Int32]], in space: Space, firstNumber: UInt64, onText: (Int, String) -> Void
  ) throws -> [GeneratedText] {
    let (decoder, device) = (model.decoder, model.device)
    let (cache, workspace, logits) = (space.cache, space.workspace, space.logits)
    var finished = [GeneratedText?](repeating: nil, count: prompts.count)
    var running: [Sequence] = []
    var row = 0
    for (index, prompt) in prompts.enumerated() {
      // All but the last token are computed together; the last starts the decoding.
      var batch = Batch()
      let finalLength = rows(of: prompt)
      batch.append(
        prompt: Array(prompt.dropLast()), branches: [], targets: [], finalLength: finalLength)
      if prompt.count > 1 {
        _ = try decoder.forward(
          batch, policy: policy, workspace: workspace, keepStash: false, cache: (cache, row))
      }
      running.append(
        Sequence(
          index: index,
          cached: CachedSequence(
            runs: [Segment(start: row, length: prompt.count - 1, position: 0)],
            finalLength: finalLength),
          next: prompt[prompt.count - 1],
          writer: AnswerWriter(model, stops: limits.stops), room: finalLength - prompt.count))
      row += finalLength
    }
    var step = 0
    while !running.isEmpty {
      var cached = running.map(\.cached)
      let out = logits.rows(0..<running.count)
      try decoder.decode(
        running.map(\.next), &cached, policy: policy, cache: cache, workspace: workspace,
        logits: out)
      let values = device.read(out)
      var still: [Sequence] = []
      for (place, var sequence) in running.enumerated() {
        sequence.cached = cached[place]
        let width = logits.columns
        let chosen = sampler.choose(
          values[place * width..<(place + 1) * width],
          sequence: firstNumber + UInt64(sequence.index), step: step)
        guard let token = chosen else { throw ModelError(.logitNotFinite(tokens: step)) }
        sequence.next = token
        let text = sequence.writer.append(token)
        if !text.isEmpty { onText(sequence.index, text) }
        if sequence.writer.isOver || step + 1 >= sequence.room {
          let rest = sequence.writer.finish()
          if !rest.isEmpty { onText(sequence.index, rest) }
          finished[sequence.index] = sequence.writer.result
        } else {
          still.append(sequence)
        }
      }
      running = still
      step += 1
    }
    return finished.compactMap { $0 }
  }
}
