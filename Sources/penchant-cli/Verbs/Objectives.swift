import ArgumentParser
import PenchantCore
import PenchantTuning

/// `penchant objectives`: what can be chosen.
struct Objectives: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What can be chosen with --objective, with formula and when to use it.",
    discussion: """
      rho is the log-probability of an answer under the policy minus that under the reference, summed over \
      its tokens.

      Example:
        penchant objectives
      """)

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var configurationOption: ConfigurationOption

  func run() {
    if json {
      let list = ObjectiveCatalog.entries.map { entry in
        JSON.object(
          JSONObject([
            "name": .string(entry.name), "aliases": .array(entry.aliases.map { .string($0) }),
            "formula": .string(entry.formula), "use": .string(entry.use),
          ]))
      }
      Terminal.output.line(JSON.array(list).text(.pretty))
      return
    }
    for entry in ObjectiveCatalog.entries {
      let aliases = entry.aliases.isEmpty ? "" : " (also: \(entry.aliases.joined(separator: ", ")))"
      Terminal.output.line(Terminal.output.style(entry.name, .bold) + aliases)
      Terminal.output.line("  loss  \(entry.formula)")
      Terminal.output.line("  use   \(entry.use)")
    }
  }
}
