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

  /// What decides on which side a pair is: a hash of its prompt.
  ///
  /// Two prompts with the same hash count as one, which only keeps them on the same side.
  package static func promptHash(_ pair: Pair) -> UInt64 { StableHash(pair.prompt).value }

  /// Splits the pairs.
  ///
  /// Time is that of hashing the prompts and sorting the different ones.
  package func split(_ pairs: [Pair]) -> Split {
    let (heldOut, prompts) = heldOut(pairs.map(Self.promptHash))
    let held = Set(heldOut)
    return Split(
      train: pairs.indices.filter { !held.contains($0) }, heldOut: heldOut, heldOutPrompts: prompts)
  }

  /// The pairs to hold out, ascending, and the number of their prompts.
  ///
  /// Memory beside the hashes is eight bytes a prompt.
  /// - Parameter hashes: of every pair's prompt, in order.
  package func heldOut(_ hashes: [UInt64]) -> (pairs: [Int], prompts: Int) {
    guard hashes.count >= minimumPairs else { return ([], 0) }
    var distinct = hashes
    distinct.sort()
    var kept = 0
    for index in distinct.indices where index == 0 || distinct[index] != distinct[kept - 1] {
      distinct[kept] = distinct[index]
      kept += 1
    }
    distinct.removeLast(distinct.count - kept)
    // At least one prompt remains to train on.
    let wanted = min(Int((fraction * Double(distinct.count)).rounded()), distinct.count - 1)
    guard wanted > 0 else { return ([], 0) }

    distinct.sort { (rank(of: $0), $0) < (rank(of: $1), $1) }
    var chosen: Set<UInt64> = []
    var pairs = 0
    // Only the first few are needed; how many pairs each has is counted for some at a time.
    var start = 0
    while start < distinct.count, chosen.count < wanted, pairs < maximumPairs {
      let candidates = distinct[start..<min(start + Self.candidatesAtOnce, distinct.count)]
      start = candidates.endIndex
      var counts = Dictionary(uniqueKeysWithValues: candidates.map { ($0, 0) })
      for hash in hashes where counts[hash] != nil { counts[hash, default: 0] += 1 }
      for prompt in candidates where chosen.count < wanted {
        let count = counts[prompt] ?? 0
        guard pairs + count <= maximumPairs else { continue }
        chosen.insert(prompt)
        pairs += count
      }
    }
    return (hashes.indices.filter { chosen.contains(hashes[$0]) }, chosen.count)
  }

  private static let candidatesAtOnce = 1 << 16

  private func rank(of prompt: UInt64) -> UInt64 {
    let words = Philox(seed: seed, stream: .split, step: prompt).block(0)
    return UInt64(words.x) | UInt64(words.y) << 32
  }
}
