import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel
import PenchantTuning

/// A run from its options to its last line: read, say what will happen, train, measure, conclude.
struct TuneSession {
  /// What was asked for, the objective included.
  let asked: TuneConfiguration
  let options: RunOptions

  /// What a run ended with.
  struct Outcome {
    let summary: TrainingSummary
    let samples: [AnswerSample]
    let next: String
    let directory: RunDirectory
    /// nil without a step.
    var conclusion: Conclusion?
  }

  /// - Throws: what the rooms below throw; nothing has been written where it comes before the training.
  func run() throws {
    let reporter = TuneReporter(terminal: options.json ? .error : .output)
    // What is in the way is said before anything is read.
    let directory = RunDirectory(asked.output ?? "")
    try directory.check(asked.beginning)
    let inputs = try CommandInputs(asked, options)
    if asked.beginning != .resume { try inputs.protect(from: directory.replaced) }
    let shared = try TunePreparation(asked, options, reporter: reporter)
    guard let outcome = try Self.train(asked, shared) else {
      let verb = asked.objective == "reward" ? "reward" : asked.isSupervised ? "sft" : "tune"
      reporter.terminal.line(
        "  penchant \(verb) --output \(ShellWord.quoted(options.output)) --resume")
      throw CommandError(.interrupted)
    }
    if options.json { Terminal.output.line(Self.json(outcome).text(.pretty)) }
  }

  /// One run on what is prepared, with its report.
  /// - Returns: nil if it was interrupted.
  static func train(_ asked: TuneConfiguration, _ shared: TunePreparation) throws -> Outcome? {
    let (reporter, encoded, model) = (shared.reporter, shared.encoded, shared.model)
    let directory = RunDirectory(asked.output ?? "")
    var (resolved, choices) = TuneDefaults.resolve(
      asked,
      .init(
        trainingPairs: encoded.training.count, heldOutPairs: encoded.heldOut.count,
        context: model.architecture.maxPositions, device: model.device.choice))
    let assembly = try TuneAssembly(resolved, model: model)
    var setup = try assembly.setup(
      resolved, encoded, directory: directory,
      inputs: try assembly.inputs(resolved, encoded, weights: shared.weights))
    if let budget = try assembly.chooseBudget(&setup) { choices.append(budget) }
    resolved = setup.configuration
    reporter.choices(
      choices, objective: assembly.objective, reference: resolved.referenceDescription)
    if resolved.initAdapter == nil, let adapter = assembly.trainable.policy.adapter?.configuration {
      reporter.narrow(adapter.narrowLayers(model.architecture), rank: adapter.rank)
    }
    setup.referenceCache = try shared.referenceCache(assembly, resolved)
    if !shared.probes.isEmpty {
      setup.probe = SampleProbe(
        model, prompts: shared.probes.map(\.prompt),
        reference: assembly.reference ?? assembly.initial, every: resolved.sampleEvery ?? 0,
        seed: UInt64(resolved.seed))
    }
    let forecast = try assembly.forecast(setup)
    reporter.forecast(forecast, setup, operationsPerSecond: shared.operationsPerSecond)
    try forecast.check(available: forecast.available(on: model.device))

    let trainer = try Trainer(setup, isCancelled: { Interruption.isRequested }) {
      reporter.handle($0)
    }
    // The folder stays this run's alone until its page is written.
    defer { withExtendedLifetime(trainer) {} }
    let summary = try trainer.run()
    reporter.progress.clear()
    guard !summary.wasInterrupted else {
      reporter.terminal.line("stopped after step \(summary.steps); to go on:")
      return nil
    }
    let isScalar = setup.objective.requirements.head == .scalar
    let shown = resolved.samplesAnswers ? AnswerSample.choose(try shared.data.shown()) : []
    let samples = try samples(shown, assembly, shared.encoder.conversation)
    reporter.samples(samples, of: shared.data.shownName)
    var outcome = Outcome(
      summary: summary, samples: samples,
      next: isScalar
        ? scoreCommand(summary, model: model.folder, asked)
        : nextCommand(summary, model: model.folder),
      directory: directory)
    try RunFacts(outcome, choices, trainer.setup, shared).write(to: directory)
    let report = try RunReport(directory)
    try report.write()
    outcome.conclusion = report.conclusion
    reporter.summary(
      summary, outcome.conclusion, overlap: shared.data.overlap, report: directory.report,
      next: outcome.next)
    return outcome
  }

  private static func samples(
    _ pairs: [Pair], _ assembly: TuneAssembly, _ encoder: ConversationEncoder
  ) throws -> [AnswerSample] {
    let model = assembly.model
    // Prompts that fill the context have no room for an answer.
    let pairs = try pairs.filter {
      try encoder.prompt(of: $0).count < model.architecture.maxPositions
    }
    let before = try AnswerSample.answers(
      pairs, model: model, policy: assembly.initial, encoder: encoder)
    let after = try AnswerSample.answers(
      pairs, model: model, policy: assembly.trainable.policy, encoder: encoder)
    return zip(pairs, zip(before, after)).map { pair, answers in
      AnswerSample(prompt: pair.lastQuestion, before: answers.0, after: answers.1)
    }
  }

  private static func scoreCommand(
    _ summary: TrainingSummary, model: String, _ asked: TuneConfiguration
  ) -> String {
    "penchant score --model \(ShellWord.quoted(model)) --adapter "
      + "\(ShellWord.quoted(summary.result ?? "")) --data \(ShellWord.quoted(asked.data.first ?? "")) "
      + "--output scores.jsonl"
  }

  private static func nextCommand(_ summary: TrainingSummary, model: String) -> String {
    let result = summary.result ?? ""
    let isModel = FileSystem.name(of: result) == "model"
    return isModel
      ? "penchant chat --model \(ShellWord.quoted(result))"
      : "penchant chat --model \(ShellWord.quoted(model)) --adapter \(ShellWord.quoted(result)) --compare"
  }

  private static func json(_ outcome: Outcome) -> JSON {
    let summary = outcome.summary
    var object = JSONObject()
    object["result"] = summary.result.map(JSON.string)
    object["steps"] = .number(JSONNumber(summary.steps))
    object["computed_on"] = summary.devices.json
    object["seconds"] = .number(JSONNumber(summary.seconds))
    object["training"] = (summary.training?.json()).map(JSON.object)
    object["evaluation"] = (summary.evaluation?.json()).map(JSON.object)
    object["verdict"] = (outcome.conclusion?.wording).map(JSON.string)
    object["advice"] = (outcome.conclusion?.verdict?.advice).map(JSON.string)
    object["stop_reason"] = summary.stopReason.map(JSON.string)
    object["report"] = .string(outcome.directory.report)
    object["samples"] = .array(
      outcome.samples.map { sample in
        .object(
          JSONObject([
            "prompt": .string(sample.prompt), "before": .string(sample.before.text),
            "before_finished": .bool(sample.before.isFinished),
            "after": .string(sample.after.text),
            "after_finished": .bool(sample.after.isFinished),
          ]))
      })
    object["next"] = .string(outcome.next)
    return .object(object)
  }
}

extension ObjectiveRequirements {
  /// Which of a row's answers become branches.
  var answers: ExampleEncoder.Answers {
    if isUnpaired { return .judged }
    if branch(.gold) != nil { return .bothAndGold }
    return branches.count > 1 ? .both : .chosen
  }

  /// Whether the likelihood of the prompt counts too.
  var scoresPrompt: Bool { branches.contains { $0.scored == .promptAndAnswer } }
}
