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

  /// - Throws: what the rooms below throw; nothing has been written where it comes before the training.
  func run() throws {
    let reporter = TuneReporter(terminal: options.json ? .error : .output)
    let (modelOptions, dataOptions, measuring) = (
      options.modelOptions, options.dataOptions, options.measuring
    )
    let objective = try ObjectiveCatalog.objective(asked.objectiveChoice)
    let needs = objective.requirements
    let compares = needs.comparesAnswers
    let directory = RunDirectory(options.output)
    try checkOutput(directory)

    // Data before the model: mistakes there are the more common ones and show at once.
    var notes: [String] = []
    let judged = needs.isUnpaired
    let pairs = try SurveyedPairs(dataOptions.data, dataOptions.reading, judged: judged) {
      notes.append($0)
    }
    let evaluation =
      measuring.evalData.isEmpty
      ? nil
      : try dataOptions.reading.index(measuring.evalData, judged: judged) { notes.append($0) }
    let model = try modelOptions.load()
    let context = model.architecture.maxPositions
    let (reading, _) = TuneDefaults.resolveReading(
      asked, pairs: pairs.index.count, context: context)
    let encoder = try ExampleEncoder(
      model, options: Self.encodingOptions(reading), answers: needs.answers,
      scoresPrompt: needs.scoresPrompt)
    if encoder.conversation.wrapsStrings, pairs.hasPlainPairs {
      reporter.terminal.line(
        "plain strings are wrapped as one user turn and its answer (--prompt-format raw takes them as they are)"
      )
    }
    reporter.model(model)
    let data = try TuneData(
      reading, pairs: pairs, evaluation: evaluation, holdoutWasChosen: measuring.holdout != nil)
    reporter.data(notes, data, compares: compares)
    let isScalar = needs.head == .scalar
    let encoded = try data.encode(
      encoder, truncationWasChosen: options.truncation != nil, readsEnds: isScalar,
      check: { try objective.check($0.facts) }
    ) {
      reporter.progress.update(stage: "encoding", completed: $0, total: $1, unit: "pairs")
    }
    reporter.progress.clear()
    reporter.encoding(encoded)
    if needs.isUnpaired { reporter.judged(encoded.training, asked) }

    let (resolved, choices) = TuneDefaults.resolve(
      asked,
      .init(
        trainingPairs: encoded.training.count, heldOutPairs: encoded.heldOut.count,
        context: context))
    let assembly = try TuneAssembly(resolved, model: model)
    reporter.choices(
      choices, objective: assembly.objective, reference: resolved.referenceDescription)
    let setup = try assembly.setup(
      resolved, encoded, directory: directory, inputs: try assembly.inputs(resolved, encoded))
    let forecast = try assembly.forecast(setup)
    reporter.forecast(
      forecast, setup,
      operationsPerSecond: try MatrixSpeed.operationsPerSecond(model.device, dtype: model.dtype))
    try forecast.check()

    let trainer = try Trainer(setup, isCancelled: { Interruption.isRequested }) {
      reporter.handle($0)
    }
    let summary = try trainer.run()
    reporter.progress.clear()
    guard !summary.wasInterrupted else {
      reporter.terminal.line("stopped after step \(summary.steps); to go on:")
      reporter.terminal.line(
        "  penchant \(asked.isSupervised ? "sft" : "tune") --output \(ShellWord.quoted(options.output)) --resume"
      )
      throw CommandError(.interrupted)
    }
    let shown = AnswerSample.choose(try data.shown())
    // A reward model answers nothing.
    let samples = isScalar ? [] : try Self.samples(shown, assembly, encoder.conversation)
    reporter.samples(samples, areHeldOut: data.hasHeldOut)
    let next =
      isScalar
      ? "penchant score --model \(ShellWord.quoted(model.folder)) --adapter "
        + "\(ShellWord.quoted(summary.result ?? "")) --data \(ShellWord.quoted(dataOptions.data.first ?? "")) "
        + "--output scores.jsonl"
      : Self.nextCommand(summary, model: model.folder)
    reporter.summary(summary, next: next)
    if options.json { Terminal.output.line(Self.json(summary, samples, next: next).text(.pretty)) }
  }

  /// Refuses an output that is in the way before anything is read.
  private func checkOutput(_ directory: RunDirectory) throws {
    let output = options.output
    guard !asked.resume, !asked.overwrite, FileSystem.exists(output) else { return }
    let isEmpty = FileSystem.isDirectory(output) ? try FileSystem.list(output).isEmpty : false
    guard isEmpty else {
      throw TuningError(
        .outputExists(path: output, canResume: try !directory.checkpointSteps().isEmpty))
    }
  }

  private static func encodingOptions(_ configuration: TuneConfiguration) -> EncodingOptions {
    EncodingOptions(
      promptFormat: configuration.promptFormat, trainOn: configuration.trainOn,
      maxLength: configuration.maxLength, truncation: configuration.truncation,
      onMismatch: configuration.onMismatch)
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

  private static func nextCommand(_ summary: TrainingSummary, model: String) -> String {
    let result = summary.result ?? ""
    let isModel = FileSystem.name(of: result) == "model"
    return isModel
      ? "penchant chat --model \(ShellWord.quoted(result))"
      : "penchant chat --model \(ShellWord.quoted(model)) --adapter \(ShellWord.quoted(result)) --compare"
  }

  private static func json(
    _ summary: TrainingSummary, _ samples: [AnswerSample], next: String
  ) -> JSON {
    var object = JSONObject()
    object["result"] = summary.result.map(JSON.string)
    object["steps"] = .number(JSONNumber(summary.steps))
    object["seconds"] = .number(JSONNumber(summary.seconds))
    object["training"] = (summary.training?.json()).map(JSON.object)
    object["evaluation"] = (summary.evaluation?.json()).map(JSON.object)
    object["verdict"] = (summary.verdict?.wording).map(JSON.string)
    object["advice"] = (summary.verdict?.advice).map(JSON.string)
    object["samples"] = .array(
      samples.map { sample in
        .object(
          JSONObject([
            "prompt": .string(sample.prompt), "before": .string(sample.before),
            "after": .string(sample.after),
          ]))
      })
    object["next"] = .string(next)
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

extension Pair {
  /// Whether prompt and answers are plain text.
  var isPlain: Bool {
    if case .text = prompt, case .text = chosen { true } else { false }
  }

  /// What was asked last.
  var lastQuestion: String {
    switch prompt {
    case .text(let text): text
    case .messages(let messages): messages.last { $0.role == "user" }?.text ?? prompt.text
    }
  }
}
