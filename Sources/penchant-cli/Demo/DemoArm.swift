import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel
import PenchantTuning

/// One way of using the same training pairs.
enum DemoArm: String, CaseIterable {
  /// The base model as it is.
  case before
  case dpo
  /// The labels swapped: the other style must win.
  case reversed
  /// Half of the labels swapped: nothing can be learnt.
  case shuffled
  /// Supervised tuning on the chosen answers.
  case sft

  /// What each arm shows, for the table.
  var meaning: String {
    switch self {
    case .before: "the base model"
    case .dpo: "tuned on the pairs"
    case .reversed: "the same pairs, labels swapped"
    case .shuffled: "half of the labels swapped"
    case .sft: "supervised, on the preferred answers"
    }
  }

  /// The training pairs as this arm sees them.
  func pairs(_ topics: [DemoTopic], preferring style: DemoStyle, seed: UInt64) -> [Pair] {
    switch self {
    case .before: return []
    case .dpo, .sft: return topics.flatMap { $0.pairs(preferring: style) }
    case .reversed: return topics.flatMap { $0.pairs(preferring: style.other) }
    case .shuffled:
      let (right, wrong) = (
        topics.flatMap { $0.pairs(preferring: style) },
        topics.flatMap { $0.pairs(preferring: style.other) }
      )
      // Exactly half, whichever they are.
      let order = Philox(seed: seed, stream: .synthetic).shuffled(count: right.count)
      let swapped = Set(order.prefix(right.count / 2))
      return right.indices.map { swapped.contains($0) ? wrong[$0] : right[$0] }
    }
  }
}

/// The numbers of the demonstration's runs, the same for every arm.
///
/// Chosen on training and validation topics only. A strong pull towards the reference lets the rate be high enough to
/// move the style within two passes; with β = 0.1 the same rate moves it as far and garbles twice as many answers.
enum DemoRecipe {
  static let beta = 0.5
  static let rank = 16
  static let batchSize = 16
  static let epochs = 2
  static let learningRate = 2.7e-4

  /// How often, and at which rate, supervised tuning must see an opener that the base model has never read until it
  /// says it: with the numbers above none of 80 answers begins with it, with these every third.
  static let biasEpochs = 3
  static let biasLearningRate = 2e-3

  /// Supervised tuning on pairs with a planted habit.
  static func biasConfiguration(seed: Int) -> TuneConfiguration {
    var configuration = configuration(.sft, seed: seed)
    configuration.epochs = biasEpochs
    configuration.learningRate = biasLearningRate
    return configuration
  }

  static func configuration(_ arm: DemoArm, seed: Int) -> TuneConfiguration {
    var configuration = TuneConfiguration()
    configuration.objective = arm == .sft ? "sft" : "sigmoid"
    if arm != .sft { configuration.beta = beta }
    configuration.loraRank = rank
    configuration.loraAlpha = 2 * Double(rank)
    configuration.batchSize = batchSize
    configuration.epochs = epochs
    configuration.learningRate = learningRate
    configuration.holdout = 0
    configuration.seed = seed
    configuration.promptFormat = .chat
    configuration.overwrite = true
    configuration.dtype = .bfloat16
    return configuration
  }
}

/// A trained arm.
struct DemoRun {
  let policy: Policy
  let adapter: String
  let seconds: Double

  /// Trains by the same path as `tune`: encoder, assembly, trainer, run folder.
  init(
    _ asked: TuneConfiguration, pairs: [Pair], model: LanguageModel, folder: String,
    step: @escaping (Int, Int) -> Void
  ) throws {
    let encoder = try ExampleEncoder(
      model, options: EncodingOptions(promptFormat: .chat),
      answers: asked.objective == "sft" ? .chosen : .both)
    let encoded = try encoder.encode(pairs)
    let (resolved, _) = TuneDefaults.resolve(
      asked,
      .init(
        trainingPairs: encoded.examples.count, heldOutPairs: 0,
        context: model.architecture.maxPositions))
    let assembly = try TuneAssembly(resolved, model: model)
    let data = TuneData.Encoded(
      training: ExampleList(encoded.examples), heldOut: ExampleList(), dropped: encoded.dropped,
      cutCount: 0, digest: InputDigest.data(encoded.examples, heldOut: []))
    let setup = try assembly.setup(
      resolved, data, directory: RunDirectory(folder), inputs: try assembly.inputs(resolved, data))
    let trainer = try Trainer(setup, isCancelled: { Interruption.isRequested }) { event in
      if case .step(let record, let total, _) = event { step(record.step, total) }
    }
    let summary = try trainer.run()
    guard !summary.wasInterrupted, let result = summary.result else {
      throw CommandError(.interrupted)
    }
    policy = assembly.trainable.policy
    adapter = result
    seconds = summary.seconds
  }
}
