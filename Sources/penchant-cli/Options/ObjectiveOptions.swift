import ArgumentParser
import PenchantTuning

extension Divergence.Kind: ExpressibleByArgument {}
extension ObjectiveChoice.Semantics: ExpressibleByArgument {}

/// What is minimised.
struct ObjectiveOptions: ParsableArguments {
  /// What tune minimises unless told otherwise.
  static let standard = "sigmoid"

  @Option(
    help: ArgumentHelp(
      "What to minimise, or a weighted list (sigmoid:1,sft:0.5); 'penchant objectives' explains.",
      valueName: "name"))
  var objective = Self.standard

  @Option(
    help: ArgumentHelp(
      "Strength of the pull towards the reference. (default: the objective's, 0.1 as a rule)",
      valueName: "b"))
  var beta: Double?

  @Option(
    help: ArgumentHelp(
      "Share of labels thought wrong; refused by objectives that take labels as certain.",
      valueName: "e"))
  var labelSmoothing: Double?

  @OptionGroup var numbers: ObjectiveNumbers
  @OptionGroup var modifiers: ModifierOptions

  @Option(
    help: ArgumentHelp(
      "initial is the policy as it stands before the first step.",
      valueName: "initial|base|adapter:folder"))
  var reference = "initial"

  @Option(
    help: ArgumentHelp(
      "Where the reference's log-probabilities are kept for later runs. (default: penchant/reference in the user's cache folder, where the objective has a fixed reference)",
      valueName: "folder|off"))
  var referenceCache: String?

  @Option(
    help: ArgumentHelp(
      "TR-DPO: mix the policy into the reference every n steps.", valueName: "n"))
  var referenceSync: Int?

  @Option(
    help: ArgumentHelp("The policy's share in that mixture. (default: 0.6)", valueName: "a"))
  var referenceMix: Double?

  @Option(
    help: ArgumentHelp(
      "Whose meaning holds where trainers differ; TRL's need --micro-pairs.",
      valueName: "penchant|trl-1|trl-0.24"))
  var semantics = ObjectiveChoice.Semantics.penchant

  @Option(
    help: ArgumentHelp(
      "Pairs of TRL's per-device batch: what its losses are means over.", valueName: "n"))
  var microPairs: Int?

  /// Puts what was asked for into a configuration.
  func apply(to configuration: inout TuneConfiguration) {
    configuration.objective = objective
    configuration.beta = beta
    configuration.labelSmoothing = labelSmoothing
    configuration.gamma = numbers.gamma
    configuration.alpha = numbers.alpha
    configuration.lambda = numbers.lambda
    configuration.tau = numbers.tau
    configuration.sftWeight = numbers.sftWeight
    configuration.desirableWeight = numbers.desirableWeight
    configuration.undesirableWeight = numbers.undesirableWeight
    configuration.centerRewards = numbers.centerRewards
    configuration.ldAlpha = modifiers.ldAlpha
    configuration.fDivergence = modifiers.fDivergence
    configuration.fAlpha = modifiers.fAlpha
    configuration.wpo = modifiers.wpo
    configuration.reference = reference
    configuration.referenceSync = referenceSync
    configuration.referenceCache = referenceCache ?? "off"
    configuration.referenceMix = referenceMix
    configuration.semantics = semantics
    configuration.microPairs = microPairs
  }
}

/// Numbers that some objectives take; given to another they are refused.
struct ObjectiveNumbers: ParsableArguments {
  @Option(help: ArgumentHelp("Reward margin asked for: simpo, alphapo, tpo-l.", valueName: "x"))
  var gamma: Double?

  @Option(help: ArgumentHelp("Of r-dpo, ropo and alphapo.", valueName: "x"))
  var alpha: Double?

  @Option(help: ArgumentHelp("Penalty on losing the chosen answer: dpop.", valueName: "x"))
  var lambda: Double?

  @Option(help: ArgumentHelp("Width of the blend: discopop.", valueName: "x"))
  var tau: Double?

  @Option(
    help: ArgumentHelp(
      "Weight of the likelihood beside the preference: cpo, simpo, alphapo, tpo, tpo-l.",
      valueName: "x"))
  var sftWeight: Double?

  @Option(help: ArgumentHelp("Weight of liked rows: kto, apo_zero_unpaired.", valueName: "x"))
  var desirableWeight: Double?

  @Option(help: ArgumentHelp("Weight of the other rows: kto, apo_zero_unpaired.", valueName: "x"))
  var undesirableWeight: Double?

  @Option(help: ArgumentHelp("Draw scores to a mean of 0: reward.", valueName: "c"))
  var centerRewards: Double?
}

/// What changes a pairwise loss, whichever it is.
struct ModifierOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "LD-DPO: weight of an answer's tokens beyond the other's length, 0 to 1.", valueName: "x"))
  var ldAlpha: Double?

  @Option(
    help: ArgumentHelp(
      "What holds the policy to the reference. (default: reverse-kl)",
      valueName: "reverse-kl|forward-kl|js|alpha"))
  var fDivergence: Divergence.Kind?

  @Option(help: ArgumentHelp("Coefficient of the alpha divergence. (default: 0.5)", valueName: "x"))
  var fAlpha: Double?

  @Flag(help: "WPO: weigh pairs by how likely the policy is to say them.")
  var wpo = false
}
