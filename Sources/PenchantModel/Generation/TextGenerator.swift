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
    /// Sequences computed together.
    package var together: Int

    package init(newTokens: Int = 256, stops: [String] = [], together: Int = 16) {
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
  /// - Throws: ``ModelError`` for a prompt that is empty or fills the context, ``EngineError``.
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
    for start in stride(from: 0, to: prompts.count, by: max(1, limits.together)) {
      let wave = Array(prompts[start..<min(prompts.count, start + max(1, limits.together))])
      results += try generateTogether(wave, firstNumber: firstNumber + UInt64(start)) {
        onText(start + $0, $1)
      }
    }
    return results
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

  private func generateTogether(
    _ prompts: [[Int32]], firstNumber: UInt64, onText: (Int, String) -> Void
  ) throws -> [GeneratedText] {
    let (decoder, device) = (model.decoder, model.device)
    let context = model.architecture.maxPositions
    let rooms = prompts.map { min(limits.newTokens, context - $0.count) }
    let rows = zip(prompts, rooms).reduce(0) { $0 + $1.0.count + $1.1 }
    let cache = try KeyValueCache(
      rows: rows, decoder.architecture, dtype: decoder.dtype, on: device)
    let longest = prompts.map(\.count).max() ?? 1
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: max(longest, prompts.count), targetRows: 0,
        rank: policy.adapter?.configuration.rank ?? 0, purpose: .scoring), decoder.architecture,
      dtype: decoder.dtype, on: device)
    var plan = ArenaPlan()
    let slot = plan.reserve(prompts.count, decoder.architecture.vocabularySize, .float32)
    let logits = try Arena(plan, on: device)[slot]

    var finished = [GeneratedText?](repeating: nil, count: prompts.count)
    var running: [Sequence] = []
    var row = 0
    for (index, prompt) in prompts.enumerated() {
      // All but the last token are computed together; the last starts the decoding.
      var batch = Batch()
      let finalLength = prompt.count + rooms[index]
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
          writer: AnswerWriter(model, stops: limits.stops), room: rooms[index]))
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
        let token = sampler.choose(
          values[place * width..<(place + 1) * width],
          sequence: firstNumber + UInt64(sequence.index), step: step)
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
