package import PenchantCore

/// Which answer stands left.
///
/// The bit comes from a keyed digest of item, annotator and round, which nobody outside can predict and anybody with the store
/// can check. Where an annotator has seen one order twice more often than the other, the rarer order is forced
/// (Soares & Wu, 1983), so that over all first showings the two differ by at most two.
package struct Sides {
  /// Answer numbers in display order.
  package let shown: [Int]
  /// The bits that decided, as hexadecimal digits.
  package let seed: String
  /// What is added to the annotator's balance: 1 for the data's order, −1 for the other, 0 for rankings.
  package let balance: Int

  private static let largestImbalance = 2

  package init(
    _ key: DigestKey, fingerprint: String, annotator: Int64, round: Int, answers: Int, balance: Int
  ) {
    let bits = key.bits(["sides", fingerprint, "\(annotator)", "\(round)"])
    seed = String(bits, radix: 16)
    guard answers == 2 else {
      shown = Philox(seed: bits, stream: .order).shuffled(count: answers)
      self.balance = 0
      return
    }
    var isDataOrder = bits & 1 == 0
    if balance >= Self.largestImbalance { isDataOrder = false }
    if balance <= -Self.largestImbalance { isDataOrder = true }
    shown = isDataOrder ? [0, 1] : [1, 0]
    self.balance = isDataOrder ? 1 : -1
  }
}
