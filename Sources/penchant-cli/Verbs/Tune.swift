import ArgumentParser
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel
import PenchantTuning

/// `penchant tune`: preference tuning.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a model on pairs of answers with the preferred one marked.",
    discussion: """
      Reads the pairs, says what they are made of and what the run will need, trains an adapter (or with --full \
      the weights), measures on held-out prompts, and ends with a verdict and the next command to type. The run \
      folder holds config.yaml, metrics.jsonl, pairs.jsonl, dropped.jsonl, adapter/ and checkpoints/.

      Ctrl-C stops after a checkpoint; --resume goes on from there, bit for bit.

      Example:
        penchant tune --model Examples/tiny-model \\
          --data Examples/pairs.jsonl --output runs/first
      """)

  @OptionGroup(title: "Model") var modelOptions: ModelOptions
  @OptionGroup(title: "Data") var dataOptions: DataOptions

  @OptionGroup(title: "Encoding") var encoding: EncodingChoices

  @Option(
    help: ArgumentHelp(
      "Tokens of the longest prompt + answer. (default: the context, at most 2048)", valueName: "n")
  )
  var maxLength: Int?

  @Option(
    help: "What to do with longer pairs. (default: drop; above 5 % of the rows the run stops)")
  var truncation: EncodingOptions.Truncation?

  @OptionGroup(title: "Objective") var objectiveOptions: ObjectiveOptions
  @OptionGroup(title: "What is trained") var trainableOptions: TrainableOptions
  @OptionGroup(title: "Training") var trainingOptions: TrainingOptions
  @OptionGroup(title: "Measuring and saving") var measuring: MeasuringOptions

  @Option(help: ArgumentHelp("Folder of the run.", valueName: "folder"))
  var output: String

  @Flag(help: "Print the outcome as JSON; the rest goes to the error output.")
  var json = false

  @OptionGroup var configurationOption: ConfigurationOption

  func validate() throws { try tuneConfiguration.check() }

  func run() throws {
    let reporter = TuneReporter(terminal: json ? .error : .output)
    let asked = tuneConfiguration
    let directory = RunDirectory(output)
    try checkOutput(directory)

    // Data before the model: mistakes there are the more common ones and show at once.
    var notes: [String] = []
    let pairs = try dataOptions.read { notes.append($0) }
    let evaluation = try dataOptions.reading.read(measuring.evalData) { notes.append($0) }
    let model = try modelOptions.load()
    let context = model.architecture.maxPositions
    let (reading, _) = TuneDefaults.resolveReading(asked, pairs: pairs.count, context: context)
    let encoder = try ExampleEncoder(model, options: Self.encodingOptions(reading))
    if encoder.conversation.wrapsStrings, pairs.contains(where: \.isPlain) {
      reporter.terminal.line(
        "plain strings are wrapped as one user turn and its answer (--prompt-format raw takes them as they are)"
      )
    }
    reporter.model(model)
    let data = try TuneData(
      reading, pairs: pairs, evaluation: evaluation, holdoutWasChosen: measuring.holdout != nil)
    reporter.data(notes, data)
    let encoded = try data.encode(encoder, truncationWasChosen: truncation != nil) {
      reporter.progress.update(stage: "encoding", completed: $0, total: $1, unit: "pairs")
    }
    reporter.progress.clear()
    reporter.encoding(encoded)

    let (resolved, choices) = TuneDefaults.resolve(
      asked,
      .init(
        trainingPairs: encoded.training.count, heldOutPairs: encoded.heldOut.count,
        context: context))
    let assembly = try TuneAssembly(resolved, model: model)
    reporter.choices(choices, objective: assembly.objective, reference: resolved.reference)
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
      reporter.terminal.line("  penchant tune --output \(ShellWord.quoted(output)) --resume")
      throw CommandError(.interrupted)
    }
    let shown = AnswerSample.choose(data.heldOut.isEmpty ? data.training : data.heldOut)
    let samples = try Self.samples(shown, assembly, encoder.conversation)
    reporter.samples(samples, areHeldOut: !data.heldOut.isEmpty)
    let next = Self.nextCommand(summary, model: model.folder)
    reporter.summary(summary, next: next)
    if json { Terminal.output.line(Self.json(summary, samples, next: next).text(.pretty)) }
  }

  /// Refuses an output that is in the way before anything is read.
  private func checkOutput(_ directory: RunDirectory) throws {
    guard !measuring.resume, !measuring.overwrite, FileSystem.exists(output) else { return }
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

extension Tune {
  /// The options as the rooms below see them.
  var tuneConfiguration: TuneConfiguration {
    var configuration = TuneConfiguration()
    configuration.model = modelOptions.model
    configuration.chatTemplate = modelOptions.engine.chatTemplate
    configuration.dtype = modelOptions.engine.dtype.dtype
    configuration.threads = modelOptions.engine.threads
    configuration.data = dataOptions.data
    configuration.format = dataOptions.reading.format
    configuration.skipBad = dataOptions.reading.skipBad
    configuration.limit = dataOptions.reading.limit
    configuration.output = output
    configuration.promptFormat = encoding.promptFormat
    configuration.trainOn = encoding.trainOn
    configuration.onMismatch = encoding.onMismatch
    configuration.maxLength = maxLength
    configuration.truncation = truncation ?? .drop
    configuration.objective = objectiveOptions.objective
    configuration.beta = objectiveOptions.beta
    configuration.labelSmoothing = objectiveOptions.labelSmoothing
    configuration.reference = objectiveOptions.reference
    configuration.loraRank = trainableOptions.loraRank
    configuration.loraAlpha = trainableOptions.loraAlpha
    configuration.loraTargets = trainableOptions.loraTargets
    configuration.full = trainableOptions.full
    configuration.initAdapter = trainableOptions.initAdapter
    configuration.epochs = trainingOptions.epochs
    configuration.maxSteps = trainingOptions.maxSteps
    configuration.batchSize = trainingOptions.batchSize
    configuration.microTokens = trainingOptions.microTokens
    configuration.learningRate = trainingOptions.learningRate
    configuration.schedule = trainingOptions.schedule
    configuration.warmupRatio = trainingOptions.warmupRatio
    configuration.weightDecay = trainingOptions.weightDecay
    configuration.maxGradNorm = trainingOptions.maxGradNorm
    configuration.seed = trainingOptions.seed
    configuration.noShuffle = trainingOptions.noShuffle
    configuration.holdout = measuring.holdout
    configuration.evalData = measuring.evalData
    configuration.evalEvery = measuring.evalEvery
    configuration.saveEvery = measuring.saveEvery
    configuration.resume = measuring.resume
    configuration.overwrite = measuring.overwrite
    return configuration
  }
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
