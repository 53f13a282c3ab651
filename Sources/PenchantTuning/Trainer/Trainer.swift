import PenchantCore
import PenchantEngine
import PenchantModel

/// The one training loop: batches of pairs through model, objective and AdamW, with all that is written.
///
/// Methods differ by the objective alone.
///
/// A step is: pick the pairs, zero the gradient, forward and backward (``StepRunner``), norm, clip and AdamW,
/// log. Nothing of a step is kept before all of it succeeded: an interruption or a number that is none leaves
/// weights, moments and logs at the last whole step.
package final class Trainer {
  /// With the budget of tokens that the device had memory for.
  package let setup: TrainingSetup
  let runner: StepRunner
  let emit: TrainingEventHandler
  private let isCancelled: @Sendable () -> Bool
  private var order: PairOrder
  /// The reference, where it follows the policy.
  let following: FollowingReference?
  private(set) var reference: ReferenceScores?
  private(set) var heldOutReference: ReferenceScores?
  let logs: RunLogs
  /// Held until the object goes.
  private let lock: RunLock

  // Where the run stands; all of it is in the checkpoint's state.
  var step = 0
  var evaluatedStep = 0
  /// The last step after which the fixed prompts were asked; -1 for none.
  var sampledStep = -1
  /// Why a rule has ended the run before its last step.
  var stopReason: String?
  /// The step whose checkpoint stands; nil for none of this process.
  var savedStep: Int?
  private var numTokens = 0
  private var devices = DeviceHistory()
  var objectiveState = ObjectiveState()

  // What the summary tells.
  var evaluation: MetricsRecord?
  private var recent: [MetricsRecord] = []
  private let clock = ContinuousClock()
  private var stepSeconds = 0.0
  private var stepsHere = 0

  /// Makes the run directory ready and this object's alone, allocates the passes' memory and, when resuming, restores
  /// the newest whole checkpoint.
  /// - Parameters:
  ///   - isCancelled: asked before every block of every pass; true ends the run at its last whole step.
  ///   - events: what happens, as it happens.
  /// - Throws: ``TuningError``, `EngineError` or `CoreError`; nothing has been trained then.
  package init(
    _ setup: TrainingSetup, isCancelled: @escaping @Sendable () -> Bool = { false },
    events: @escaping TrainingEventHandler = { _ in }
  ) throws {
    try setup.check()
    self.isCancelled = isCancelled
    emit = events
    order = PairOrder(setup.plan)
    following = try setup.followingReference()
    let decoder = setup.decoder
    let asked = setup.plan.microTokens
    var setup = setup
    let workspace = try Self.workspace(&setup)
    self.setup = setup
    runner = StepRunner(
      decoder: decoder, policy: setup.trainable.policy, objective: setup.objective,
      workspace: workspace, microTokens: setup.plan.microTokens)
    if setup.plan.microTokens != asked {
      events(.smallerBudget(microTokens: setup.plan.microTokens, asked: asked))
    }
    lock = try setup.directory.prepare(setup.beginning)
    if !lock.isHeld { events(.notLocked(path: setup.directory.path)) }
    try Self.checkDisk(setup)
    guard setup.beginning == .resume else {
      try setup.directory.write(setup.configuration)
      try setup.directory.writeDropped(setup.dropped)
      logs = try RunLogs(
        setup.directory, sampling: setup.probe != nil, tensorboard: setup.configuration.tensorboard)
      measure(against: following?.policy ?? setup.reference)
      return
    }
    let (checkpoint, skipped) = try Checkpoint.newest(in: setup.directory)
    let family = decoder.device.family
    try checkpoint.check(setup.configuration, setup.inputs, family: family)
    logs = try RunLogs(
      setup.directory, keeping: checkpoint.state.logs, sampling: setup.probe != nil,
      tensorboard: setup.configuration.tensorboard)
    try checkpoint.restore(setup.trainable.parameters, on: decoder.device)
    step = checkpoint.state.step
    evaluatedStep = checkpoint.state.evaluatedStep
    sampledStep = checkpoint.state.sampledStep
    stopReason = checkpoint.state.stopReason
    numTokens = checkpoint.state.numTokens
    devices = checkpoint.state.devices
    objectiveState = checkpoint.state.objective
    if let following { try checkpoint.restore(following, like: setup.trainable) }
    measure(against: following?.policy ?? setup.reference)
    emit(.resumed(step: step, skipped: skipped))
    if devices.departs(from: family), step < setup.plan.steps, !isStopped {
      var ahead = devices
      ahead.add(step: step + 1, on: family)
      emit(.otherDevice(ahead))
    }
  }

  /// The passes' memory; a new run takes a smaller budget where the device refuses it.
  ///
  /// A run that is gone on with keeps its own: another packing would add its gradients in another order.
  private static func workspace(_ setup: inout TrainingSetup) throws(EngineError) -> Workspace {
    let decoder = setup.decoder
    let (architecture, dtype, device) = (decoder.architecture, decoder.dtype, decoder.device)
    guard setup.beginning != .resume else {
      return try Workspace(setup.workspaceShape, architecture, dtype: dtype, on: device)
    }
    let (workspace, budget) = try Workspace.largest(
      tokenBudget: setup.plan.microTokens,
      shape: { [setup] in setup.workspaceShape(microTokens: $0) }, architecture, dtype: dtype,
      on: device)
    if budget != setup.plan.microTokens { setup.take(microTokens: budget) }
    return workspace
  }

  /// Trains to the end of the plan, or until interrupted.
  /// - Throws: ``TuningError`` for numbers that are none; what the disk refuses. The last checkpoint stands.
  package func run() throws -> TrainingSummary {
    let isCancelled = isCancelled
    setup.decoder.poll = { () throws(EngineError) in
      if isCancelled() { throw EngineError(.cancelled) }
    }
    defer { setup.decoder.poll = { () throws(EngineError) in } }
    let start = clock.now
    var wasInterrupted = false
    do {
      try fillReference()
      // An interruption may have come between a step and its measurement.
      if step > 0 { try evaluateIfDue() }
      try sampleIfDue()
      while step < setup.plan.steps, !isStopped {
        try trainStep()
        try evaluateIfDue()
        try sampleIfDue()
        if setup.plan.saves(after: step) { try save() }
      }
      if isStopped {
        // The end has come early; what belongs to an end is measured now.
        try evaluateIfDue()
        try sampleIfDue()
      }
    } catch let error as EngineError where error.code == .cancelled {
      wasInterrupted = true
    }
    try save()
    let result = wasInterrupted ? nil : try saveResult()
    let training = MetricsRecord.mean(recent)
    return TrainingSummary(
      steps: step, devices: devices, wasInterrupted: wasInterrupted, evaluation: evaluation,
      training: training,
      stopReason: stopReason, result: result, seconds: Self.seconds(clock.now - start))
  }

  /// Takes a reference; what was computed of another is forgotten.
  private func measure(against policy: Policy?) {
    let keeps = setup.keepsReferenceScores
    reference = policy.map {
      ReferenceScores(
        $0, keeps: keeps && setup.plan.steps > setup.plan.stepsPerEpoch,
        cache: setup.referenceCache)
    }
    heldOutReference = policy.map {
      ReferenceScores($0, keeps: keeps, cache: setup.referenceCache)
    }
  }

  private func trainStep() throws {
    let start = clock.now
    let plan = setup.plan
    let device = setup.decoder.device
    let parameters = setup.trainable.parameters
    let examples = try setup.examples(at: order.pairs(ofStep: step), of: setup.training)
    if let training = parameters.training { device.zero(training.gradient) }
    let result = try runner.run(
      examples, reference: reference, state: objectiveState, training: true, step: step + 1)
    if step == 0 { try checkFirst(result) }
    let norm = plan.optimizer.gradientNorm(of: parameters, on: device)
    guard norm.isFinite, result.loss.isFinite else {
      throw TuningError(
        .notFinite(
          what: norm.isFinite ? "the loss" : "the gradient", step: step + 1,
          ids: examples.map(\.id)))
    }
    let rate = plan.schedule.rate(at: step)
    plan.optimizer.step(
      parameters, number: step + 1, learningRate: rate, gradientNorm: norm, on: device)
    try device.synchronize()

    step += 1
    devices.add(step: step, on: device.family)
    objectiveState = result.state
    if let following, following.isDue(after: step) {
      try following.follow(setup.trainable)
      measure(against: following.policy)
    }
    var record = result.metrics(of: examples, setup.objective)
    numTokens += record.numTokens
    record.step = step
    record.numTokens = numTokens
    record.gradNorm = norm
    record.learningRate = rate
    record.epoch = Double(step) / Double(plan.stepsPerEpoch)
    let seconds = Self.seconds(clock.now - start)
    record.seconds = seconds
    record.tokensPerSecond =
      Double(examples.reduce(0) { $0 + $1.tokenCount }) / max(seconds, 1e-9)
    record.utilization = setup.peakOperations.map { result.operations / max(seconds, 1e-9) / $0 }
    try logs.append(record, result.ledger(of: examples, step: step, setup.objective))
    remember(record, seconds: seconds)
    check(record.json())
  }

  private func remember(_ record: MetricsRecord, seconds: Double) {
    recent.append(record)
    let window = max(1, (setup.plan.stepsPerEpoch + 4) / 5)
    if recent.count > window { recent.removeFirst() }
    stepSeconds += seconds
    stepsHere += 1
    let left = stepSeconds / Double(stepsHere) * Double(setup.plan.steps - step)
    emit(.step(record, of: setup.plan.steps, secondsLeft: left))
  }

  /// Before the first update the policy is the reference, bit for bit (or what it differs by is told).
  private func checkFirst(_ result: StepRunner.Result) throws(TuningError) {
    guard setup.reference != nil else { return }
    guard setup.referenceIsInitial else {
      emit(.initialMargin(result.metrics(of: [], setup.objective).rewardsMargins))
      return
    }
    for input in result.inputs {
      guard let ratio = input.branches.lazy.compactMap({ $0?.logRatio }).first(where: { $0 != 0 })
      else { continue }
      throw TuningError(.initialMarginNotZero(id: input.facts.id, margin: ratio))
    }
  }

  /// What a checkpoint of this moment says.
  var state: CheckpointState {
    CheckpointState(
      step: step, evaluatedStep: evaluatedStep, sampledStep: sampledStep, stopReason: stopReason,
      numTokens: numTokens, devices: devices, objective: objectiveState,
      logs: logs.lengths, inputs: setup.inputs, configuration: setup.configuration.json)
  }

  static func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
