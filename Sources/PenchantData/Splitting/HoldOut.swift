import PenchantCore

/// Puts a share of the prompts aside, to measure on what was not trained on.
///
/// Whole prompts are held out: all pairs of a prompt stay on the same side, for otherwise the
/// measurement would be on questions already seen. Which ones depends on the seed and the prompts'
/// own texts, not on the order of the rows: adding rows to a file moves few prompts.
package struct HoldOut: Sendable, Equatable {
  /// The indices of the pairs on each side, ascending.
  package struct Split: Sendable, Equatable {
    package var train: [Int]
    package var heldOut: [Int]
    /// The number of different prompts held out.
    package var heldOutPrompts: Int
  }

  /// Share of the different prompts to hold out, 0 ≤ fraction < 1.
  package let fraction: Double
  /// The most pairs to hold out; a prompt with too many for the room left is passed over.
  package let maximumPairs: Int
  /// With fewer pairs than this nothing is held out: too few to measure on, too few to lose.
  package let minimumPairs: Int
  package let seed: UInt64

  /// - Throws: ``DataError`` if `fraction` is not in 0 ≤ fraction < 1.
  package init(
    fraction: Double = 0.1, maximumPairs: Int = 200, minimumPairs: Int = 100, seed: UInt64
  ) throws(DataError) {
    guard fraction >= 0, fraction < 1 else { throw DataError(.fractionOutOfRange(fraction)) }
    self.fraction = fraction
    self.maximumPairs = maximumPairs
    self.minimumPairs = minimumPairs
    self.seed = seed
  }

  /// Splits the pairs.
  ///
  /// Time is that of hashing the prompts and sorting the different ones.
  package func split(_ pairs: [Pair]) -> Split {
    let nothing = Split(train: Array(pairs.indices), heldOut: [], heldOutPrompts: 0)
    guard pairs.count >= minimumPairs else { return nothing }

    // Two prompts with the same hash count as one, which only keeps them on the same side.
    var indicesOfPrompt: [UInt64: [Int]] = [:]
    for (index, pair) in pairs.enumerated() {
      indicesOfPrompt[StableHash(pair.prompt).value, default: []].append(index)
    }
    // At least one prompt remains to train on.
    let wanted = min(
      Int((fraction * Double(indicesOfPrompt.count)).rounded()), indicesOfPrompt.count - 1)
    guard wanted > 0 else { return nothing }

    let ranked = indicesOfPrompt.keys
      .map { (rank: rank(of: $0), prompt: $0) }
      .sorted { ($0.rank, $0.prompt) < ($1.rank, $1.prompt) }
    var heldOut: [Int] = []
    var prompts = 0
    for (_, prompt) in ranked where prompts < wanted {
      let indices = indicesOfPrompt[prompt] ?? []
      guard heldOut.count + indices.count <= maximumPairs else { continue }
      heldOut += indices
      prompts += 1
    }
    heldOut.sort()
    let held = Set(heldOut)
    return Split(
      train: pairs.indices.filter { !held.contains($0) }, heldOut: heldOut, heldOutPrompts: prompts)
  }

  private func rank(of prompt: UInt64) -> UInt64 {
    let words = Philox(seed: seed, stream: .split, step: prompt).block(0)
    return UInt64(words.x) | UInt64(words.y) << 32
  }
}
