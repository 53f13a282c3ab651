import PenchantCore
import PenchantTuning
import Yams

/// Runs that differ in a few options: `beta=0.05,0.1,0.3 objective=sigmoid,ipo` is six.
struct SweepPlan {
  /// One run.
  struct Point {
    /// Its folder's name: `beta-0.05_objective-ipo`.
    let name: String
    /// What is different, for people: `beta 0.05, objective ipo`.
    let label: String
    /// What the options are called and what their values are, apart: `beta, objective` and `0.05, ipo`.
    let (options, values): (String, String)
    let asked: TuneConfiguration
  }

  /// More runs than this are a search, which wants another tool and its own held-out data.
  static let most = 12

  /// Options that leave model, pairs and tokens as they are, so that all runs share them.
  static let options = [
    "objective", "beta", "label-smoothing", "lora-rank", "lora-alpha", "epochs", "max-steps",
    "batch-size", "learning-rate", "schedule", "warmup-ratio", "weight-decay", "max-grad-norm",
    "seed",
  ]

  let points: [Point]

  /// - Parameters:
  ///   - text: options with their values, separated by blanks.
  ///   - base: what all runs share; its output is the folder of the sweep.
  init(_ text: String, base: TuneConfiguration) throws {
    var choices: [[(option: String, value: String)]] = [[]]
    var names: Set<String> = []
    for word in text.split(whereSeparator: \.isWhitespace) {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let values = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
      let name = String(parts[0])
      guard !values.isEmpty else {
        throw Self.wrong(
          text, "options with their values, as in \"beta=0.1,0.3 objective=sigmoid,ipo\"")
      }
      guard Self.options.contains(name) else {
        _ = try TuneConfiguration.option(named: name)
        throw Self.wrong(
          name,
          "options that leave model and pairs as they are: "
            + Self.options.joined(separator: ", "))
      }
      guard names.insert(name).inserted, Set(values).count == values.count else {
        throw Self.wrong(text, "each option and each value once")
      }
      let unchanged = TuneConfiguration().json[name]
      if base.json[name] != unchanged { throw TuningError(.conflictingOptions("sweep", name)) }
      choices = choices.flatMap { choice in values.map { choice + [(name, $0)] } }
      guard choices.count <= Self.most else {
        throw Self.wrong("\(choices.count) runs or more", "at most \(Self.most) runs")
      }
    }
    guard !names.isEmpty else { throw Self.wrong(text, "at least one option with values") }
    points = try choices.map { choice in
      let name = choice.map { "\($0.option)-\($0.value)" }.joined(separator: "_")
      guard !name.contains("/") else { throw Self.wrong(name, "values without /") }
      return Point(
        name: name, label: choice.map { "\($0.option) \($0.value)" }.joined(separator: ", "),
        options: choice.map(\.option).joined(separator: ", "),
        values: choice.map(\.value).joined(separator: ", "),
        asked: try Self.configuration(
          base, choice, output: FileSystem.join(base.output ?? "", name)))
    }
  }

  private static func wrong(_ value: String, _ expected: String) -> CommandError {
    CommandError(.outOfRange(option: "sweep", value: value, expected: expected))
  }

  /// The shared configuration with some options set, by the same reader as a configuration file's.
  private static func configuration(
    _ base: TuneConfiguration, _ choice: [(option: String, value: String)], output: String
  ) throws -> TuneConfiguration {
    let set = Set(choice.map(\.option))
    let kept = base.yaml.split(separator: "\n").filter { line in
      !set.contains(String(line.prefix { $0 != ":" }))
    }
    let lines = kept.map(String.init) + choice.map { "\($0.option): \($0.value)" }
    var asked: TuneConfiguration
    do {
      asked = try YAMLDecoder().decode(
        TuneConfiguration.self, from: lines.joined(separator: "\n") + "\n")
    } catch let error as DecodingError {
      // What the reader of options refused stands inside.
      if case .dataCorrupted(let context) = error, let cause = context.underlyingError {
        throw cause
      }
      throw error
    }
    asked.output = output
    // The pairs are encoded once, for all runs alike.
    let (wanted, shared) = try (
      ObjectiveCatalog.objective(asked.objectiveChoice).requirements,
      ObjectiveCatalog.objective(base.objectiveChoice).requirements
    )
    guard wanted.answers == shared.answers || asked.objective == base.objective,
      wanted.scoresPrompt == shared.scoresPrompt, !asked.isSupervised
    else {
      throw TuningError(
        .optionWithoutMeaning(option: "sweep", objective: asked.objective, instead: base.objective))
    }
    if !asked.usesReferenceCache { asked.referenceCache = "off" }
    try asked.check()
    return asked
  }
}
