import PenchantCore

/// What the model's own answers say of a run: to the fixed prompts, the last measurement held against the first; and the
/// likeliest ones that the run ends by showing.
package struct OwnAnswers: Sendable {
  /// Shares of the answers, 0…1.
  package struct Shares: Sendable, Equatable {
    /// Without a word.
    package var empty: Double
    /// That reached the limit of ``SampleProbe/newTokens``.
    package var unfinished: Double

    package init(empty: Double, unfinished: Double) {
      self.empty = empty
      self.unfinished = unfinished
    }
  }

  package var before: Shares
  package var after: Shares
  /// Of the likeliest answers that a run ends by showing, the shares without a word; nil where none were shown.
  package var shown: (before: Double, after: Double)?
  /// KL(π ‖ π_ref) of the last, k3, nats a token.
  package var klPerToken: Double

  package init(
    before: Shares, after: Shares, klPerToken: Double, shown: (before: Double, after: Double)? = nil
  ) {
    self.before = before
    self.after = after
    self.klPerToken = klPerToken
    self.shown = shown
  }

  /// From a run's figures; nil where the prompts were not asked before and after training, or by an older version.
  package init?(_ curves: RunCurves, shown samples: [RunFacts.Sample]) {
    let (empty, unfinished) = (curves["samples/empty"], curves["samples/unfinished"])
    guard let first = empty.first, let last = empty.last, first.x == 0, last.x > 0,
      let begun = unfinished.first, let ended = unfinished.last,
      let divergence = curves.last("kl_per_token")
    else { return nil }
    self.init(
      before: Shares(empty: first.y, unfinished: begun.y),
      after: Shares(empty: last.y, unfinished: ended.y), klPerToken: divergence)
    if !samples.isEmpty {
      func share(_ text: (RunFacts.Sample) -> String) -> Double {
        Double(samples.count { text($0).allSatisfy(\.isWhitespace) }) / Double(samples.count)
      }
      shown = (share(\.before), share(\.after))
    }
  }
}
