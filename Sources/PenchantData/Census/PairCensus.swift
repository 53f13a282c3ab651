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

  /// Counts pairs that are at hand.
  package init(_ pairs: [Pair]) {
    var builder = Builder()
    for pair in pairs { builder.add(pair) }
    self = builder.finish { pairs[$0] }
  }

  private init() {}

  /// A census of pairs that come one by one and are not kept.
  ///
  /// Memory is four bytes a pair, and eight while it is finished.
  package struct Builder {
    private var census = PairCensus()
    private var predictor = LengthPredictor()
    /// A hash of each pair's texts that is the same for both orders of its answers.
    private var keys: [UInt32] = []

    package init() {}

    package mutating func add(_ pair: Pair) {
      let index = census.count
      census.count += 1
      keys.append(PairCensus.key(pair))
      if pair.isIdentical { census.identical.append(index) }
      if pair.chosen.isEmpty { census.emptyChosen.append(index) }
      // A row with one answer has nothing to compare.
      guard let other = pair.rejected else { return }
      if other.isEmpty { census.emptyRejected.append(index) }
      if pair.isTie { census.ties += 1 } else { predictor.add(pair.chosen, other) }
    }

    /// The census.
    /// - Parameter pair: reads one of the pairs again; asked for those whose hashes are the same.
    package consuming func finish<Failure: Error>(
      _ pair: (Int) throws(Failure) -> Pair
    ) throws(Failure) -> PairCensus {
      var census = census
      census.lengthPredictor = predictor.count > 0 ? predictor : nil
      var order = Array(0..<UInt32(clamping: keys.count))
      order.sort { (keys[Int($0)], $0) < (keys[Int($1)], $1) }
      var start = 0
      while start < order.count {
        var end = start + 1
        while end < order.count, keys[Int(order[end])] == keys[Int(order[start])] { end += 1 }
        if end - start > 1 {
          // Equal hashes only nominate; the texts decide.
          try census.compare(order[start..<end].map { Int($0) }, pair)
        }
        start = end
      }
      census.duplicates.sort { $0.index < $1.index }
      census.swappedDuplicates.sort { $0.index < $1.index }
      return census
    }
  }

  /// Looks for repeats among pairs that may be the same, in ascending order.
  private mutating func compare<Failure: Error>(
    _ indices: [Int], _ read: (Int) throws(Failure) -> Pair
  ) throws(Failure) {
    var different: [(index: Int, pair: Pair)] = []
    for index in indices {
      let pair = try read(index)
      guard pair.rejected != nil else { continue }
      let swapped = pair.isIdentical ? nil : different.first { Self.isSwap(pair, of: $0.pair) }
      if let earlier = different.first(where: { Self.isRepeat(pair, of: $0.pair) }) {
        duplicates.append(Repeat(index: index, earlier: earlier.index))
      } else {
        different.append((index, pair))
      }
      if let swapped { swappedDuplicates.append(Repeat(index: index, earlier: swapped.index)) }
    }
  }

  private static func key(_ pair: Pair) -> UInt32 {
    let answers = [pair.chosen, pair.rejected ?? pair.chosen].map { StableHash($0).value }.sorted()
    var hash = StableHash(pair.prompt)
    hash.combine(pair.systemPrompt ?? "")
    for answer in answers { hash.combine(answer) }
    return UInt32(truncatingIfNeeded: hash.value >> 32)
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
