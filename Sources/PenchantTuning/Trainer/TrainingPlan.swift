package import PenchantEngine

/// The numbers of a run, resolved: how many steps over which pairs at what rate.
package struct TrainingPlan: Sendable, Equatable {
  /// Pairs to train on.
  package var pairs: Int
  /// Pairs of one optimizer step; the last of an epoch may have fewer.
  package var batchSize: Int
  package var schedule: Schedule
  package var optimizer: AdamW
  /// Tokens of one forward and backward pass.
  package var microTokens: Int
  package var seed: UInt64
  /// Whether each epoch has an order of its own.
  package var shuffles: Bool
  /// Steps between measurements on held-out pairs; 0 measures at the end only.
  package var evalEvery: Int
  /// Steps between checkpoints; 0 saves at the end only.
  package var saveEvery: Int

  package init(
    pairs: Int, batchSize: Int, schedule: Schedule, optimizer: AdamW = AdamW(),
    microTokens: Int = 2048, seed: UInt64 = 0, shuffles: Bool = true, evalEvery: Int = 0,
    saveEvery: Int = 0
  ) {
    precondition(
      pairs > 0 && batchSize > 0 && microTokens > 0,
      "TrainingPlan: \(pairs) pairs, \(batchSize) a step, \(microTokens) tokens")
    self.pairs = pairs
    self.batchSize = batchSize
    self.schedule = schedule
    self.optimizer = optimizer
    self.microTokens = microTokens
    self.seed = seed
    self.shuffles = shuffles
    self.evalEvery = evalEvery
    self.saveEvery = saveEvery
  }

  /// The plan of a configuration that ``TuneDefaults`` has resolved.
  /// - Throws: ``TuningError`` if there is nothing to train on.
  package init(_ configuration: TuneConfiguration, pairs: Int) throws(TuningError) {
    guard pairs > 0 else { throw TuningError(.noPairs) }
    let batchSize = configuration.batchSize ?? TuneDefaults.batchSize
    let perEpoch = TuneDefaults.stepsPerEpoch(pairs: pairs, batchSize: batchSize)
    let steps = min((configuration.epochs ?? 1) * perEpoch, configuration.maxSteps ?? .max)
    self.init(
      pairs: pairs, batchSize: batchSize,
      schedule: Schedule(
        shape: configuration.schedule,
        rate: configuration.learningRate ?? TuneDefaults.adapterRate(steps: steps), steps: steps,
        warmupRatio: configuration.warmupRatio),
      optimizer: AdamW(
        weightDecay: configuration.weightDecay, maxGradientNorm: configuration.maxGradNorm),
      microTokens: configuration.microTokens ?? TuneDefaults.microTokens,
      seed: UInt64(configuration.seed), shuffles: !configuration.noShuffle,
      evalEvery: configuration.evalEvery ?? 0, saveEvery: configuration.saveEvery ?? 0)
  }

  /// Optimizer steps of the whole run.
  package var steps: Int { schedule.steps }

  package var stepsPerEpoch: Int {
    TuneDefaults.stepsPerEpoch(pairs: pairs, batchSize: batchSize)
  }

  /// Whether held-out pairs are measured after this many steps.
  package func evaluates(after step: Int) -> Bool {
    step == steps || (evalEvery > 0 && step > 0 && step % evalEvery == 0)
  }

  /// Whether a checkpoint is due after this many steps.
  package func saves(after step: Int) -> Bool {
    step == steps || (saveEvery > 0 && step > 0 && step % saveEvery == 0)
  }
}
