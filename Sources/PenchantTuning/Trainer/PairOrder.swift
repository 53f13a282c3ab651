import PenchantCore

/// Which pairs each step takes: a function of the seed and the step alone, so that a resumed run needs no
/// saved generator.
package struct PairOrder: Sendable {
  private let pairs: Int
  private let batchSize: Int
  private let seed: UInt64
  private let shuffles: Bool
  /// The order of the epoch that was asked for last.
  private var current: (epoch: Int, order: [Int])?

  package init(_ plan: TrainingPlan) {
    pairs = plan.pairs
    batchSize = plan.batchSize
    seed = plan.seed
    shuffles = plan.shuffles
  }

  /// The places of a step's pairs, the step counted from 0.
  ///
  /// An epoch ends with a short step rather than
  /// borrowing from the next.
  package mutating func pairs(ofStep step: Int) -> [Int] {
    let perEpoch = TuneDefaults.stepsPerEpoch(pairs: pairs, batchSize: batchSize)
    let (epoch, position) = step.quotientAndRemainder(dividingBy: perEpoch)
    let start = position * batchSize
    return Array(order(ofEpoch: epoch)[start..<start + min(batchSize, pairs - start)])
  }

  private mutating func order(ofEpoch epoch: Int) -> [Int] {
    if let current, current.epoch == epoch { return current.order }
    let order =
      shuffles
      ? Philox(seed: seed, stream: .order, step: UInt64(epoch)).shuffled(count: pairs)
      : Array(0..<pairs)
    current = (epoch, order)
    return order
  }
}
