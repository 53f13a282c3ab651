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

  package init(
    decoder: Decoder, trainable: Trainable, reference: Policy?, referenceIsInitial: Bool,
    objective: any Objective, training: ExampleList, heldOut: ExampleList = ExampleList(),
    plan: TrainingPlan, configuration: TuneConfiguration, inputs: CheckpointState.Inputs,
    directory: RunDirectory, beginning: RunDirectory.Beginning = .new, baseModel: String = "",
    modelFolder: String? = nil, dropped: [JSON] = []
  ) {
    self.decoder = decoder
    self.trainable = trainable
    self.reference = reference
    self.referenceIsInitial = referenceIsInitial
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
  package var workspaceShape: WorkspaceShape {
    let longest = max(1, training.longest, heldOut.longest)
    // A pack holds pairs of one step (or held-out ones) up to the budget, or one pair that is longer. Tensors sized
    // for more would spread what is used over pages that are not.
    let step = training.tokens(ofLongest: plan.batchSize)
    let bound = max(longest, min(plan.microTokens, max(step, heldOut.tokenCount)))
    // Its rows are at most its tokens times the largest share of scored tokens any pair has.
    let share = training.isEmpty && heldOut.isEmpty
      ? 1 : max(training.largestScoredShare, heldOut.largestScoredShare)
    return WorkspaceShape(
      tokens: bound, targetRows: min(bound, Int((share * Double(bound)).rounded(.up)) + 1),
      rank: max(trainable.rank, reference?.adapter?.configuration.rank ?? 0),
      purpose: .training(full: trainable.isFull))
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
    try refuse("a scalar head", if: needs.head == .scalar)
    try refuse("a reference that follows the policy", if: needs.reference == .following)
    try refuse(
      "other branches than chosen and rejected",
      if: ![[.chosen, .rejected], [.chosen]].contains(needs.branches.map(\.role)))
    try refuse("scored prompts", if: needs.branches.contains { $0.scored == .promptAndAnswer })
    if training.isEmpty { throw TuningError(.noPairs) }
    for example in training.atHand + heldOut.atHand { try objective.check(example.facts) }
  }
}
