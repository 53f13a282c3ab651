import ArgumentParser
import PenchantAudit
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel

/// `penchant audit`: what would be learnt from pairs besides what people meant.
struct AuditVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract:
      "What pairs would teach besides what people meant: defects, duplicates, leaks, biases.",
    discussion: """
      Reads the pairs, runs every check that needs no model, and those that need one with --model, and writes a folder: report.html is a page to read, \
      findings.json the same for programs, patch.jsonl edits (drop, flip, soften) that penchant tune --patch \
      applies. Nothing is changed in the data, nothing leaves the machine. The report quotes rows; keep it as \
      private as the data.

      Exit code 1 says that there is a finding as severe as --fail-on.

      Example:
        penchant audit --data Examples/pairs.jsonl --output audits/first
        penchant audit --data Examples/pairs.jsonl --model Examples/tiny-model \\
          --output audits/second
      """)

  /// From which severity on the exit code is 1.
  enum FailOn: String, ExpressibleByArgument, CaseIterable {
    case block, warn, none
  }

  @OptionGroup(title: "Data") var dataOptions: DataOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files of pairs that will be measured on; their prompts must not be in --data.",
      valueName: "file"))
  var evalData: [String] = []

  @Option(
    help: ArgumentHelp(
      "Folder or hub name of the model that will be tuned: adds what its template, its tokenizer and its own likelihoods say.",
      valueName: "folder"))
  var model: String?

  @OptionGroup(title: "Model") var engine: EngineOptions

  @Option(
    help:
      "How --model reads strings: auto wraps them as a user turn where it has a chat template. (default: auto)"
  )
  var promptFormat: EncodingOptions.PromptFormat?

  @Option(
    help: ArgumentHelp(
      "Tokens of the longest prompt + answer. (default: the context, at most 2048)", valueName: "n")
  )
  var maxLength: Int?

  @Option(
    help: ArgumentHelp(
      "Pairs that --model scores at most, spread over the rows. (default: 200)", valueName: "n"))
  var scorePairs: Int?

  @Option(help: ArgumentHelp("Folder of the report.", valueName: "folder"))
  var output: String

  @Option(help: "The severity from which on the exit code is 1.")
  var failOn = FailOn.block

  @Flag(help: "Replace an existing report.")
  var overwrite = false

  @Flag(help: "Print findings.json; the rest goes to the error output.")
  var json = false

  @OptionGroup var configurationOption: ConfigurationOption

  func validate() throws {
    for (option, value, least) in [("max-length", maxLength, 2), ("score-pairs", scorePairs, 0)] {
      guard let value, value < least else { continue }
      throw CommandError(
        .outOfRange(option: option, value: "\(value)", expected: "at least \(least)"))
    }
    guard model == nil else { return }
    let given = [
      ("max-length", maxLength != nil), ("score-pairs", scorePairs != nil),
      ("prompt-format", promptFormat != nil), ("chat-template", engine.chatTemplate != nil),
      ("dtype", engine.dtype != .bfloat16), ("base-weights", engine.baseWeights != .bf16),
      ("device", engine.device != .auto),
    ]
    if let option = given.first(where: \.1)?.0 {
      throw CommandError(.requires(option: option, other: "model"))
    }
  }

  func run() throws {
    // An audit takes minutes: what is in the way is said before it.
    try AuditFolder.check(output, overwrite: overwrite)
    var inputs = CommandInputs()
    try inputs.add("data", data: dataOptions.data)
    try inputs.add("eval-data", data: evalData)
    try inputs.add(model: model)
    try inputs.add(template: engine.chatTemplate)
    try inputs.add("config", files: [configurationOption.config])
    try inputs.protect(from: [output])
    let terminal: Terminal = json ? .error : .output
    let progress = ProgressLine()
    let started = ContinuousClock.now
    let pairs = try dataOptions.read { terminal.line($0) }
    let evaluation = try dataOptions.reading.read(evalData) { terminal.line($0) }
    let reading = try model.map { folder in
      try ModelReading(
        pairs, model: try engine.load(folder), promptFormat: promptFormat ?? .auto,
        limit: maxLength, sample: scorePairs ?? 200, progress: progress)
    }
    let audit = try Audit(
      pairs, evaluation: evaluation, model: reading, threads: engine.threads,
      progress: progress.handler)
    progress.clear()
    try Interruption.check()
    try AuditFolder.write(
      audit, to: output, version: Penchant.version, overwrite: overwrite)
    let seconds = (ContinuousClock.now - started) / .seconds(1)
    terminal.write(AuditSummary(audit, terminal: terminal, output: output, seconds: seconds).text)
    if json { Terminal.output.line(audit.json(version: Penchant.version).text(.pretty)) }
    if fails(audit.severity) { throw FinishedWith(status: .answeredNo) }
  }

  private func fails(_ severity: Severity?) -> Bool {
    switch failOn {
    case .none: false
    case .warn: severity != nil
    case .block: severity == .block
    }
  }
}
