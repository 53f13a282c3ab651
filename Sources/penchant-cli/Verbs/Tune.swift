import ArgumentParser
import PenchantCore
import PenchantTuning

/// `penchant tune`: preference tuning.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a model on pairs of answers with the preferred one marked.",
    discussion: """
      Reads the pairs, says what they are made of and what the run will need, trains an adapter (or with --full \
      the weights), measures on held-out prompts, and ends with a verdict, a report to look at and the next command to \
      type. The run folder holds report.html, config.yaml, metrics.jsonl, pairs.jsonl, dropped.jsonl, adapter/ and \
      checkpoints/.

      Ctrl-C stops after a checkpoint, and so does a terminal that goes away (nohup keeps the run going); --resume \
      goes on from there, bit for bit, and says where another kind of device makes that impossible.

      Example:
        penchant tune --model Examples/tiny-model \\
          --data Examples/pairs.jsonl --output runs/first
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup(title: "Objective") var objectiveOptions: ObjectiveOptions

  @Option(
    help: ArgumentHelp(
      "Run several times and compare: options with their values, as in \"beta=0.05,0.1,0.3 objective=sigmoid,ipo\"; at most \(SweepPlan.most) runs.",
      valueName: "text"))
  var sweep: String?

  func validate() throws {
    try session.asked.check()
    if let sweep { _ = try SweepPlan(sweep, base: session.asked) }
  }

  func run() throws {
    guard let sweep else { return try session.run() }
    try SweepSession(text: sweep, base: session.asked, options: options).run()
  }

  private var session: TuneSession {
    var asked = options.configuration
    objectiveOptions.apply(to: &asked)
    if objectiveOptions.referenceCache == nil, asked.usesReferenceCache {
      asked.referenceCache = CacheFolder.path("reference") ?? "off"
    }
    return TuneSession(asked: asked, options: options)
  }
}
