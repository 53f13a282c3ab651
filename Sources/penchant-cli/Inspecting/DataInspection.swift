import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel
import PenchantTuning

/// What a set of pairs is to a model: its census, its lengths, one pair's tokens, and what tuning on it needs.
struct DataInspection {
  /// The pair that is shown.
  let pair: Pair
  /// Its tokens; nil where its prompt is not how prompt + answer begins, and nothing says how to proceed.
  let example: TokenizedExample?

  private let notes: [String]
  private let mismatches: MismatchInspection?
  private let assistantSource: ExampleEncoder.AssistantSource?
  private let census: PairCensus
  private let encoded: TuneData.Encoded
  /// Tokens of each pair's prompt, chosen answer, rejected answer, and the longer sequence, each ascending.
  private let lengths: [[Int]]
  /// What tuning with the defaults takes; nil where no pair can be trained on.
  private let cost: (forecast: Forecast, setup: TrainingSetup, speed: Double)?

  /// - Parameter number: of the pair to show, from 1.
  init(
    _ pairs: SurveyedPairs, notes: [String], model: LanguageModel, encoding: EncodingChoices,
    number: Int
  ) throws {
    self.notes = notes
    let count = pairs.index.count
    guard number <= count else {
      throw CommandError(
        .outOfRange(option: "pair", value: "\(number)", expected: "at most \(count)"))
    }
    pair = try pairs.index[number - 1]
    let context = model.architecture.maxPositions
    var asked = TuneConfiguration()
    asked.dtype = model.dtype
    asked.holdout = 0
    let (reading, _) = TuneDefaults.resolveReading(asked, pairs: count, context: context)
    // All mismatches are to be seen, not the first.
    let encoder = try ExampleEncoder(
      model,
      options: EncodingOptions(
        promptFormat: encoding.promptFormat, trainOn: encoding.trainOn,
        maxLength: reading.maxLength, truncation: .drop,
        onMismatch: encoding.onMismatch == .error ? .drop : encoding.onMismatch))
    assistantSource = encoder.assistantSource
    let data = try TuneData(reading, pairs: pairs, evaluation: nil, holdoutWasChosen: false)
    census = data.census
    var lengths: [[Int]] = [[], [], [], []]
    var wanted: TokenizedExample?
    encoded = try data.encode(
      encoder, context: context, truncationWasChosen: true,
      each: { example in
        if example.index == number - 1 { wanted = example }
        lengths[0].append(example.prompt.count)
        lengths[1].append(example.branches[0].tokens.count)
        lengths[2].append(example.branches[1].tokens.count)
        lengths[3].append(example.longestSequence)
      }, progress: { _, _ in })
    self.lengths = lengths.map { $0.sorted() }
    mismatches = try MismatchInspection(
      encoded.dropped, shown: pair, in: pairs.index, encoder, choice: encoding.onMismatch)
    example = wanted
    let source = pair.source
    if wanted == nil, mismatches?.shown != source {
      let reason = encoded.dropped.first { $0.row == source }?.reason.name
      throw CommandError(
        .row(
          path: source.file, line: source.line,
          problem: "the pair would be left out: \(reason ?? "it cannot be encoded")"))
    }

    guard encoded.training.count > 0 else {
      cost = nil
      return
    }
    let (resolved, _) = TuneDefaults.resolve(
      asked,
      .init(
        trainingPairs: encoded.training.count, heldOutPairs: 0, context: context,
        device: model.device.choice))
    let assembly = try TuneAssembly(resolved, model: model)
    var setup = try assembly.setup(
      resolved, encoded, directory: RunDirectory(""), inputs: .init(data: "", model: ""))
    _ = try assembly.chooseBudget(&setup)
    cost = (
      try assembly.forecast(setup), setup,
      try MatrixSpeed.operationsPerSecond(model.device, dtype: model.dtype)
    )
  }

  /// Lengths at a few places of their order: least, middle, nine tenths, most.
  private func places(_ sorted: [Int]) -> [Int] {
    guard !sorted.isEmpty else { return [0, 0, 0, 0] }
    return [0, 0.5, 0.9, 1].map { sorted[Int(Double(sorted.count - 1) * $0)] }
  }

  private var lengthRows: [(name: String, key: String, values: [Int])] {
    [
      ("prompt", "prompt", places(lengths[0])), ("chosen", "chosen", places(lengths[1])),
      ("rejected", "rejected", places(lengths[2])),
      ("prompt + longer answer", "longest_sequence", places(lengths[3])),
    ]
  }

  /// At least what tuning takes.
  private func seconds(_ cost: (forecast: Forecast, setup: TrainingSetup, speed: Double)) -> Double
  {
    cost.forecast.seconds(tokens: cost.setup.computedTokens, operationsPerSecond: cost.speed)
  }

  func text(_ view: TokenView) -> String {
    let terminal = view.terminal
    var text = terminal.style("data", .bold) + "\n"
    for line in notes + TuneReporter.census(census) { text += "  \(line)\n" }
    text +=
      "  \(encoded.training.count) can be trained on, \(encoded.dropped.count) would be left out\n"
    if encoded.training.isEmpty, let mismatches { return text + "\n" + mismatches.text(view) }
    var table = TextTable([.left, .right, .right, .right, .right])
    table.add("tokens", "least", "middle", "nine tenths", "most")
    for row in lengthRows { table.add(cells: [row.name] + row.values.map(String.init)) }
    text += table.text
    if let mismatches { text += "\n" + mismatches.text(view) }
    if let example {
      text += "\n" + terminal.style("pair \(pair.id)", .bold) + "  \(pair.source)\n"
      text += "  \(view.legend)\n"
      if let assistantSource { text += "  \(assistantSource.sentence)\n" }
      text += "  prompt    \(view.prompt(example, indent: 12))\n"
      text += "  chosen    \(view.branch(0, of: example, indent: 12))\n"
      text += "  rejected  \(view.branch(1, of: example, indent: 12))\n"
    }
    guard let cost else { return text }
    let seconds = seconds(cost)
    text += "\n" + terminal.style("tuning with the defaults", .bold) + "\n"
    text +=
      "  memory  about \(NumberText.bytes(cost.forecast.bytes)): "
      + cost.forecast.parts.filter { $0.bytes > 0 }
      .map { "\($0.name) \(NumberText.bytes($0.bytes))" }.joined(separator: ", ") + "\n"
    text +=
      "  time    \(NumberText.counted(cost.setup.plan.steps, "step")), at least \(NumberText.duration(seconds)) at this machine's "
      + "\(NumberText.rate(cost.speed))\n"
    return text
  }

  var json: JSON {
    func number(_ value: Int) -> JSON { .number(JSONNumber(value)) }
    var lengths = JSONObject()
    for row in lengthRows {
      lengths[row.key] = .object(
        JSONObject([
          "least": number(row.values[0]), "middle": number(row.values[1]),
          "nine_tenths": number(row.values[2]), "most": number(row.values[3]),
        ]))
    }
    var object = JSONObject()
    object["pairs"] = number(census.count)
    object["identical"] = number(census.identical.count)
    object["empty"] = number(Set(census.emptyChosen + census.emptyRejected).count)
    object["duplicates"] = number(census.duplicates.count)
    object["swapped_duplicates"] = number(census.swappedDuplicates.count)
    object["ties"] = number(census.ties)
    object["length_accuracy"] = (census.lengthPredictor?.accuracy).map { .number(JSONNumber($0)) }
    object["left_out"] = number(encoded.dropped.count)
    object["tokens"] = .object(lengths)
    object["prefix_mismatches"] = mismatches?.json
    if let cost {
      var memory = JSONObject()
      for part in cost.forecast.parts {
        memory[part.name.replacing(" ", with: "_")] = number(part.bytes)
      }
      object["memory_bytes"] = .object(memory)
      object["steps"] = number(cost.setup.plan.steps)
      object["least_seconds"] = .number(JSONNumber(seconds(cost)))
    }
    return .object(object)
  }
}
