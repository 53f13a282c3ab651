import ArgumentParser
import PenchantModel
import PenchantTuning

/// What every verb that trains asks: model, data, what is trained, how long, what is measured and saved.
struct RunOptions: ParsableArguments {
  @OptionGroup(title: "Model") var modelOptions: ModelOptions
  @OptionGroup(title: "Data") var dataOptions: DataOptions

  @Option(
    help: ArgumentHelp(
      "Edits of penchant audit to apply to --data first: rows left out, exchanged, softened.",
      valueName: "file"))
  var patch: String?

  @OptionGroup(title: "Encoding") var encoding: EncodingChoices

  @Option(
    help: ArgumentHelp(
      "Tokens of the longest prompt + answer. (default: the context, at most 2048)", valueName: "n")
  )
  var maxLength: Int?

  @Option(
    help: "What to do with longer pairs. (default: drop; above 5 % of the rows the run stops)")
  var truncation: EncodingOptions.Truncation?

  @OptionGroup(title: "What is trained") var trainableOptions: TrainableOptions
  @OptionGroup(title: "Training") var trainingOptions: TrainingOptions
  @OptionGroup(title: "Measuring and saving") var measuring: MeasuringOptions

  @Option(help: ArgumentHelp("Folder of the run.", valueName: "folder"))
  var output: String

  @Flag(help: "Print the outcome as JSON; the rest goes to the error output.")
  var json = false

  @OptionGroup var configurationOption: ConfigurationOption
}

extension RunOptions {
  /// The options as the rooms below see them, all but the objective's.
  var configuration: TuneConfiguration {
    var configuration = TuneConfiguration()
    configuration.model = modelOptions.model
    configuration.chatTemplate = modelOptions.engine.chatTemplate
    configuration.dtype = modelOptions.engine.dtype.dtype
    configuration.baseWeights = modelOptions.engine.baseWeights
    configuration.device = modelOptions.engine.device
    configuration.threads = modelOptions.engine.threads
    configuration.data = dataOptions.data
    configuration.format = dataOptions.reading.format
    configuration.patch = patch
    configuration.ranking = dataOptions.reading.ranking
    configuration.skipBad = dataOptions.reading.skipBad
    configuration.limit = dataOptions.reading.limit
    configuration.output = output
    configuration.promptFormat = encoding.promptFormat
    configuration.trainOn = encoding.trainOn
    configuration.onMismatch = encoding.onMismatch
    configuration.maxLength = maxLength
    configuration.truncation = truncation ?? .drop
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
    configuration.sampleEvery = measuring.sampleEvery
    configuration.samplePrompts = measuring.samplePrompts
    configuration.stopWhen = measuring.stopWhen
    configuration.tensorboard = measuring.tensorboard
    configuration.saveEvery = measuring.saveEvery
    configuration.resume = measuring.resume
    configuration.overwrite = measuring.overwrite
    return configuration
  }
}
