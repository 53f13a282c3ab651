import ArgumentParser
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel

/// `penchant score`: log-probabilities and rewards of given pairs.
struct Score: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Log-probabilities and rewards for any pair.",
    discussion: """
      Writes one line a pair, in the order of the rows: the summed log-probabilities of both answers under \
      the policy and the reference, and the rewards beta * (policy - reference). Without --adapter policy and \
      reference are the same, and the rewards are 0. Nothing is cut: a pair beyond the model's context is an \
      error.

      Example:
        penchant score --model Examples/tiny-model \\
          --data Examples/pairs.jsonl --output scores.jsonl
      """)

  @OptionGroup(title: "Model") var modelOptions: ModelOptions

  @Option(help: ArgumentHelp("PEFT folder of the policy.", valueName: "folder"))
  var adapter: String?

  @Option(
    help: ArgumentHelp("What rewards are measured against.", valueName: "base|adapter:folder"))
  var reference = AdapterReference.base

  @Option(help: "Multiplies the difference of log-probabilities to give a reward.")
  var beta = 0.1

  @OptionGroup(title: "Data") var dataOptions: DataOptions
  @OptionGroup(title: "Encoding") var encoding: EncodingChoices

  @Option(
    help: ArgumentHelp(
      "Tokens computed together; the results do not depend on it. (default: 2048; 16384 on a GPU)",
      valueName: "n"))
  var microTokens: Int?

  @Option(help: ArgumentHelp("Where the scores go, as JSONL.", valueName: "file"))
  var output: String

  @Flag(help: "Also write every answer token's id and log-probability.")
  var tokens = false

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @OptionGroup var configurationOption: ConfigurationOption

  func validate() throws {
    if let microTokens, microTokens < 1 {
      throw CommandError(
        .outOfRange(option: "micro-tokens", value: "\(microTokens)", expected: "at least 1"))
    }
  }

  func run() throws {
    var inputs = CommandInputs()
    try inputs.add("data", data: dataOptions.data)
    try inputs.add(model: modelOptions.model)
    try inputs.add("adapter", adapter: adapter)
    if case .adapter(let folder) = reference { try inputs.add("reference", adapter: folder) }
    try inputs.add(template: modelOptions.engine.chatTemplate)
    try inputs.add("config", files: [configurationOption.config])
    try inputs.protect(from: [output])
    // Opened first: an output that cannot be written is known before anything is computed.
    let file = try AtomicFile(path: output, overwrite: overwrite)
    let progress = ProgressLine()
    defer { progress.clear() }
    let pairs = try dataOptions.reading.index(dataOptions.data, note: progress.note)
    let model = try modelOptions.load()
    let examples = try encode(pairs, model, progress)

    let policy = try model.policy(adapter: adapter, orScores: true)
    if policy.adapter?.configuration.hasScoreHead == true {
      return try rank(examples, model, policy, to: file, progress)
    }
    let referencePolicy = try referencePolicy(model)
    let ranks = [policy, referencePolicy].compactMap { $0?.adapter?.configuration.rank }
    let scorer = try Scorer(
      model.decoder, longest: max(1, examples.longest), tokenBudget: microTokens,
      rank: ranks.max() ?? 0)
    var correct = 0.0
    try forEachWindow(of: examples, progress) { window in
      let ours = try scorer.score(window, policy: policy)
      let theirs = try referencePolicy.map { try scorer.score(window, policy: $0) } ?? ours
      for (index, example) in window.enumerated() {
        let row = ScoreRow(
          example: example, policy: ours[index], reference: theirs[index], beta: beta)
        correct += row.margin > 0 ? 1 : row.margin == 0 ? 0.5 : 0
        try file.append(row.json(withTokens: tokens).text() + "\n")
      }
    }
    try file.commit()
    progress.clear()
    summarise(examples.count, correct: correct)
  }

  /// Pairs that are scored together: what is held in memory, however many there are.
  private static let window = 1024

  /// Hands out the examples in order, some at a time.
  private func forEachWindow(
    of examples: ExampleList, _ progress: ProgressLine,
    _ body: ([TokenizedExample]) throws -> Void
  ) throws {
    for start in stride(from: 0, to: examples.count, by: Self.window) {
      try Interruption.check()
      let end = min(examples.count, start + Self.window)
      try body(try examples[start..<end])
      progress.update(stage: "scoring", completed: end, total: examples.count, unit: "pairs")
    }
  }

  /// Scores by a reward model: its numbers are the rewards, and nothing is compared with.
  private func rank(
    _ examples: ExampleList, _ model: LanguageModel, _ policy: Policy, to file: AtomicFile,
    _ progress: ProgressLine
  ) throws {
    guard reference == .base, !tokens else {
      throw CommandError(
        .outOfRange(
          option: reference == .base ? "tokens" : "reference", value: "with a reward model",
          expected: "left out: its scores are of whole answers"))
    }
    let scorer = try Scorer(
      model.decoder, longest: max(1, examples.longest), tokenBudget: microTokens,
      rank: policy.adapter?.configuration.rank ?? 0)
    var correct = 0.0
    try forEachWindow(of: examples, progress) { window in
      let rows = window.map(\.scoredAtEnds)
      for (example, rewards) in zip(rows, try scorer.rewards(rows, policy: policy)) {
        var row = JSONObject()
        row["id"] = .string(example.id)
        row["reward_chosen"] = .number(JSONNumber(rewards[0]))
        row["reward_rejected"] = .number(JSONNumber(rewards[1]))
        correct += rewards[0] > rewards[1] ? 1 : rewards[0] == rewards[1] ? 0.5 : 0
        try file.append(JSON.object(row).text() + "\n")
      }
    }
    try file.commit()
    progress.clear()
    summarise(examples.count, correct: correct)
  }

  /// nil where the reference is the policy itself.
  private func referencePolicy(_ model: LanguageModel) throws -> Policy? {
    switch reference {
    case .base: adapter == nil ? nil : model.basePolicy
    case .adapter(let folder): try model.policy(adapter: folder)
    }
  }

  /// Encodes every pair once, to know that all can be scored and how long they are; each is encoded again when its
  /// turn comes.
  private func encode(
    _ pairs: PairIndex, _ model: LanguageModel, _ progress: ProgressLine
  ) throws -> ExampleList {
    let encoder = try ExampleEncoder(
      model,
      options: EncodingOptions(
        promptFormat: encoding.promptFormat, trainOn: encoding.trainOn,
        maxLength: model.architecture.maxPositions, truncation: .error,
        onMismatch: encoding.onMismatch))
    @Sendable func example(_ row: Int) throws -> TokenizedExample {
      let pair = try pairs[row]
      let outcome: ExampleEncoder.Outcome
      do throws(ModelError) { outcome = try encoder.encode(pair, index: row) } catch {
        guard case .tooLong(let row, let tokens, let limit, _) = error.code else { throw error }
        throw ModelError(.beyondContext(row: row, tokens: tokens, context: limit))
      }
      switch outcome {
      case .example(let example): return example
      case .dropped(let dropped):
        throw CommandError(
          .row(
            path: dropped.row.file, line: dropped.row.line,
            problem: "the pair cannot be scored: \(dropped.reason.name)"))
      }
    }
    var list = ExampleList(make: example)
    for row in 0..<pairs.count {
      if row % Self.window == 0 {
        try Interruption.check()
        progress.update(stage: "encoding", completed: row, total: pairs.count, unit: "pairs")
      }
      list.append(try example(row), row: row)
    }
    return list
  }

  private func summarise(_ count: Int, correct: Double) {
    Terminal.output.line("\(count) \(count == 1 ? "pair" : "pairs") scored -> \(output)")
    guard adapter != nil || reference != .base else { return }
    let interval = Interval.wilson(successes: correct, trials: count)
    Terminal.output.line(
      "chosen answer rewarded more in \(NumberText.percent(correct / Double(max(count, 1)))) "
        + "(95 %: \(NumberText.percent(interval.lower)) … \(NumberText.percent(interval.upper)); ties count half)"
    )
  }
}

/// One line of scores.jsonl.
struct ScoreRow {
  let example: TokenizedExample
  /// Chosen, rejected.
  let policy: [BranchScore]
  let reference: [BranchScore]
  let beta: Double

  /// β · (log π − log π_ref) of a branch.
  func reward(_ branch: Int) -> Double { beta * (policy[branch].sum - reference[branch].sum) }

  /// By how much the chosen answer is rewarded more.
  var margin: Double { reward(0) - reward(1) }

  func json(withTokens: Bool) -> JSON {
    var row = JSONObject()
    func set(_ key: String, _ value: Double) { row[key] = .number(JSONNumber(value)) }
    row["id"] = .string(example.id)
    set("chosen_logps", policy[0].sum)
    set("rejected_logps", policy[1].sum)
    set("ref_chosen_logps", reference[0].sum)
    set("ref_rejected_logps", reference[1].sum)
    row["chosen_tokens"] = .number(JSONNumber(example.branches[0].scored.count))
    row["rejected_tokens"] = .number(JSONNumber(example.branches[1].scored.count))
    set("reward_chosen", reward(0))
    set("reward_rejected", reward(1))
    guard withTokens else { return .object(row) }
    for (branch, name) in ["chosen", "rejected"].enumerated() {
      row["\(name)_token_ids"] = .array(
        example.scoredTokens(branch).map { .number(JSONNumber(Int($0))) })
      row["\(name)_token_logps"] = Self.list(policy[branch].tokenLogProbabilities)
      row["ref_\(name)_token_logps"] = Self.list(reference[branch].tokenLogProbabilities)
    }
    return .object(row)
  }

  private static func list(_ values: [Float]) -> JSON {
    .array(values.map { .number(JSONNumber(Double($0))) })
  }
}

extension TokenizedExample {
  /// The ids of a branch's scored tokens.
  func scoredTokens(_ branch: Int) -> [Int32] {
    branches[branch].scored.map { index in
      index < prompt.count ? prompt[index] : branches[branch].tokens[index - prompt.count]
    }
  }
}
