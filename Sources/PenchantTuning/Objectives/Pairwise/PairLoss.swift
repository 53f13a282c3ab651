/// The figures of a pair that a pairwise loss is a function of.
package struct PairPoint: Sendable, Equatable {
  /// s of the chosen answer: ρ = log π − log π_ref summed over its tokens (or its f-map), log π without a reference.
  package var chosen: Double
  /// s of the rejected answer.
  package var rejected: Double
  /// n, tokens of each answer, at least 1.
  package var chosenTokens: Double
  package var rejectedTokens: Double
  /// m, by how much the chosen answer is better; 0 where the row does not say.
  package var margin: Double
  /// c, the probability that the label is right, where the row says so.
  package var confidence: Double?

  package init(
    chosen: Double, rejected: Double, chosenTokens: Double = 1, rejectedTokens: Double = 1,
    margin: Double = 0, confidence: Double? = nil
  ) {
    self.chosen = chosen
    self.rejected = rejected
    self.chosenTokens = chosenTokens
    self.rejectedTokens = rejectedTokens
    self.margin = margin
    self.confidence = confidence
  }

  /// D = s_w − s_l.
  var difference: Double { chosen - rejected }
}

/// A loss and its derivatives by the two scores.
package struct PairValue: Sendable, Equatable {
  package var loss: Double
  /// ∂l/∂s_w.
  package var dChosen: Double
  /// ∂l/∂s_l.
  package var dRejected: Double

  package init(loss: Double, dChosen: Double, dRejected: Double) {
    self.loss = loss
    self.dChosen = dChosen
    self.dRejected = dRejected
  }

  /// A loss of D = s_w − s_l alone.
  init(loss: Double, slope: Double) {
    self.init(loss: loss, dChosen: slope, dRejected: -slope)
  }
}

/// An objective that looks at one pair at a time, through two scores and two lengths.
///
/// A conforming type is its formula and its derivative (``value(at:)``); the way from tokens to scores and back is
/// ``PairEvaluation``'s, the same for all.
package protocol PairLoss: Objective {
  /// Whether the reference takes part; without one the scores are log π.
  var hasReference: Bool { get }
  /// Whether a row's margin enters the formula.
  var takesMargin: Bool { get }
  /// What a row's confidence can be; nil where it does not enter the formula.
  var confidences: ConfidenceRange? { get }

  func value(at point: PairPoint) -> PairValue
}

/// The probabilities of a right label that a formula has a meaning for.
package struct ConfidenceRange: Sendable, Equatable {
  let range: ClosedRange<Double>
  let text: String

  /// 0 to 1.
  package static let all = ConfidenceRange(range: 0...1, text: "0 to 1")
  /// 0 to 1, both excluded.
  package static let inner = ConfidenceRange(
    range: 0.0.nextUp...1.0.nextDown, text: "above 0 and below 1")
  /// Labels that are right more often than not.
  package static let upper = ConfidenceRange(range: 0.5.nextUp...1, text: "above 0.5, at most 1")
}

extension PairLoss {
  package var hasReference: Bool { true }
  package var takesMargin: Bool { false }
  package var confidences: ConfidenceRange? { nil }

  package var requirements: ObjectiveRequirements {
    ObjectiveRequirements(reference: hasReference ? .fixed : .none, components: [.init(name)])
  }

  package func check(_ facts: PairFacts) throws(TuningError) {
    try facts.check(for: name, takesMargin: takesMargin, confidences: confidences)
  }

  package func shares(of facts: PairFacts) -> [Double] { [facts.weight ?? 1] }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    PairEvaluation(loss: self).evaluate(pairs, denominators: denominators, state: state)
  }
}

extension PairFacts {
  /// Refuses fields that an objective would ignore or cannot use.
  func check(
    for objective: String, takesMargin: Bool = false, confidences: ConfidenceRange? = nil,
    takesWeight: Bool = true
  ) throws(TuningError) {
    func ignored(_ field: String, instead: String) -> TuningError {
      TuningError(
        .fieldWithoutMeaning(field: field, objective: objective, id: id, instead: instead))
    }
    if let confidence {
      guard let confidences else { throw ignored("confidence", instead: "cdpo") }
      guard confidences.range.contains(confidence) else {
        throw TuningError(
          .fieldOutOfRange(field: "confidence", id: id, range: confidences.text))
      }
    }
    if let margin {
      guard takesMargin else { throw ignored("margin", instead: "sigmoid") }
      guard margin.isFinite else {
        throw TuningError(.fieldOutOfRange(field: "margin", id: id, range: "a finite number"))
      }
    }
    if let weight {
      guard takesWeight else { throw ignored("weight", instead: "sigmoid") }
      guard weight >= 0, weight.isFinite else {
        throw TuningError(.fieldOutOfRange(field: "weight", id: id, range: "0 or more"))
      }
    }
  }
}
