extension TuneConfiguration {
  typealias ParameterPlace = (
    option: ObjectiveParameter, path: any WritableKeyPath<TuneConfiguration, Double?> & Sendable
  )

  /// Where the numbers of objectives live.
  static let parameters: [ParameterPlace] = [
    (.beta, \.beta), (.labelSmoothing, \.labelSmoothing), (.gamma, \.gamma), (.alpha, \.alpha),
    (.lambda, \.lambda), (.tau, \.tau), (.sftWeight, \.sftWeight),
    (.desirableWeight, \.desirableWeight), (.undesirableWeight, \.undesirableWeight),
    (.centerRewards, \.centerRewards),
  ]

  /// What is asked of the catalogue.
  package var objectiveChoice: ObjectiveChoice {
    var values: [ObjectiveParameter: Double] = [:]
    for (option, path) in Self.parameters { values[option] = self[keyPath: path] }
    return ObjectiveChoice(
      objective, values: values, lengthDiscount: ldAlpha, divergence: fDivergence,
      divergenceAlpha: fAlpha, weighsByPolicy: wpo, semantics: semantics, microPairs: microPairs)
  }

  /// What the policy is compared with, in words.
  package var referenceDescription: String {
    guard let referenceSync else { return reference }
    return
      "\(reference), every \(referenceSync) steps mixed with \(referenceMix ?? 0) of the policy"
  }

  /// Whether the objective learns answers as they are, without preferences.
  package var isSupervised: Bool {
    (try? ObjectiveCatalog.terms(objective))?.allSatisfy { $0.entry.rows == .answers } ?? false
  }

  /// Whether the model is asked the fixed prompts; a reward model answers nothing.
  package var samplesAnswers: Bool { samplePrompts != "none" && !scores }

  /// Whether the objective trains a score in place of answers.
  private var scores: Bool {
    (try? ObjectiveCatalog.objective(objectiveChoice).requirements.head) == .scalar
  }

  /// Whether the reference says the same of a row whenever it is asked, so that a cache can keep it.
  package var usesReferenceCache: Bool {
    guard referenceSync == nil,
      let needs = try? ObjectiveCatalog.objective(objectiveChoice).requirements
    else { return false }
    return needs.reference != .none && needs.branch(.mismatched) == nil
  }

  /// Refuses an objective nobody knows, and options it has no use for.
  func checkObjective() throws(TuningError) {
    let needs = try ObjectiveCatalog.objective(objectiveChoice).requirements
    if needs.head == .scalar {
      for (option, isGiven) in [
        ("sample-every", sampleEvery ?? 0 > 0),
        ("sample-prompts", samplePrompts ?? "none" != "none"),
      ] where isGiven {
        throw TuningError(
          .optionWithoutMeaning(option: option, objective: objective, instead: "sigmoid"))
      }
      // A score head is saved with an adapter, and only there.
      if full { throw TuningError(.conflictingOptions("objective \(objective)", "full")) }
      if initAdapter != nil {
        throw TuningError(.conflictingOptions("objective \(objective)", "init-adapter"))
      }
    }
    if needs.reference == .none {
      func refusal(_ option: String) -> TuningError {
        TuningError(
          .optionWithoutMeaning(option: option, objective: objective, instead: "sigmoid"))
      }
      if reference != "initial" { throw refusal("reference") }
      if referenceSync != nil { throw refusal("reference-sync") }
    }
    if referenceMix != nil, referenceSync == nil {
      throw TuningError(.optionNeeds(option: "reference-mix", other: "--reference-sync"))
    }
    if needs.branch(.mismatched) != nil, (microPairs ?? batchSize ?? 2) < 2 {
      throw TuningError(
        .valueOutOfRange(
          option: microPairs == nil ? "batch-size" : "micro-pairs", value: "1",
          range: "2 or more with \(objective), which takes other rows' answers"))
    }
  }
}
