import ArgumentParser
import PenchantTuning

/// `penchant tune`: preference tuning.
struct Tune: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a model on pairs of answers with the preferred one marked.",
    discussion: """
      Reads the pairs, says what they are made of and what the run will need, trains an adapter (or with --full \
      the weights), measures on held-out prompts, and ends with a verdict and the next command to type. The run \
      folder holds config.yaml, metrics.jsonl, pairs.jsonl, dropped.jsonl, adapter/ and checkpoints/.

      Ctrl-C stops after a checkpoint; --resume goes on from there, bit for bit.

      Example:
        penchant tune --model Examples/tiny-model \\
          --data Examples/pairs.jsonl --output runs/first
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup(title: "Objective") var objectiveOptions: ObjectiveOptions

  func validate() throws { try session.asked.check() }

  func run() throws { try session.run() }

  private var session: TuneSession {
    var asked = options.configuration
    objectiveOptions.apply(to: &asked)
    return TuneSession(asked: asked, options: options)
  }
}
