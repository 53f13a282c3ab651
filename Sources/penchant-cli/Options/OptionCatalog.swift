import ArgumentParser
import PenchantCore

/// The options every verb has, as the parser itself describes them.
struct OptionCatalog {
  /// One option of a verb.
  struct Option {
    /// The long name, without dashes.
    let name: String
    let isFlag: Bool
    let isRepeating: Bool
  }

  /// By verb.
  let options: [String: [Option]]

  /// Reads the description the parser gives of itself, so that there is one list of options.
  init() {
    let description = try? JSON.parse(Array(Penchant._dumpHelp().utf8))
    var options: [String: [Option]] = [:]
    for command in description?["command"]?["subcommands"]?.array ?? [] {
      guard let verb = command["commandName"]?.string else { continue }
      options[verb] = (command["arguments"]?.array ?? []).flatMap(Self.options)
    }
    options["help"] = []
    self.options = options
  }

  private static func options(_ argument: JSON) -> [Option] {
    (argument["names"]?.array ?? []).compactMap { name in
      guard name["kind"]?.string == "long", let text = name["name"]?.string else { return nil }
      return Option(
        name: text, isFlag: argument["kind"]?.string == "flag",
        isRepeating: argument["isRepeating"]?.bool ?? false)
    }
  }

  func option(_ name: String, of verb: String) -> Option? {
    options[verb]?.first { $0.name == name }
  }

  /// What an unknown name probably meant: our name for another trainer's, or the nearest of ours.
  func suggestion(for name: String, of verb: String) -> (nearest: String?, ours: ForeignName?) {
    if let foreign = ForeignName.translation(of: name),
      foreign.option.map({ option($0, of: verb) != nil }) ?? true
    {
      return (nil, foreign)
    }
    return (nearestName(to: name, in: options[verb]?.map(\.name) ?? []), nil)
  }
}
