import PenchantCore
import PenchantEngine
import PenchantFormats
import PenchantModel
import PenchantTuning

/// What a run changes, what it is compared with, and what it needs: put together from a resolved configuration.
struct TuneAssembly {
  let model: LanguageModel
  /// The policy as it stands before the first step.
  let initial: Policy
  let trainable: Trainable
  let reference: Policy?
  let referenceIsInitial: Bool
  let objective: any Objective

  init(_ configuration: TuneConfiguration, model: LanguageModel) throws {
    self.model = model
    objective = try ObjectiveCatalog.objective(configuration.objectiveChoice)
    (trainable, initial) = try Self.trainable(configuration, model)
    switch (objective.requirements.reference, configuration.reference) {
    case (.none, _): (reference, referenceIsInitial) = (nil, false)
    case (_, "initial"): (reference, referenceIsInitial) = (initial, true)
    case (_, "base"): (reference, referenceIsInitial) = (model.basePolicy, initial.adapter == nil)
    case (_, let other):
      reference = try model.policy(adapter: String(other.dropFirst("adapter:".count)))
      referenceIsInitial = false
    }
  }

  private static func trainable(
    _ configuration: TuneConfiguration, _ model: LanguageModel
  ) throws -> (Trainable, initial: Policy) {
    let (architecture, dtype, device) = (model.architecture, model.dtype, model.device)
    if configuration.full {
      guard !model.configuration.isLanguagePart else {
        throw CommandError(
          .conflict(
            "--full", "a model that sees images",
            reason: "what is saved would lack the part that sees them; tune an adapter"))
      }
      try checkState(of: architecture.parameterCount, dtype, on: device)
      let full = try FullParameters(copying: model.base, architecture, dtype: dtype, on: device)
      return (.full(full), model.basePolicy)
    }
    if let folder = configuration.initAdapter {
      let adapter = try Adapter.load(
        folder: folder, architecture, dtype: dtype, trainable: true, on: device)
      let copy = try adapter.frozenCopy(architecture: architecture, dtype: dtype, on: device)
      return (.adapter(adapter, on: model.base), Policy(weights: model.base, adapter: copy))
    }
    let shape = try loRA(configuration, architecture)
    try checkState(of: shape.parameterCount(architecture), dtype, on: device)
    let adapter = try Adapter(
      shape, architecture: architecture, dtype: dtype, trainable: true, on: device)
    adapter.initialize(seed: UInt64(configuration.seed), on: device)
    return (.adapter(adapter, on: model.base), model.basePolicy)
  }

  /// Refuses to train so many numbers that they, their gradient and moments alone exceed the memory, before they are
  /// allocated; the whole forecast is checked later.
  private static func checkState(
    of parameters: Int, _ dtype: DType, on device: any Device
  ) throws(TuningError) {
    let state = ParameterSet.byteCount(of: parameters, dtype: dtype, trainable: true)
    guard let available = device.availableBytes ?? SystemMemory.byteCount, state > available
    else { return }
    throw TuningError(
      .notEnoughMemory(
        needed: state, available: available,
        parts: [ForecastPart(name: ForecastPart.trainingState, bytes: state)]))
  }

  /// The shape of a new adapter.
  static func loRA(
    _ configuration: TuneConfiguration, _ architecture: DecoderArchitecture
  ) throws -> LoRAConfiguration {
    let defaults = LoRAConfiguration()
    var targets = defaults.targets
    if let names = configuration.loraTargets, names != "all-linear" {
      targets = []
      for name in names.split(separator: ",") {
        targets.formUnion(try architecture.linears(named: String(name)))
      }
    }
    return LoRAConfiguration(
      rank: configuration.loraRank ?? defaults.rank,
      alpha: configuration.loraAlpha ?? defaults.alpha, targets: targets,
      hasScoreHead: configuration.objective == "reward")
  }

  /// What the run is made from, to notice on resume that it changed.
  ///
  /// Reads all weights once, unless their digests are known.
  func inputs(
    _ configuration: TuneConfiguration, _ data: TuneData.Encoded, weights: [String]? = nil
  ) throws -> CheckpointState.Inputs {
    let weights = try weights ?? model.weightFiles.map { try Digest.sha256(piecesOf: $0).hex }
    return .init(
      data: data.digest,
      model: InputDigest.combined(
        weights + (try configuration.initAdapter.map { [try Self.adapterDigest($0)] } ?? [])))
  }

  private static func adapterDigest(_ folder: String) throws -> String {
    try Digest.sha256(file: FileSystem.join(folder, AdapterConfiguration.weightsFileName)).hex
  }

  /// Under which digest the reference's log-probabilities are kept; nil where nothing is compared with a reference.
  /// - Parameter weights: digests of the weight files.
  func referenceIdentity(_ configuration: TuneConfiguration, weights: [String]) throws -> Digest? {
    guard let reference else { return nil }
    let adapter: String? =
      switch configuration.reference {
      case "initial": configuration.initAdapter
      case "base": nil
      case let other: String(other.dropFirst("adapter:".count))
      }
    return try ReferenceIdentity.digest(
      reference, files: weights + (try adapter.map { [try Self.adapterDigest($0)] } ?? []),
      decoder: model.decoder)
  }

  /// A run over encoded pairs.
  func setup(
    _ configuration: TuneConfiguration, _ data: TuneData.Encoded, directory: RunDirectory,
    inputs: CheckpointState.Inputs
  ) throws -> TrainingSetup {
    let plan = try TrainingPlan(configuration, pairs: data.training.count)
    var setup = TrainingSetup(
      decoder: model.decoder, trainable: trainable, reference: reference,
      referenceIsInitial: referenceIsInitial,
      referencePace: configuration.referenceSync.map {
        .init(steps: $0, share: configuration.referenceMix ?? TuneDefaults.referenceMix)
      }, objective: objective, training: data.training,
      heldOut: data.heldOut, plan: plan, configuration: configuration,
      inputs: inputs,
      directory: directory,
      beginning: configuration.beginning,
      baseModel: model.folder, modelFolder: model.folder,
      dropped: data.patchedOut + data.unreadable.map(DroppedRows.json)
        + data.dropped.map(DroppedRows.json))
    setup.stopRules = try StopRule.rules(configuration.stopWhen)
    return setup
  }

  /// Gives a run the most tokens a pass can have, where its device has memory of its own and nobody named a number.
  /// - Returns: the choice, for people.
  func chooseBudget(_ setup: inout TrainingSetup) throws -> TuneDefaults.Choice? {
    guard model.device.availableBytes != nil,
      let available = try forecast(setup).available(on: model.device)
    else { return nil }
    var configuration = setup.configuration
    let choice = try TuneDefaults.microTokens(&configuration, available: available) { tokens in
      var tried = setup
      tried.take(microTokens: tokens)
      return try forecast(tried).bytes
    }
    if let tokens = configuration.microTokens { setup.take(microTokens: tokens) }
    return choice
  }

  /// What the run will need.
  func forecast(_ setup: TrainingSetup) throws -> Forecast {
    let trained: Forecast.Trained =
      switch trainable {
      case .adapter(let adapter, _): .adapter(parameters: adapter.parameters.count)
      case .full: .full
      }
    // With a cache the reference's figures are on the disk.
    let isCached = setup.referenceCache != nil
    let keeps = setup.plan.steps > setup.plan.stepsPerEpoch && !isCached
    let scored =
      (isCached ? 0 : setup.heldOut.scoredCount) + (keeps ? setup.training.scoredCount : 0)
    return Forecast(
      model.architecture, dtype: model.dtype, trained: trained, workspace: setup.workspaceShape,
      weightBytes: try model.weightBytes, referenceBytes: referenceBytes(setup), tokensKept: scored,
      device: model.device)
  }

  /// What the reference holds beside the mapped weights.
  private func referenceBytes(_ setup: TrainingSetup) -> Int {
    func bytes(_ count: Int) -> Int {
      ParameterSet.byteCount(of: count, dtype: model.dtype, trainable: false)
    }
    let initial = reference?.adapter.map { bytes($0.parameters.count) } ?? 0
    guard let pace = setup.referencePace else { return initial }
    switch trainable {
    case .full: return bytes(model.architecture.parameterCount)
    case .adapter(let adapter, _):
      // The snapshots, and all of them side by side.
      return initial + 2 * pace.snapshots(steps: setup.plan.steps) * bytes(adapter.parameters.count)
    }
  }
}

extension TrainingSetup {
  /// Tokens that the whole run computes, a prompt counted once a pair.
  var computedTokens: Int {
    Int(Double(training.tokenCount) * Double(plan.steps) / Double(plan.stepsPerEpoch))
  }
}
