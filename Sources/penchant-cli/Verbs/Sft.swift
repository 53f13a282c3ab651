import ArgumentParser
import PenchantModel
import PenchantTuning

/// `penchant sft`: supervised tuning on answers as they are.
struct Sft: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a model on answers as they are.",
    discussion: """
      Learns the answers of conversations ({messages}, sharegpt's {conversations}), of {prompt, completion} rows, \
      or the chosen ones of preference pairs; rejected answers are left aside. Trains an adapter, or with --full \
      the weights; the run folder is that of tune.

      In conversations every turn of the assistant counts (--train-on last-turn takes the last alone).

      Example:
        penchant sft --model Examples/tiny-model \\
          --data Examples/pairs.jsonl --output runs/taught
      """)

  // Hidden, so that a run's own config.yaml can be given back.
  @OptionGroup(visibility: .hidden) var objectiveOptions: ObjectiveOptions
  @OptionGroup var options: RunOptions

  func validate() throws {
    guard ["sft", ObjectiveOptions.standard].contains(objectiveOptions.objective) else {
      throw CommandError(
        .outOfRange(option: "objective", value: objectiveOptions.objective, expected: "sft"))
    }
    try session.asked.check()
  }

  func run() throws { try session.run() }

  private var session: TuneSession {
    var asked = options.configuration
    objectiveOptions.apply(to: &asked)
    asked.objective = "sft"
    asked.trainOn = asked.trainOn ?? .assistant
    return TuneSession(asked: asked, options: options)
  }
}
