import ArgumentParser
import PenchantModel
import PenchantTuning

/// `penchant reward`: a reward model.
struct Reward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tune a model to score answers (Bradley-Terry).",
    discussion: """
      Trains an adapter and a score head on pairs; a row's margin asks for that much difference. The adapter loads \
      in PEFT as a sequence classifier of one label, and score uses it to rank answers; the run folder is that of tune.

      Example:
        penchant reward --model Examples/tiny-model \\
          --data Examples/pairs.jsonl --output runs/reward
      """)

  @OptionGroup var options: RunOptions
  // Hidden, so that a run's own config.yaml can be given back.
  @OptionGroup(visibility: .hidden) var objectiveOptions: ObjectiveOptions

  func validate() throws {
    guard ["reward", ObjectiveOptions.standard].contains(objectiveOptions.objective) else {
      throw CommandError(
        .outOfRange(option: "objective", value: objectiveOptions.objective, expected: "reward"))
    }
    try session.asked.check()
  }

  func run() throws { try session.run() }

  private var session: TuneSession {
    var asked = options.configuration
    objectiveOptions.apply(to: &asked)
    asked.objective = "reward"
    return TuneSession(asked: asked, options: options)
  }
}
