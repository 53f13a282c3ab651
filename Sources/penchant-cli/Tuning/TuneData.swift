import PenchantCore
import PenchantData
import PenchantModel
import PenchantTuning

/// The pairs of a run: read, counted, split, encoded.
struct TuneData {
  let training: [Pair]
  let heldOut: [Pair]
  let census: PairCensus

  /// Reads the files and puts a share of the prompts aside.
  /// - Parameters:
  ///   - configuration: with `holdout` resolved.
  ///   - holdoutWasChosen: whether a share was asked for, however few the pairs are.
  init(
    _ configuration: TuneConfiguration, pairs: [Pair], evaluation: [Pair], holdoutWasChosen: Bool
  ) throws {
    census = PairCensus(pairs)
    guard evaluation.isEmpty else {
      training = pairs
      heldOut = evaluation
      return
    }
    let split = try HoldOut(
      fraction: configuration.holdout ?? 0, minimumPairs: holdoutWasChosen ? 2 : 100,
      seed: UInt64(configuration.seed)
    ).split(pairs)
    training = split.train.map { pairs[$0] }
    heldOut = split.heldOut.map { pairs[$0] }
  }

  /// The pairs as tokens.
  struct Encoded {
    let training: [TokenizedExample]
    let heldOut: [TokenizedExample]
    let dropped: [DroppedPair]
    /// Pairs that lost tokens.
    let cutCount: Int
  }

  /// - Throws: `ModelError` for a row the options do not allow; `TuningError` when too many rows are too long.
  func encode(
    _ encoder: ExampleEncoder, truncationWasChosen: Bool, readsEnds: Bool = false,
    progress: (Int, Int) -> Void
  ) throws -> Encoded {
    let total = training.count + heldOut.count
    let first = try encoder.encode(training) { progress($0, total) }
    let second = try encoder.encode(heldOut) { progress(training.count + $0, total) }
    let dropped = first.dropped + second.dropped
    try DroppedRows.check(
      dropped, of: total, maxLength: encoder.options.maxLength ?? .max,
      wasChosen: truncationWasChosen)
    // A scalar head reads the last token of each answer.
    func rows(_ examples: [TokenizedExample]) -> [TokenizedExample] {
      readsEnds ? examples.map(\.scoredAtEnds) : examples
    }
    return Encoded(
      training: rows(first.examples), heldOut: rows(second.examples), dropped: dropped,
      cutCount: first.cutCount + second.cutCount)
  }
}
