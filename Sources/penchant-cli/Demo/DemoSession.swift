import PenchantAudit
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel
import PenchantTuning

/// The demonstration: the base model, each arm, and what they answer on topics no arm has seen.
struct DemoSession {
  /// An arm's figures.
  struct Outcome {
    let arm: DemoArm
    let measurement: DemoMeasurement
    /// Held-out pairs whose preferred answer gained more than the other; 0.5 before tuning, by definition.
    let pairAccuracy: Double
    /// Training and measuring.
    let seconds: Double
  }

  let seed: Int
  let style: DemoStyle
  let output: String
  let arms: [DemoArm]
  /// The topics that are measured on; the validation topics while the recipe was chosen.
  let measuresValidation: Bool
  let reporter: DemoReporter

  /// Runs all arms and tells what came of them.
  func run() throws -> [Outcome] {
    let clock = ContinuousClock()
    let start = clock.now
    let corpus = try DemoCorpus()
    let folder = FileSystem.join(output, "model")
    try DemoAssets.writeModel(to: folder)
    let model = try LanguageModel(
      folder: folder, dtype: .bfloat16, device: CPUDevice(), chatTemplate: nil)
    let judge = DemoJudge(corpus)
    let topics = measuresValidation ? corpus.validation : corpus.test
    // What the arms train and measure on, for every other command to take.
    try write(corpus.train, as: "train.jsonl")
    try write(topics, as: "heldout.jsonl")
    reporter.introduce(model, corpus, style: style, classifier: judge.classifier, topics: topics)
    try audit(corpus.train)

    var outcomes: [Outcome] = []
    var tuned: (policy: Policy, adapter: String)?
    for arm in arms {
      if Interruption.isRequested { throw CommandError(.interrupted) }
      let began = clock.now
      var policy = model.basePolicy
      if arm != .before {
        let pairs = arm.pairs(corpus.train, preferring: style, seed: UInt64(seed))
        let run = try DemoRun(
          DemoRecipe.configuration(arm, seed: seed), pairs: pairs, model: model,
          folder: FileSystem.join(output, arm.rawValue),
          step: { reporter.progress(arm, step: $0, of: $1) })
        policy = run.policy
        if arm == .dpo { tuned = (run.policy, run.adapter) }
      }
      reporter.measuring(arm)
      let measurement = try DemoMeasurement(
        topics, policy: policy, model: model, prefer: style, judge: judge, seed: UInt64(seed))
      let outcome = Outcome(
        arm: arm, measurement: measurement,
        pairAccuracy: try pairAccuracy(topics, policy, model),
        seconds: Self.seconds(clock.now - began))
      outcomes.append(outcome)
      reporter.row(outcome, isFirst: outcomes.count == 1)
    }
    if let tuned {
      try showSamples(topics, model, before: model.basePolicy, after: tuned.policy)
      reporter.conclude(
        model: folder, adapter: tuned.adapter, seconds: Self.seconds(clock.now - start), seed: seed)
    }
    return outcomes
  }

  /// Looks at the training pairs as `penchant audit` does.
  private func audit(_ topics: [DemoTopic]) throws {
    let audit = try Audit(topics.flatMap { $0.pairs(preferring: style) })
    let folder = FileSystem.join(output, "audit")
    try AuditFolder.write(audit, to: folder, version: Penchant.version, overwrite: true)
    reporter.audited(audit, folder: folder)
  }

  private func write(_ topics: [DemoTopic], as name: String) throws {
    try PairWriter.write(
      topics.flatMap { $0.pairs(preferring: style) }, to: FileSystem.join(output, name),
      overwrite: true)
  }

  /// The share of held-out pairs whose implicit reward prefers the preferred answer; a tie counts half.
  private func pairAccuracy(
    _ topics: [DemoTopic], _ policy: Policy, _ model: LanguageModel
  ) throws -> Double {
    let encoder = try ExampleEncoder(model, options: EncodingOptions(promptFormat: .chat))
    let examples = try encoder.encode(topics.flatMap { $0.pairs(preferring: style) }).examples
    let scorer = try Scorer(
      model.decoder, longest: examples.map(\.tokenCount).max() ?? 1, rank: DemoRecipe.rank)
    let reference = try scorer.score(examples, policy: model.basePolicy)
    let scores = try scorer.score(examples, policy: policy)
    let points = zip(scores, reference).reduce(0.0) { total, pair in
      let margin = (pair.0[0].sum - pair.1[0].sum) - (pair.0[1].sum - pair.1[1].sum)
      return total + (margin > 0 ? 1 : margin == 0 ? 0.5 : 0)
    }
    return points / Double(max(1, examples.count))
  }

  /// Questions whose likeliest answer is looked at, and how many of them are shown.
  private static let (asked, shown) = (12, 3)

  /// Shows a few greedy answers that tuning has changed, and how many it has; the first question is always about
  /// fine-tuning on the test split.
  private func showSamples(
    _ topics: [DemoTopic], _ model: LanguageModel, before: Policy, after: Policy
  ) throws {
    let asked = (0..<Self.asked).map { topics[$0 * topics.count / Self.asked] }
    let pairs = asked.map { $0.pairs(preferring: style)[0] }
    let encoder = try ConversationEncoder(model, format: .chat)
    let first = try AnswerSample.answers(
      pairs, model: model, policy: before, encoder: encoder, newTokens: 96)
    let second = try AnswerSample.answers(
      pairs, model: model, policy: after, encoder: encoder, newTokens: 96)
    let changed = zip(asked, zip(first, second)).filter { $1.0 != $1.1 }
    reporter.samples(
      changed.prefix(Self.shown).map {
        AnswerSample(prompt: $0.questions[0], before: $1.0, after: $1.1)
      }, changed: changed.count, of: asked.count)
  }

  private static func seconds(_ duration: Duration) -> Double {
    let (seconds, attoseconds) = duration.components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
