package import PenchantData
package import PenchantEngine
package import PenchantModel

/// Everything `tune` can be told, each by its long option name.
///
/// A nil has no fixed default: ``TuneDefaults`` chooses one for the data at hand and says why. The table of
/// names, ranges and defaults is ``TuneConfiguration/options``.
package struct TuneConfiguration: Sendable, Equatable {
  // What.
  /// Folder of the model.
  package var model: String?
  /// Files of pairs.
  package var data: [String] = []
  /// The run directory.
  package var output: String?
  /// The data's format; nil recognises it.
  package var format: String?
  /// How ranked lists become pairs.
  package var ranking = RankingRule.bestWorst
  /// A patch of the audit to apply to the data first.
  package var patch: String?
  /// Leaves out rows that cannot be read, counted, in place of stopping.
  package var skipBad = false
  /// Rows to read at most.
  package var limit: Int?

  // Objective.
  /// A name of ``ObjectiveCatalog``, or a list: `sigmoid:1,sft:0.5`.
  package var objective = "sigmoid"
  /// The strength of the pull towards the reference, above 0.
  package var beta: Double?
  /// Share of labels thought wrong, 0 ≤ e < 0.5; refused by objectives that take labels as certain.
  package var labelSmoothing: Double?
  /// γ, the reward margin asked for, 0 or more.
  package var gamma: Double?
  /// α of `r-dpo`, `ropo` and `alphapo`.
  package var alpha: Double?
  /// λ of `dpop`, 0 or more.
  package var lambda: Double?
  /// τ of `discopop`, above 0 and below 1.
  package var tau: Double?
  /// How much the likelihood of an answer counts beside the preference, 0 or more.
  package var sftWeight: Double?
  /// How much liked rows count, 0 or more.
  package var desirableWeight: Double?
  /// How much rows that were not liked count, 0 or more.
  package var undesirableWeight: Double?
  /// How much a reward model's scores are drawn to a mean of 0, 0 or more.
  package var centerRewards: Double?
  /// LD-DPO: the weight of tokens beyond the shorter answer, 0…1.
  package var ldAlpha: Double?
  /// The divergence that holds the policy to the reference.
  package var fDivergence: Divergence.Kind?
  /// The coefficient of the alpha divergence.
  package var fAlpha: Double?
  /// WPO: weighs pairs by how likely the policy is to say them.
  package var wpo = false
  /// TR-DPO: steps after which the reference is mixed with the policy.
  package var referenceSync: Int?
  /// TR-DPO: the policy's share in that mixture, above 0, at most 1.
  package var referenceMix: Double?
  /// `initial`, `base` or `adapter:FOLDER`.
  package var reference = "initial"
  /// A folder for the reference's log-probabilities, or `off`.
  package var referenceCache = "off"
  /// Whose meaning of batch-level figures: `penchant`, `trl-1`, `trl-0.24`.
  package var semantics = ObjectiveChoice.Semantics.penchant
  /// Pairs of a micro-batch under another trainer's semantics.
  package var microPairs: Int?

  // Text.
  package var promptFormat = EncodingOptions.PromptFormat.auto
  /// `chatml` or a file; nil is the model's own.
  package var chatTemplate: String?
  package var trainOn: EncodingOptions.TrainOn?
  /// Tokens of the longest prompt + answer.
  package var maxLength: Int?
  package var truncation = EncodingOptions.Truncation.drop
  package var onMismatch = EncodingOptions.Mismatch.error

  // What is trained.
  package var loraRank: Int?
  package var loraAlpha: Double?
  /// `all-linear` or a list of modules with commas.
  package var loraTargets: String?
  /// Trains the weights themselves.
  package var full = false
  /// An adapter to go on from.
  package var initAdapter: String?

  // How long, how fast.
  package var epochs: Int?
  /// Optimizer steps at most.
  package var maxSteps: Int?
  /// Pairs of one optimizer step.
  package var batchSize: Int?
  /// Tokens of one forward and backward pass.
  package var microTokens: Int?
  package var learningRate: Double?
  package var schedule = Schedule.Shape.cosine
  package var warmupRatio = 0.1
  package var weightDecay = 0.0
  /// 0 does not clip.
  package var maxGradNorm = 1.0
  package var seed = 0
  package var noShuffle = false

  // Measuring and saving.
  /// Share of the prompts held out, 0 ≤ x < 1.
  package var holdout: Double?
  package var evalData: [String] = []
  /// Steps from one evaluation to the next; 0 is at the end only.
  package var evalEvery: Int?
  /// Steps from one checkpoint to the next; 0 is at the end only.
  package var saveEvery: Int?
  /// Steps from one sampling of the fixed prompts to the next; 0 is at the beginning and the end.
  package var sampleEvery: Int?
  /// File of the fixed prompts, or `none`; nil takes held-out ones.
  package var samplePrompts: String?
  /// Rules that end a run early, as in `kl_k3>5`.
  package var stopWhen: [String] = []
  /// Goes on with the run in `output`.
  package var resume = false
  package var overwrite = false
  package var tensorboard = false

  // Machine.
  package var dtype = DType.bfloat16
  /// How frozen weights are kept.
  package var baseWeights = BaseWeights.bf16
  package var device = DeviceChoice.auto
  /// nil is all the process may use.
  package var threads: Int?

  package init() {}
}

extension TuneConfiguration {
  /// Options that may differ when a run is continued.
  ///
  /// None of them changes a bit of the result but the device: people go on with whatever machine they get, and are told
  /// (``DeviceHistory``).
  package static let freeOnResume: Set<String> = [
    "device", "threads", "save-every", "resume", "overwrite", "output", "reference-cache",
  ]

  /// How the run begins.
  package var beginning: RunDirectory.Beginning {
    resume ? .resume : overwrite ? .overwrite : .new
  }
}
