import PenchantCore
import PenchantData
import PenchantEngine
import PenchantFormats
import PenchantModel
import PenchantText
import PenchantTuning

/// Says what a run is about to do, how it goes, and what came of it.
struct TuneReporter {
  /// Where sentences go: the output, or the error output where a program reads the output.
  let terminal: Terminal
  let progress = ProgressLine()
  private let said = SaidOnce()

  /// Findings that were already explained.
  private final class SaidOnce {
    var kinds: Set<Diagnosis.Kind> = []
  }

  private static let labelWidth = 10

  /// Lines behind a label, broken where a window is narrow.
  private func section(_ name: String, _ lines: [String]) {
    for (index, line) in lines.enumerated() {
      for part in TextWrapping.hanging(
        label(index == 0 ? name : ""), line, width: terminal.textWidth)
      {
        terminal.line(part)
      }
    }
  }

  /// A line to be copied, which stays whole.
  private func command(_ name: String, _ line: String) { terminal.line(label(name) + line) }

  private func label(_ name: String) -> String {
    terminal.style(name, .bold)
      + String(repeating: " ", count: max(1, Self.labelWidth - name.utf8.count))
  }

  // MARK: - Before

  func model(_ model: LanguageModel) {
    let configuration = model.configuration
    section(
      "model",
      [
        "\(model.folder): \(configuration.family.rawValue), "
          + "\(NumberText.short(Double(model.architecture.parameterCount))) parameters, "
          + "\(configuration.layerCount) layers, context \(configuration.contextLength), "
          + "\(model.dtype.rawValue)\(model.baseWeights == .int8 ? " on int8 weights" : "") "
          + "on \(model.device.name)"
      ] + model.tokenizer.notes)
  }

  /// - Parameter compares: whether the pairs' answers will be held against each other.
  func data(_ notes: [String], _ data: TuneData, compares: Bool) {
    section("data", notes)
    if compares { section("census", Self.census(data.census)) }
  }

  /// What the pairs are made of, before anything is learnt from them.
  static func census(_ census: PairCensus) -> [String] {
    let empty = Set(census.emptyChosen + census.emptyRejected).count
    var lines = [
      "\(NumberText.counted(census.count, "pair")): \(census.identical.count) with identical answers, \(empty) with an empty one, "
        + "\(census.duplicates.count) repeated, \(census.swappedDuplicates.count) repeated with the "
        + "opposite preference, \(census.ties) ties"
    ]
    if let predictor = census.lengthPredictor {
      let right = Double(predictor.chosenLonger) + 0.5 * Double(predictor.equallyLong)
      let interval = Interval.wilson(successes: right, trials: predictor.count)
      lines.append(
        "always choosing the longer answer is right in "
          + Self.share(predictor.accuracy, interval, of: predictor.count))
      if interval.lower > 0.55 {
        lines.append("longer answers are preferred: the tuned model may learn length first")
      }
    }
    return lines
  }

  /// `62.5 % (95 %: 57.1 … 67.6 %, n = 300)`.
  static func share(_ value: Double, _ interval: Interval, of count: Int) -> String {
    "\(NumberText.percent(value)) (95 %: \(NumberText.fixed(interval.lower * 100, 1)) … "
      + "\(NumberText.percent(interval.upper)), n = \(count))"
  }

  /// - Parameter source: how the assistant's tokens were found, where they were asked for.
  func encoding(_ encoded: TuneData.Encoded, assistant source: ExampleEncoder.AssistantSource?) {
    var lines = [
      "\(NumberText.counted(encoded.training.count, "pair")) to train on, \(encoded.heldOut.count) held out"
    ]
    if let source { lines.append(source.sentence) }
    if !encoded.dropped.isEmpty {
      let reasons = Dictionary(grouping: encoded.dropped, by: \.reason.name)
        .sorted { $0.key < $1.key }.map { "\($0.value.count) \($0.key)" }
      lines.append(
        "\(encoded.dropped.count) left out (\(reasons.joined(separator: ", "))), listed in dropped.jsonl"
      )
    }
    if encoded.cutCount > 0 { lines.append("\(encoded.cutCount) lost tokens to --truncation") }
    section("encoding", lines)
  }

  /// What int8 weights change, before anything is tuned on them; nil where it could not be measured.
  func effect(_ effect: BaseWeightsEffect?, pairs: Int) {
    guard let effect else {
      section(
        "int8",
        ["what it changes was not measured: the device has no memory for the files' weights"])
      return
    }
    section(
      "int8",
      [
        "against the files' weights a token's log p differs by \(NumberText.fixed(effect.mean, 4)) on average, "
          + "\(NumberText.fixed(effect.largest, 4)) at most (\(effect.tokens) answer tokens of \(NumberText.counted(pairs, "pair")))"
      ])
  }

  /// How many rows were liked, and whether the weights even out what is missing of one kind.
  func judged(_ rows: ExampleList, _ configuration: TuneConfiguration) {
    let liked = rows.firstBranchCount
    let others = rows.count - liked
    var lines = ["\(liked) liked, \(others) not"]
    // Ethayarajh et al., arXiv 2402.01306, eq. 8.
    let weights = (configuration.desirableWeight ?? 1, configuration.undesirableWeight ?? 1)
    let balance = weights.0 * Double(liked) / max(1, weights.1 * Double(others))
    let takesWeights = ["kto", "apo_zero_unpaired"].contains(configuration.objective)
    if liked == 0 || others == 0 {
      lines.append("with one kind alone there is nothing to tell apart")
    } else if takesWeights, !(1...4.0 / 3).contains(balance) {
      let wanted = weights.1 * Double(others) / Double(liked)
      lines.append(
        "--desirable-weight \(NumberText.fixed(wanted, 2)) to \(NumberText.fixed(wanted * 4 / 3, 2)) would let "
          + "both kinds weigh as the KTO paper advises")
    }
    section("labels", lines)
  }

  func choices(_ choices: [TuneDefaults.Choice], objective: any Objective, reference: String) {
    let compared =
      objective.requirements.reference == .none ? "no reference" : "reference: \(reference)"
    section("objective", ["\(objective.name): \(objective.formula), \(compared)"])
    var table = TextTable([.left, .left, .left], indent: 0)
    for choice in choices { table.add("--\(choice.option) \(choice.value)", choice.reason) }
    let width = terminal.textWidth.map { $0 - Self.labelWidth }
    section("defaults", table.text(width: width).split(separator: "\n").map(String.init))
  }

  /// The reference's figures serve this run alone.
  func uncached(because error: CoreError) {
    section(
      "cache",
      [
        "the reference is not kept for other runs: \(error.message) (--reference-cache FOLDER keeps it elsewhere)"
      ])
  }

  /// Layers that the rank is more than enough for.
  func narrow(_ layers: [(name: String, width: Int)], rank: Int) {
    guard !layers.isEmpty else { return }
    let names = layers.map { "\($0.name) (\($0.width))" }.joined(separator: ", ")
    section(
      "adapter",
      [
        "--lora-rank \(rank) is more than the width of \(names): what is beyond it costs memory and time and adds "
          + "nothing that a lower rank could not"
      ])
  }

  func forecast(_ forecast: Forecast, _ setup: TrainingSetup, operationsPerSecond: Double) {
    let parts = forecast.parts.filter { $0.bytes > 0 }
      .map { "\($0.name) \(NumberText.bytes($0.bytes))" }
    let seconds = forecast.seconds(
      tokens: setup.computedTokens, operationsPerSecond: operationsPerSecond)
    section(
      "memory", ["about \(NumberText.bytes(forecast.bytes)): \(parts.joined(separator: ", "))"])
    section(
      "time",
      [
        "\(NumberText.counted(setup.plan.steps, "step")) of "
          + "\(NumberText.counted(setup.plan.batchSize, "pair")); at least "
          + "\(NumberText.duration(seconds)) at the \(NumberText.rate(operationsPerSecond)) this "
          + "machine's matrix kernel reaches"
      ])
  }

  // MARK: - During

  func handle(_ event: TrainingEvent) {
    switch event {
    case .smallerBudget(let tokens, let asked):
      progress.note(
        "--micro-tokens \(tokens) in place of \(asked): the device had no memory for more")
    case .resumed(let step, let skipped):
      progress.note("continuing after step \(step)")
      for checkpoint in skipped { progress.note("  passed over \(checkpoint.name): it is damaged") }
    case .notLocked(let path):
      progress.note(
        "\(path): the file system keeps no locks; nothing keeps a second process from training into it"
      )
    case .otherDevice(let devices):
      if let sentence = devices.sentence { progress.note(Terminal.harmless(sentence)) }
    case .initialMargin(let margin):
      progress.note(
        "the reference is not the policy as it stands: the first step's mean margin is "
          + NumberText.fixed(margin, 4))
    case .step(let record, let total, let left):
      progress.update(
        stage: "step", completed: record.step, total: total, unit: "",
        details: ["loss \(NumberText.fixed(record.loss, 4))"]
          + (record.comparesAnswers
            ? [
              "margin \(NumberText.fixed(record.rewardsMargins, 4))",
              "accuracy \(NumberText.percent(record.accuracy))",
            ] : []),
        rate: "\(NumberText.short(record.tokensPerSecond ?? 0)) tokens/s", remaining: left)
    case .referenceCache(let report):
      progress.note(
        "reference cache: \(report.known) of \(NumberText.counted(report.wanted, "pair")) known, "
          + "\(NumberText.bytes(report.bytes)) in \(report.path)")
      if report.discardedBytes > 0 {
        progress.note("  cut off \(report.discardedBytes) bytes that a killed run left unfinished")
      }
      if !report.isWritable {
        progress.note(
          "  another run writes to it, or its file system keeps no locks: what is missing is computed and not kept"
        )
      }
    case .reference(let done, let total):
      progress.update(stage: "reference", completed: done, total: total, unit: "pairs")
    case .samples(let measurement):
      progress.note(
        "step \(measurement.step)  own answers: KL \(NumberText.fixed(measurement.klK3, 3)) nats, "
          + "\(NumberText.fixed(measurement.length, 1)) tokens, "
          + "\(NumberText.percent(measurement.unfinished)) unfinished")
    case .stopping(let step, let reason):
      progress.note("step \(step)  stopping: \(reason)")
    case .evaluation(let record):
      progress.note("step \(record.step)  held out: \(Self.figures(record))")
      explain(Diagnosis.findings(record))
    case .checkpoint: break
    }
  }

  /// Says what figures mean, each thing once a run.
  private func explain(_ findings: [Diagnosis]) {
    for finding in findings where said.kinds.insert(finding.kind).inserted {
      progress.note("  \(finding.isWarning ? "warning" : "note"): \(finding.finding)")
      for line in TextWrapping.lines(
        finding.explanation, width: min(90, (progress.textWidth ?? 94) - 4))
      {
        progress.note("    " + line)
      }
      for remedy in finding.remedies { progress.note("    try \(remedy)") }
    }
  }

  /// Loss, margin and accuracy with its interval.
  static func figures(_ record: MetricsRecord) -> String {
    if record.judgesAnswers {
      return "loss \(NumberText.fixed(record.loss, 4))  reward of liked answers "
        + "\(NumberText.fixed(record.rewardsChosen, 4)), of others "
        + "\(NumberText.fixed(record.rewardsRejected, 4)), n = \(record.pairs)"
    }
    guard record.comparesAnswers else {
      return "loss \(NumberText.fixed(record.loss, 4)) nats a token, n = \(record.pairs)"
    }
    let interval = Interval.wilson(
      successes: record.accuracy * Double(record.pairs), trials: record.pairs)
    return "loss \(NumberText.fixed(record.loss, 4))  margin "
      + "\(NumberText.fixed(record.rewardsMargins, 4))  accuracy "
      + share(record.accuracy, interval, of: record.pairs)
  }

  // MARK: - After

  /// - Parameter name: what the prompts are: held-out, evaluation, training.
  func samples(_ samples: [AnswerSample], of name: String) {
    guard !samples.isEmpty else { return }
    terminal.line()
    terminal.line(
      terminal.style(
        NumberText.counted(samples.count, "\(name) prompt")
          + ", before and after", .bold)
    )
    for sample in samples {
      for (label, text) in [
        ("prompt  ", sample.prompt), ("before  ", sample.before.shown),
        ("after   ", sample.after.shown),
      ] {
        for line in TextWrapping.hanging(
          label, Self.oneLine(text), width: terminal.textWidth, cutsWords: true)
        {
          terminal.line(line)
        }
      }
      terminal.line()
    }
  }

  /// Text in one line, cut where it is long.
  static func oneLine(_ text: String, limit: Int = 160) -> String {
    let flat = Terminal.harmless(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return flat.count <= limit ? flat : flat.prefix(limit - 1) + "…"
  }

  /// - Parameter overlap: what the pairs measured on have in common with those trained on.
  func summary(
    _ summary: TrainingSummary, _ conclusion: Conclusion?, overlap: EvaluationOverlap?,
    report: String, next: String
  ) {
    if summary.evaluation == nil, let training = summary.training {
      explain(Diagnosis.findings(training))
    }
    if let reason = summary.stopReason {
      section("stopped", ["after step \(summary.steps): \(reason)"])
    }
    if let evaluation = summary.evaluation {
      section(
        "held out", [Self.figures(evaluation)] + [overlap?.sentence].compactMap { $0 })
    } else if let training = summary.training {
      section("training", [Self.figures(training) + " (nothing was held out)"])
    }
    if let conclusion {
      section(
        "verdict", [conclusion.wording] + [conclusion.verdict?.advice].compactMap { $0 })
    }
    if let result = summary.result {
      section(
        "result",
        [
          "\(result), \(NumberText.counted(summary.steps, "step")) in \(NumberText.duration(summary.seconds))"
        ])
    }
    command("report", report)
    command("next", next)
  }
}

extension ExampleEncoder.AssistantSource {
  /// How the assistant's tokens are found, for people.
  var sentence: String {
    switch self {
    case .generationBlocks:
      "the assistant's tokens are those of the chat template's {% generation %} blocks"
    case .turns:
      "the assistant's tokens are its turns, from where the template asks it to speak to where a turn ends"
    }
  }
}
