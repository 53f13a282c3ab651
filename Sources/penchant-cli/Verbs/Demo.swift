import ArgumentParser
import PenchantCore

/// `penchant demo`: the whole loop on what travels in the program.
struct Demo: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "See preference tuning work, in about a minute, on what travels in the program.",
    discussion: """
      Tunes a small model towards one of two styles it knows alike, and measures on topics whose preference it has \
      not seen, beside the controls a reviewer would ask for: labels swapped, half of them swapped, supervised \
      tuning on the preferred answers. Nothing is downloaded; the model and every run are left in --output.

      Example:
        penchant demo --output runs/demo --overwrite
      """)

  @Option(help: ArgumentHelp("What every random choice is derived from.", valueName: "n"))
  var seed = 1

  @Option(help: "The style that people are supposed to like.")
  var prefer = DemoStyle.friendly

  @Flag(help: "The base model and the tuned one only, without the controls.")
  var quick = false

  @Flag(
    help: """
      Instead: plant an opener in three of ten liked answers; see the audit name it, tuning copy it and the patch \
      cure it.
      """)
  var bias = false

  @Flag(help: "Measure on the validation topics, on which the recipe was chosen.")
  var validation = false

  @Option(help: ArgumentHelp("Folder for the model and the runs.", valueName: "folder"))
  var output = "runs/demo"

  @Flag(help: "Print the figures as JSON; the rest goes to the error output.")
  var json = false

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @OptionGroup var configurationOption: ConfigurationOption

  func validate() throws {
    if bias, quick {
      throw CommandError(
        .conflict("bias", "quick", reason: "the planted opener has arms of its own"))
    }
    guard seed >= 0 else {
      throw CommandError(.outOfRange(option: "seed", value: "\(seed)", expected: "0 or more"))
    }
  }

  func run() throws {
    let arms: [DemoArm] = quick ? [.before, .dpo] : DemoArm.allCases
    try DemoFolder(
      path: output,
      runs: bias ? DemoBias.runs : arms.filter { $0 != .before }.map(\.rawValue)
    ).prepare(overwrite: overwrite)
    if bias {
      let outcome = try DemoBias(
        seed: seed, style: prefer, output: output, measuresValidation: validation,
        reporter: DemoReporter(terminal: json ? .error : .output)
      ).run()
      if json {
        let json: JSON = ["bias": outcome.json, "seed": .number(JSONNumber(seed))]
        Terminal.output.line(json.text(.pretty))
      }
      return
    }
    let session = DemoSession(
      seed: seed, style: prefer, output: output, arms: arms,
      measuresValidation: validation, reporter: DemoReporter(terminal: json ? .error : .output))
    let outcomes = try session.run()
    if json { Terminal.output.line(Self.json(outcomes, seed: seed).text(.pretty)) }
  }

  private static func json(_ outcomes: [DemoSession.Outcome], seed: Int) -> JSON {
    var arms = JSONObject()
    for outcome in outcomes {
      let m = outcome.measurement
      arms[outcome.arm.rawValue] = [
        "preferred_share": .number(JSONNumber(m.preferredShare)),
        "preferred_share_interval": [
          .number(JSONNumber(m.interval.lower)), .number(JSONNumber(m.interval.upper)),
        ],
        "facts_kept": .number(JSONNumber(m.factsKept)), "words": .number(JSONNumber(m.words)),
        "garbled": .number(JSONNumber(m.garbled)),
        "pair_accuracy": .number(JSONNumber(outcome.pairAccuracy)),
        "seconds": .number(JSONNumber(outcome.seconds)),
      ]
    }
    return ["arms": .object(arms), "seed": .number(JSONNumber(seed))]
  }
}

extension DemoStyle: ExpressibleByArgument {}
