package import PenchantCore

/// What a set of pairs is made of, before anything is learnt from it: the rows that teach nothing, the
/// rows that contradict each other, and how far length alone tells the preferred answer.
package struct PairCensus: Sendable, Equatable {
  /// A row that says again, or denies, what an earlier one said.
  ///
  /// Both are indices into the pairs.
  package struct Repeat: Sendable, Equatable {
    package var index: Int
    package var earlier: Int
  }

  /// The number of pairs.
  package private(set) var count = 0
  /// Pairs whose answers are the same, byte for byte.
  package private(set) var identical: [Int] = []
  /// Pairs whose chosen answer is empty.
  package private(set) var emptyChosen: [Int] = []
  /// Pairs whose rejected answer is empty.
  package private(set) var emptyRejected: [Int] = []
  /// Pairs with the same system prompt, prompt, chosen and rejected answer as an earlier one.
  package private(set) var duplicates: [Repeat] = []
  /// Pairs that prefer the answer which an earlier one with the same prompt rejects, and vice versa.
  package private(set) var swappedDuplicates: [Repeat] = []
  /// Pairs marked as ties.
  package private(set) var ties = 0
  /// What always choosing the longer answer would score; nil where every pair is a tie.
  package private(set) var lengthPredictor: LengthPredictor?

  /// Counts in one pass; time and memory are linear in the number of pairs.
  package init(_ pairs: [Pair]) {
    count = pairs.count
    var seen: [UInt64: [Int]] = [:]
    var predictor = LengthPredictor()
    for (index, pair) in pairs.enumerated() {
      if pair.isIdentical { identical.append(index) }
      if pair.chosen.isEmpty { emptyChosen.append(index) }
      // A row with one answer has nothing to compare.
      guard let other = pair.rejected else { continue }
      if other.isEmpty { emptyRejected.append(index) }
      if pair.isTie { ties += 1 } else { predictor.add(pair.chosen, other) }

      let prompt = Self.promptHash(pair)
      let chosen = StableHash(pair.chosen).value
      let rejected = StableHash(other).value
      let key = Self.hash(prompt, chosen, rejected)
      // Equal hashes only nominate; the texts decide.
      let swapped = seen[Self.hash(prompt, rejected, chosen)] ?? []
      if let earlier = seen[key]?.first(where: { Self.isRepeat(pair, of: pairs[$0]) }) {
        duplicates.append(Repeat(index: index, earlier: earlier))
      } else {
        seen[key, default: []].append(index)
      }
      if !pair.isIdentical,
        let earlier = swapped.first(where: { Self.isSwap(pair, of: pairs[$0]) })
      {
        swappedDuplicates.append(Repeat(index: index, earlier: earlier))
      }
    }
    lengthPredictor = predictor.count > 0 ? predictor : nil
  }

  private static func promptHash(_ pair: Pair) -> UInt64 {
    var hash = StableHash(pair.prompt)
    hash.combine(pair.systemPrompt ?? "")
    return hash.value
  }

  private static func hash(_ prompt: UInt64, _ first: UInt64, _ second: UInt64) -> UInt64 {
    var hash = StableHash()
    hash.combine(prompt)
    hash.combine(first)
    hash.combine(second)
    return hash.value
  }

  private static func hasSamePrompt(_ pair: Pair, _ other: Pair) -> Bool {
    pair.prompt == other.prompt
      && (pair.systemPrompt ?? "").hasSameBytes(as: other.systemPrompt ?? "")
  }

  private static func isRepeat(_ pair: Pair, of other: Pair) -> Bool {
    hasSamePrompt(pair, other) && pair.chosen == other.chosen && pair.rejected == other.rejected
  }

  private static func isSwap(_ pair: Pair, of other: Pair) -> Bool {
    hasSamePrompt(pair, other) && pair.chosen == other.rejected && pair.rejected == other.chosen
  }
}

/// The simplest rival of a preference model: the longer answer, in code points, is the better one.
package struct LengthPredictor: Sendable, Equatable {
  /// The number of pairs it was tried on.
  package private(set) var count = 0
  /// The pairs whose longer answer is the chosen one.
  package private(set) var chosenLonger = 0
  /// The pairs whose answers are equally long; each counts as half right.
  package private(set) var equallyLong = 0

  /// The share it gets right, 0…1.
  package var accuracy: Double {
    count == 0 ? 0.5 : (Double(chosenLonger) + 0.5 * Double(equallyLong)) / Double(count)
  }

  /// Where the share would lie with other pairs of the same kind: Wilson's interval, 95 %.
  package var interval: Interval {
    .wilson(successes: Double(chosenLonger) + 0.5 * Double(equallyLong), trials: count)
  }

  mutating func add(_ chosen: Completion, _ rejected: Completion) {
    let (chosen, rejected) = (chosen.characterCount, rejected.characterCount)
    count += 1
    if chosen > rejected { chosenLonger += 1 }
    if chosen == rejected { equallyLong += 1 }
  }
}
