import PenchantCore
package import PenchantEngine

/// Chooses what was left open, for the data and the model at hand, and says why.
///
/// docs/DEFAULTS.md gives the sources of these numbers.
package enum TuneDefaults {
  /// What the choices depend on.
  package struct Facts: Sendable, Equatable {
    /// Pairs that will be trained on.
    package var trainingPairs: Int
    /// Pairs that are measured on.
    package var heldOutPairs: Int
    /// Tokens of the model's context.
    package var context: Int
    /// What the run computes on.
    package var device: DeviceChoice

    package init(
      trainingPairs: Int, heldOutPairs: Int, context: Int, device: DeviceChoice = .cpu
    ) {
      self.trainingPairs = trainingPairs
      self.heldOutPairs = heldOutPairs
      self.context = context
      self.device = device
    }
  }

  /// One choice.
  package struct Choice: Sendable, Equatable {
    package let option: String
    package let value: String
    package let reason: String

    package init(option: String, value: String, reason: String) {
      self.option = option
      self.value = value
      self.reason = reason
    }
  }

  package static let referenceMix = 0.6
  static let rank = 16
  static let alpha = 32.0
  static let batchSize = 8
  package static let microTokens = 2048
  /// On a GPU more tokens would add memory and no speed.
  static let mostMicroTokens = 65536
  static let longest = 2048
  /// Fewer steps leave AdamW's second moment little to average.
  static let wantedSteps = 100
  static let fullRate = 1e-6
  static let supervisedFullRate = 2e-5
  static let supervisedAdapterRate = 2e-4
  static let saveEvery = 200
  static let holdout = 0.1
  /// With fewer pairs nothing is held out by default: too few to measure on, too few to lose.
  static let fewestPairsToSplit = 100

  /// Holds what was chosen against the model, before anything is made of either.
  /// - Parameter context: tokens of the model's context.
  /// - Throws: ``TuningError`` for a length that the model cannot compute.
  package static func check(
    _ configuration: TuneConfiguration, context: Int
  ) throws(TuningError) {
    if let length = configuration.maxLength, length > context {
      throw TuningError(
        .valueOutOfRange(
          option: "max-length", value: "\(length)",
          range: "at most \(context), the tokens of the model's context"))
    }
  }

  /// The choices that come before the data is encoded and split.
  /// - Parameters:
  ///   - pairs: the number of pairs read.
  ///   - context: tokens of the model's context.
  package static func resolveReading(
    _ configuration: TuneConfiguration, pairs: Int, context: Int
  ) -> (TuneConfiguration, [Choice]) {
    var chooser = Chooser(configuration)
    chooser.choose("max-length", \.maxLength, min(context, longest)) {
      context <= longest ? "the model's context" : "the context is \(context), answers are shorter"
    }
    if !configuration.evalData.isEmpty {
      chooser.choose("holdout", \.holdout, 0) { "measured on --eval-data" }
    } else if pairs < fewestPairsToSplit {
      chooser.choose("holdout", \.holdout, 0) { "too few pairs to split: \(pairs)" }
    } else {
      chooser.choose("holdout", \.holdout, holdout) { "a tenth of the prompts, at most 200 pairs" }
    }
    return (chooser.configuration, chooser.choices)
  }

  /// The choices that depend on how much there is to train on.
  ///
  /// On a GPU ``microTokens(_:forecast:available:)`` chooses the tokens of a pass, when it is known what they take.
  package static func resolve(
    _ configuration: TuneConfiguration, _ facts: Facts
  ) -> (TuneConfiguration, [Choice]) {
    var (resolved, choices) = resolveReading(
      configuration, pairs: facts.trainingPairs + facts.heldOutPairs, context: facts.context)
    var chooser = Chooser(resolved)
    let standards = ObjectiveCatalog.standards(configuration.objective)
    for (option, path) in TuneConfiguration.parameters {
      guard let standard = standards.first(where: { $0.option == option }) else { continue }
      chooser.choose(option.rawValue, path, standard.standard) { standard.reason }
    }
    if configuration.fDivergence == .alpha {
      let isOld = configuration.semantics == .trl024
      chooser.choose("f-alpha", \.fAlpha, isOld ? 1 : Divergence.standardAlpha) { "TRL's" }
    }
    if configuration.referenceSync != nil {
      chooser.choose("reference-mix", \.referenceMix, referenceMix) {
        "the TR-DPO paper's and TRL's"
      }
    }
    if !configuration.full, configuration.initAdapter == nil {
      chooser.choose("lora-rank", \.loraRank, rank) { "enough for preferences at this scale" }
      chooser.choose("lora-alpha", \.loraAlpha, alpha) { "an update scale of 2 at rank 16" }
      chooser.choose("lora-targets", \.loraTargets, "all-linear") {
        "every linear layer but the head"
      }
    }
    let batch = chooser.choose("batch-size", \.batchSize, batchSize) {
      "small data profits from more steps"
    }
    let perEpoch = stepsPerEpoch(pairs: facts.trainingPairs, batchSize: batch)
    let fewest = (1...3).first { $0 * perEpoch >= wantedSteps } ?? 3
    let epochs = chooser.choose("epochs", \.epochs, fewest) {
      fewest * perEpoch >= wantedSteps
        ? "\(NumberText.counted(fewest * perEpoch, "step")); the fewest of 1-3 that give \(wantedSteps)"
        : "\(NumberText.counted(fewest * perEpoch, "step")); more than 3 passes over few pairs overfit"
    }
    let steps = min(epochs * perEpoch, configuration.maxSteps ?? .max)
    if configuration.isSupervised {
      let rate = configuration.full ? supervisedFullRate : supervisedAdapterRate
      chooser.choose("learning-rate", \.learningRate, rate) {
        "supervised tuning, as TRL's SFTTrainer and published adapter recipes"
      }
    } else if configuration.full {
      chooser.choose("learning-rate", \.learningRate, fullRate) { "full tuning, as published" }
    } else {
      chooser.choose("learning-rate", \.learningRate, adapterRate(steps: steps)) {
        "2.5e-3 / \(steps) planned steps, within 5e-6 and 5e-5"
      }
    }
    if facts.device == .cpu {
      chooser.choose("micro-tokens", \.microTokens, microTokens) {
        "fills the matrix kernels; fewer need less memory"
      }
    }
    if facts.heldOutPairs > 0 {
      chooser.choose("eval-every", \.evalEvery, max(25, (steps + 4) / 5)) {
        "a fifth of the run, at least 25 steps"
      }
    } else {
      chooser.choose("eval-every", \.evalEvery, 0) { "nothing is held out" }
    }
    if configuration.samplesAnswers {
      chooser.choose("sample-every", \.sampleEvery, 0) { "at the beginning and at the end" }
    }
    chooser.choose("save-every", \.saveEvery, saveEvery) { "and at the end" }
    if configuration.device != facts.device {
      chooser.configuration.device = facts.device
      chooser.choices.append(
        Choice(
          option: "device", value: facts.device.rawValue,
          reason: facts.device == .cpu
            ? "no GPU that can be used; 'penchant inspect --devices' says more"
            : "the first GPU that can be used"))
    }
    choices += chooser.choices
    resolved = chooser.configuration
    return (resolved, choices)
  }

  /// Tokens of one pass where the device has memory of its own: the largest power of two whose forecast leaves a
  /// tenth free, for what libraries and drivers take is in no plan.
  /// - Parameters:
  ///   - available: bytes of the device that the run can have, those it holds included.
  ///   - forecast: bytes that a run with so many tokens a pass needs.
  /// - Returns: the choice; nil if the configuration names a number.
  package static func microTokens<Failure: Error>(
    _ configuration: inout TuneConfiguration, available: Int,
    forecast: (Int) throws(Failure) -> Int
  ) throws(Failure) -> Choice? {
    guard configuration.microTokens == nil else { return nil }
    let (tokens, bytes) = try largestBudget(available: available, forecast: forecast)
    configuration.microTokens = tokens
    let limit =
      tokens == mostMicroTokens
      ? "more gain nothing" : "twice as many would not leave a tenth free"
    return Choice(
      option: "micro-tokens", value: "\(tokens)",
      reason: "takes \(ForecastPart.text(bytes: bytes)) of the device's "
        + "\(ForecastPart.text(bytes: available)); \(limit)")
  }

  /// The largest power of two from ``microTokens`` on whose forecast is at most nine tenths of `available`, and
  /// that forecast; the least one where none is.
  package static func largestBudget<Failure: Error>(
    available: Int, forecast: (Int) throws(Failure) -> Int
  ) throws(Failure) -> (tokens: Int, bytes: Int) {
    let room = available / 10 * 9
    var (tokens, bytes) = (microTokens, try forecast(microTokens))
    while tokens < mostMicroTokens {
      let next = try forecast(2 * tokens)
      guard next <= room else { break }
      (tokens, bytes) = (2 * tokens, next)
    }
    return (tokens, bytes)
  }

  /// Optimizer steps of one pass over the data; the last may be short.
  package static func stepsPerEpoch(pairs: Int, batchSize: Int) -> Int {
    max(1, pairs / batchSize + (pairs % batchSize == 0 ? 0 : 1))
  }

  /// The adapter's rate: published recipes use more for short runs, less for long ones.
  static func adapterRate(steps: Int) -> Double {
    min(5e-5, max(5e-6, 2.5e-3 / Double(max(1, steps))))
  }
}

/// Fills what is nil and remembers what it filled.
private struct Chooser {
  var configuration: TuneConfiguration
  var choices: [TuneDefaults.Choice] = []

  init(_ configuration: TuneConfiguration) { self.configuration = configuration }

  @discardableResult
  mutating func choose<Value: OptionValue>(
    _ option: String, _ path: WritableKeyPath<TuneConfiguration, Value?>, _ value: Value,
    _ reason: () -> String
  ) -> Value {
    if let given = configuration[keyPath: path] { return given }
    configuration[keyPath: path] = value
    let text = value.json.string ?? value.json.text()
    choices.append(TuneDefaults.Choice(option: option, value: text, reason: reason()))
    return value
  }
}
