import PenchantCore

/// How a round hands out its work.
package struct RoundRules: Sendable, Equatable {
  /// Judgements wanted of an item that is judged by several, 2…64.
  package var votes: Int
  /// The share of items that is judged by several, 0…1.
  package var overlap: Double
  /// The share of tasks that are gold questions, as long as there are any; 0…0.5.
  package var goldShare: Double
  /// The share of tasks that show an annotator an own earlier pair again with its sides changed; 0…0.5.
  package var repeatShare: Double

  /// A seventh of the items doubled, which is enough to estimate noise from; 4 % gold, 3 % repeats.
  package init(
    votes: Int = 2, overlap: Double = 0.15, goldShare: Double = 0.04, repeatShare: Double = 0.03
  ) {
    self.votes = votes
    self.overlap = overlap
    self.goldShare = goldShare
    self.repeatShare = repeatShare
  }

  /// As the store keeps them.
  var json: JSON {
    [
      "votes": .count(votes), "overlap": .optional(overlap), "gold_share": .optional(goldShare),
      "repeat_share": .optional(repeatShare),
    ]
  }

  init?(_ json: JSON) {
    guard let votes = json["votes"]?.int, let overlap = json["overlap"]?.double,
      let gold = json["gold_share"]?.double, let repeats = json["repeat_share"]?.double
    else { return nil }
    self.init(votes: votes, overlap: overlap, goldShare: gold, repeatShare: repeats)
  }
}

/// What opening a studio takes beside its path.
package struct StudioOptions: Sendable {
  /// Changes the rules that the store has; a new one has the defaults.
  package var changeRules: @Sendable (inout RoundRules) -> Void
  /// nil keeps the text the store has.
  package var guidelines: String?
  /// Seconds after which an untouched task goes to somebody else.
  package var leaseSeconds: Int
  /// Whether a store is made where there is none.
  package var mayCreate: Bool
  /// Milliseconds since 1970.
  package var now: @Sendable () -> Int64

  package init(
    changeRules: @escaping @Sendable (inout RoundRules) -> Void = { _ in },
    guidelines: String? = nil, leaseSeconds: Int = 900,
    mayCreate: Bool = true, now: @escaping @Sendable () -> Int64 = StudioOptions.systemClock
  ) {
    self.changeRules = changeRules
    self.guidelines = guidelines
    self.leaseSeconds = leaseSeconds
    self.mayCreate = mayCreate
    self.now = now
  }
}
