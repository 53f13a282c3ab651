import ArgumentParser
import PenchantModel
import PenchantTuning

/// What is trained.
struct TrainableOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Rank of the new adapter. (default: 16)", valueName: "r"))
  var loraRank: Int?

  @Option(
    help: ArgumentHelp(
      "The adapter's update is scaled by alpha / rank. (default: 32)", valueName: "a"))
  var loraAlpha: Double?

  @Option(
    help: ArgumentHelp(
      "Linear layers to adapt: all-linear, or q_proj,v_proj,… (default: all-linear)",
      valueName: "names"))
  var loraTargets: String?

  @Flag(help: "Train the weights themselves in place of an adapter.")
  var full = false

  @Option(help: ArgumentHelp("PEFT folder to go on from.", valueName: "folder"))
  var initAdapter: String?
}

/// How long and how fast.
struct TrainingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Passes over the data. (default: the fewest of 1-3 that give 100 steps)", valueName: "n"))
  var epochs: Int?

  @Option(help: ArgumentHelp("Optimizer steps at most.", valueName: "n"))
  var maxSteps: Int?

  @Option(help: ArgumentHelp("Pairs of one optimizer step. (default: 8)", valueName: "n"))
  var batchSize: Int?

  @Option(
    help: ArgumentHelp(
      "Tokens of one forward and backward pass; decides memory, and results by rounding only. (default: 2048; on a GPU what its memory holds)",
      valueName: "n"))
  var microTokens: Int?

  @Option(
    help: ArgumentHelp(
      "Highest learning rate. (default: by the planned steps; 1e-6 with --full)", valueName: "x"))
  var learningRate: Double?

  @Option(help: "Shape of the rate after the warm-up.")
  var schedule = Schedule.Shape.cosine

  @Option(help: ArgumentHelp("Share of all steps in which the rate rises.", valueName: "x"))
  var warmupRatio = 0.1

  @Option(help: ArgumentHelp("Decoupled weight decay.", valueName: "x"))
  var weightDecay = 0.0

  @Option(help: ArgumentHelp("Clip the gradient to this norm; 0 never does.", valueName: "x"))
  var maxGradNorm = 1.0

  @Option(help: ArgumentHelp("What every random choice is derived from.", valueName: "n"))
  var seed = 0

  @Flag(help: "Take the pairs in the order of the files.")
  var noShuffle = false
}

/// What is measured and saved, and when.
struct MeasuringOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Share of the prompts to measure on. (default: 0.1, none below 100 pairs)", valueName: "x"))
  var holdout: Double?

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Files of pairs to measure on.", valueName: "file")
  )
  var evalData: [String] = []

  @Option(
    help: ArgumentHelp(
      "Steps between measurements; 0 measures at the end. (default: five times a run)",
      valueName: "n"))
  var evalEvery: Int?

  @Option(
    help: ArgumentHelp(
      "Steps between samplings of the model's own answers, whose distance to the reference is measured; 0 samples at beginning and end. (default: 0)",
      valueName: "n"))
  var sampleEvery: Int?

  @Option(
    help: ArgumentHelp(
      "JSONL of the prompts to sample; none samples and shows no answers. (default: 8 of those to measure on)",
      valueName: "file|none"))
  var samplePrompts: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "End the run early when a figure of metrics.jsonl passes a bound: \"kl_k3>5\", \"eval_accuracy<0.4\".",
      valueName: "rule"))
  var stopWhen: [String] = []

  @Flag(help: "Also write the figures as a TensorBoard file.")
  var tensorboard = false

  @Option(
    help: ArgumentHelp(
      "Steps between checkpoints; 0 saves at the end. (default: 200)", valueName: "n"))
  var saveEvery: Int?

  @Flag(help: "Continue the run in --output, bit for bit; its options are taken from there.")
  var resume = false

  @Flag(help: "Replace an existing run.")
  var overwrite = false
}
