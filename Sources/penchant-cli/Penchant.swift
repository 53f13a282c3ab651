import ArgumentParser

/// The root command: what `penchant` alone offers.
struct Penchant: ParsableCommand {
  /// Changes with every release.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "penchant",
    abstract: "Tunes a language model towards what people prefer.",
    discussion: """
      A model folder and pairs of answers with the preferred one marked go in; a tuned adapter that other \
      tools load comes out, with numbers that can be checked.

      Every command has --help with an example. A YAML file given as --config sets any option by its long \
      name, and what stands on the command line wins; for 'convert' it is another trainer's file, and what is \
      converted. Nothing is overwritten without --overwrite.

      Exit codes: 0 done; 1 the answer is "no"; 2 usage or input; 3 started but could not finish; \
      129 hung up; 130 interrupted; 143 terminated.
      """,
    version: version,
    subcommands: verbs)

  /// In the order in which people meet them.
  static let verbs: [any ParsableCommand.Type] =
    [Demo.self, Inspect.self, AuditVerb.self] + label + [
      Tune.self, Sft.self, Reward.self, Report.self, Score.self, Chat.self, Generate.self,
      Convert.self,
    ] + pull + [Objectives.self, Bench.self]

  /// Verbs that a build can be made without: each has a trait in Package.swift.
  static let optionalVerbs: Set<String> = ["label", "pull"]

  #if Studio
    private static let label: [any ParsableCommand.Type] = [Label.self]
  #else
    private static let label: [any ParsableCommand.Type] = []
  #endif

  #if Pull
    private static let pull: [any ParsableCommand.Type] = [Pull.self]
  #else
    private static let pull: [any ParsableCommand.Type] = []
  #endif
}
