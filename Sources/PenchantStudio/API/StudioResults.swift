import PenchantCore

/// What the results page shows.
package struct StudioResults: Sendable, Equatable {
  /// A value with its 95 % interval; without one where there is too little to take it from.
  package struct Estimate: Sendable, Equatable {
    package var value: Double
    package var lower: Double?
    package var upper: Double?

    package init(_ value: Double, _ lower: Double?, _ upper: Double?) {
      self.value = value
      self.lower = lower
      self.upper = upper
    }
  }

  /// How often the left and the right answer won, and how likely a split this uneven is without a bias.
  package struct Sides: Sendable, Equatable {
    package var left: Int
    package var right: Int
    /// Two-sided exact binomial; of annotators, after Holm's correction over all of them.
    package var p: Double
  }

  /// A share of few: how many out of how many.
  package struct Tally: Sendable, Equatable {
    package var right: Int
    package var count: Int

    package init(right: Int, count: Int) {
      self.right = right
      self.count = count
    }
  }

  /// Agreement over items that several people judged.
  package struct Agreement: Sendable, Equatable {
    /// Items with two judgements and more.
    package var items: Int
    /// Krippendorff's α of the preferred side (first, tie, second), nominal; bootstrap over items.
    package var alpha: Estimate?
    /// Krippendorff's α of the strength, −2…2, ordinal.
    package var alphaOrdinal: Estimate?
    /// Share of pairs of judgements of one item that agree.
    package var percent: Estimate?
    /// Gwet's AC1.
    package var gwet: Double?
    /// Fleiss' κ; nil unless all items have the same number of judgements.
    package var fleiss: Double?
    /// The share of single judgements that are wrong, from doubles; nil where there are too few.
    package var noise: Double?
  }

  /// One annotator.
  package struct Person: Sendable, Equatable {
    package var name: String
    package var role: Annotator.Role
    /// Whether a link waits to be followed.
    package var linkIsActive: Bool
    package var progress: Progress
    /// Judgements that stand, skips not counted, gold and repeats included.
    package var judged: Int
    package var comments: Int
    /// Share of judgements that agree with another's on the same item.
    package var agreement: Estimate?
    /// Pairs of judgements the share is taken over.
    package var agreementPairs: Int
    package var sides: Sides?
    /// Median time a task was visible, in seconds.
    package var medianSeconds: Double?
    /// Share of judgements made faster than the texts can be read.
    package var fastShare: Double?
    /// Repeats judged as the first time.
    package var selfConsistency: Tally?
    /// Gold questions answered right.
    package var gold: Tally?
    /// Unix seconds of the last judgement.
    package var lastAt: Int?
  }

  /// What an export would give.
  package struct Preview: Sendable, Equatable {
    package var rule: ExportRule
    package var pairs: Int
    package var dropped: Int
  }

  package var items: Int
  package var goldItems: Int
  /// Judgements that stand, everything but what was taken back.
  package var judgements: Int
  package var people: [Person]
  package var agreement: Agreement
  /// What held-out accuracy cannot exceed, 1 − noise; nil where noise is unknown.
  package var ceiling: Double?
  /// In display terms, every verdict once.
  package var verdicts: [(verdict: Verdict, count: Int)]
  package var sides: Sides?
  package var exports: [Preview]

  package static func == (left: StudioResults, right: StudioResults) -> Bool {
    left.json == right.json
  }
}
