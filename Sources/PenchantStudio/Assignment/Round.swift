import PenchantCore

/// What handing out and keeping judgements need to know of a round.
struct Round: Sendable {
  let rules: RoundRules
  /// Decides sides, order and doubled items; nobody outside the store knows it.
  let key: DigestKey
  /// The digest of the guidelines in force.
  let guidelines: String
  let leaseMilliseconds: Int64
  let now: @Sendable () -> Int64
}
