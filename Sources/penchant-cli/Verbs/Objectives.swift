import ArgumentParser
import PenchantCore
import PenchantTuning

/// `penchant objectives`: what can be chosen.
struct Objectives: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What can be chosen with --objective, with formula and when to use it.",
    discussion: """
      rho is the log-probability of an answer under the policy minus that under the reference, summed over \
      its tokens; s is rho, or its map under --f-divergence; n counts an answer's tokens; r is beta rho.

      Lists weigh several: --objective sigmoid:1,sft:0.5. docs/objectives/ has a page on each.

      Example:
        penchant objectives
        penchant objectives simpo
      """)

  @Argument(help: "Show this one alone, with its options.")
  var name: String?

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var configurationOption: ConfigurationOption

  func run() throws {
    let shown = try name.map { [try ObjectiveCatalog.entry(named: $0)] } ?? ObjectiveCatalog.entries
    let out = Terminal.output
    if json {
      let list = shown.map(Self.json)
      out.line((name == nil ? JSON.array(list) : list[0]).text(.pretty))
      return
    }
    for entry in shown {
      let aliases = entry.aliases.isEmpty ? "" : " (also: \(entry.aliases.joined(separator: ", ")))"
      out.line(out.style(entry.name, .bold) + aliases)
      out.line("  loss   \(entry.formula)")
      out.line("  use    \(entry.use)")
      out.line("  needs  \(entry.needs)")
      if name != nil { details(of: entry, out) }
    }
  }

  private func details(of entry: ObjectiveEntry, _ out: Terminal) {
    for (index, parameter) in entry.parameters.enumerated() {
      let label = index == 0 ? "takes" : "     "
      out.line(
        "  \(label)  --\(parameter.option.rawValue), default \(Self.number(parameter.standard)): \(parameter.reason)"
      )
    }
    if !entry.modifiers.isEmpty {
      out.line("  also   " + entry.modifierOptions.map { "--\($0)" }.joined(separator: ", "))
    }
    out.line("  lists  " + (entry.mixes ? "can be a term of a weighted list" : "stands alone"))
    out.line("  from   \(entry.source)")
    out.line("  page   docs/objectives/\(entry.name).md")
  }

  private static func number(_ value: Double) -> String { JSON.number(JSONNumber(value)).text() }

  private static func json(_ entry: ObjectiveEntry) -> JSON {
    .object(
      JSONObject([
        "name": .string(entry.name), "aliases": .array(entry.aliases.map { .string($0) }),
        "formula": .string(entry.formula), "use": .string(entry.use),
        "rows": .string(entry.rows.rawValue), "reference": .bool(entry.hasReference),
        "options": .array(
          entry.parameters.map { parameter in
            .object(
              JSONObject([
                "option": .string(parameter.option.rawValue),
                "default": .number(JSONNumber(parameter.standard)),
                "reason": .string(parameter.reason),
              ]))
          }), "modifiers": .array(entry.modifierOptions.map { .string($0) }),
        "mixes": .bool(entry.mixes), "source": .string(entry.source),
      ]))
  }
}

extension ObjectiveEntry {
  /// The options of its modifiers, in their order.
  fileprivate var modifierOptions: [String] {
    ObjectiveModifier.allCases.filter(modifiers.contains).map(\.rawValue)
  }
}
