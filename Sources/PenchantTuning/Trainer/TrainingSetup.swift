package import PenchantCore
package import PenchantEngine
package import PenchantModel

/// Everything a run is made of, opened and checked.
package struct TrainingSetup {
  package var decoder: Decoder
  package var trainable: Trainable
  /// What the policy is compared with; nil when the objective has no reference.
  package var reference: Policy?
  /// Whether the reference is the policy as it stands before the first step, bit for bit.
  package var referenceIsInitial: Bool
  /// How the reference follows the policy; nil leaves it where it is.
  package var referencePace: FollowingReference.Pace?
  package var objective: any Objective
  package var training: ExampleList
  package var heldOut: ExampleList
  package var plan: TrainingPlan
  /// The resolved configuration, saved with the run.
  package var configuration: TuneConfiguration
  package var inputs: CheckpointState.Inputs
  package var directory: RunDirectory
  package var beginning: RunDirectory.Beginning
  /// What the adapter's configuration names as its model.
  package var baseModel: String
  /// The folder whose tokenizer and configuration go with a fully tuned model; nil leaves them out.
  package var modelFolder: String?
  /// Lines of dropped.jsonl.
  package var dropped: [JSON]
  /// Operations a second that the machine's matrix kernel reaches, for `mfu`; nil leaves it out.
  package var peakOperations: Double?

  /// Where the reference's log-probabilities are kept from run to run; nil computes them step by step.
  package var referenceCache: ReferenceCache?
  /// Prompts the model is asked while it is trained; nil asks none.
  package var probe: SampleProbe?
  /// What ends the run before its last step.
  package var stopRules: [StopRule] = []

  package init(
    decoder: Decoder, trainable: Trainable, reference: Policy?, referenceIsInitial: Bool,
    referencePace: FollowingReference.Pace? = nil, objective: any Objective,
    training: ExampleList, heldOut: ExampleList = ExampleList(),
    plan: TrainingPlan, configuration: TuneConfiguration, inputs: CheckpointState.Inputs,
    directory: RunDirectory, beginning: RunDirectory.Beginning = .new, baseModel: String = "",
    modelFolder: String? = nil, dropped: [JSON] = []
  ) {
    self.decoder = decoder
    self.trainable = trainable
    self.reference = reference
    self.referenceIsInitial = referenceIsInitial
    self.referencePace = referencePace
    self.objective = objective
    self.training = training
    self.heldOut = heldOut
    self.plan = plan
    self.configuration = configuration
    self.inputs = inputs
    self.directory = directory
    self.beginning = beginning
    self.baseModel = baseModel
    self.modelFolder = modelFolder
    self.dropped = dropped
  }

  /// The memory of passes this run needs: the largest micro-batch, for the longest pair.
  package var workspaceShape: WorkspaceShape { workspaceShape(microTokens: plan.microTokens) }

  /// The same for another budget of tokens.
  package func workspaceShape(microTokens: Int) -> WorkspaceShape {
    // A mismatched answer comes on top of a row's own tokens.
    let isExchanged = objective.requirements.branch(.mismatched) != nil
    let extra = isExchanged ? max(training.longestBranch, heldOut.longestBranch) : 0
    let longest = max(1, training.longest, heldOut.longest) + extra
    // A pack holds pairs of one step (or held-out ones) up to the budget, or one pair that is longer. Tensors sized
    // for more would spread what is used over pages that are not.
    let step =
      training.tokens(ofLongest: plan.batchSize) + extra * min(plan.batchSize, training.count)
    let held = heldOut.tokenCount + extra * heldOut.count
    let bound = max(longest, min(microTokens, max(step, held)))
    // Its rows are at most its tokens times the largest share of scored tokens any pair has.
    let share =
      isExchanged || training.isEmpty && heldOut.isEmpty
      ? 1 : max(training.largestScoredShare, heldOut.largestScoredShare)
    return WorkspaceShape(
      tokens: bound, targetRows: min(bound, Int((share * Double(bound)).rounded(.up)) + 1),
      rank: max(trainable.rank, largestReferenceRank),
      purpose: .training(full: trainable.isFull))
  }

  /// Takes another budget of tokens for a pass, for the run and for what is written of it.
  package mutating func take(microTokens: Int) {
    plan.microTokens = microTokens
    configuration.microTokens = microTokens
  }

  /// How answers are exchanged between rows, where the objective wants that.
  var mismatchedAnswers: MismatchedAnswers? {
    let needs = objective.requirements
    guard needs.branch(.mismatched) != nil else { return nil }
    return MismatchedAnswers(
      rotation: needs.rotation,
      limit: min(configuration.maxLength ?? .max, decoder.architecture.maxPositions))
  }

  /// Whether the reference says the same of a row whenever it is asked: not so where rows are met with other answers
  /// in each step, or the reference moves.
  var keepsReferenceScores: Bool { mismatchedAnswers == nil && referencePace == nil }

  /// The rank of the reference's adapter at most: all snapshots side by side where it follows one.
  var largestReferenceRank: Int {
    let initial = reference?.adapter?.configuration.rank ?? 0
    guard let referencePace, !trainable.isFull else { return initial }
    return initial + referencePace.snapshots(steps: plan.steps) * trainable.rank
  }

  /// The reference that follows the policy, where one was asked for.
  func followingReference() throws -> FollowingReference? {
    guard let referencePace, let reference else { return nil }
    return try FollowingReference(
      reference, following: trainable, pace: referencePace, decoder: decoder)
  }

  /// Rows as the objective wants them.
  func examples(at places: [Int], of data: ExampleList) throws -> [TokenizedExample] {
    try mismatchedAnswers?.added(to: places, of: data) ?? places.map { try data[$0] }
  }

  /// Refuses what the loop has no code for.
  ///
  /// And pairs at hand that carry what the objective would ignore; those that are made when wanted are checked when
  /// they are encoded for the first time.
  func check() throws(TuningError) {
    let needs = objective.requirements
    func refuse(_ what: String, if missing: Bool) throws(TuningError) {
      if missing { throw TuningError(.requirementNotBuilt(objective: objective.name, what: what)) }
    }
    let hasScoreHead =
      if case .adapter(let adapter, _) = trainable { adapter.configuration.hasScoreHead } else {
        false
      }
    try refuse("an adapter with a score head", if: needs.head == .scalar && !hasScoreHead)
    if hasScoreHead, needs.head != .scalar {
      throw TuningError(
        .conflictingOptions("objective \(objective.name)", "init-adapter with a score head"))
    }
    if let initial = reference?.adapter, case .adapter(let adapter, _) = trainable,
      referencePace != nil, initial.configuration.targets != adapter.configuration.targets
    {
      throw TuningError(.conflictingOptions("reference-sync", "reference with other targets"))
    }
    let width = decoder.architecture.hiddenSize
    if referencePace != nil, largestReferenceRank > max(width, 4 * trainable.rank) {
      throw TuningError(
        .valueOutOfRange(
          option: "reference-sync", value: "\(referencePace?.steps ?? 0)",
          range:
            "more, or a larger --reference-mix: the reference would hold a rank of "
            + "\(largestReferenceRank), wider than the model"))
    }
    if training.isEmpty { throw TuningError(.noPairs) }
    for rule in stopRules {
      try rule.check(
        samples: probe != nil, heldOut: !heldOut.isEmpty, needs)
    }
    for example in training.atHand + heldOut.atHand { try objective.check(example.facts) }
  }
}
