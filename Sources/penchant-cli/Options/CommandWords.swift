import PenchantCore
import PenchantTuning

/// Prepares the words of a command line for the parser: unknown options get a helpful answer, and what a
/// `--config` file sets is put before the words of the command line.
///
/// There is one parser: a file's keys become the words that would say the same. A key that also stands on
/// the command line is left out, so the command line wins, for lists too. A flag set in the file is taken
/// back by `--flag=false`.
enum CommandWords {
  /// Words for the parser.
  struct Resolved {
    let words: [String]
    /// The file that some of them come from.
    fileprivate(set) var file: ConfigurationFile?
    /// Options that the command line gave itself.
    fileprivate(set) var given: Set<String> = []

    /// `FILE:LINE: ` where a sentence speaks of an option that the file gave; else nothing.
    func place(of sentence: String) -> String {
      file?.line(of: sentence, except: given).map { "\(file?.path ?? ""):\($0): " } ?? ""
    }
  }

  static func resolve(_ words: [String], catalog: OptionCatalog) throws(CommandError) -> Resolved {
    guard let verb = words.first, !verb.hasPrefix("-") else { return Resolved(words: words) }
    guard catalog.options[verb] != nil else {
      if Penchant.optionalVerbs.contains(verb) { throw CommandError(.verbLeftOut(name: verb)) }
      throw CommandError(
        .unknownVerb(name: verb, nearest: nearestName(to: verb, in: catalog.options.keys.sorted())))
    }
    let rest = words.dropFirst()
    guard verb != "help", !rest.contains("--help"), !rest.contains("-h") else {
      return Resolved(words: words)
    }

    var given: Set<String> = []
    var kept: [String] = []
    var waiting = rest
    while let word = waiting.popFirst() {
      guard let (name, value) = split(word) else {
        kept.append(word)
        continue
      }
      guard let option = catalog.option(name, of: verb) else {
        let (nearest, ours) = catalog.suggestion(for: name, of: verb)
        throw CommandError(.unknownOption(name: name, verb: verb, nearest: nearest, ours: ours))
      }
      given.insert(name)
      switch (option.isFlag, value) {
      case (true, "true"): kept.append("--\(name)")
      case (true, "false"): break
      case (false, nil) where waiting.first.map(isNegativeNumber) ?? false:
        // To the parser a word that begins with a dash is an option; attached it is a value, which may be refused.
        kept.append("\(word)=\(waiting.removeFirst())")
      default: kept.append(word)
      }
    }
    var path: String?
    if verb == "convert" {
      // There the file is another trainer's, and what is converted.
    } else if let named = configurationPath(kept) {
      path = named
    } else if given.contains("resume"), let saved = savedConfiguration(kept) {
      // Where the run is and that it goes on is said here; all else was said when it began.
      path = saved
      given.formUnion(["output", "overwrite"])
    }
    guard let path else { return Resolved(words: [verb] + kept) }
    let file = try ConfigurationFile(path: path)
    let said = try file.words(verb: verb, catalog: catalog, except: given)
    return Resolved(words: [verb] + said + kept, file: file, given: given)
  }

  /// The name and the attached value of a long option; nil for any other word.
  private static func split(_ word: String) -> (name: String, value: String?)? {
    guard word.hasPrefix("--"), word.utf8.count > 2 else { return nil }
    let parts = word.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return (String(parts[0]), parts.count > 1 ? String(parts[1]) : nil)
  }

  private static func isNegativeNumber(_ word: String) -> Bool {
    word.hasPrefix("-") && Double(word) != nil
  }

  private static func configurationPath(_ words: [String]) -> String? { value("config", words) }

  /// The configuration that the run in `--output` was begun with, if there is one.
  private static func savedConfiguration(_ words: [String]) -> String? {
    let path = value("output", words).map { RunDirectory($0).configuration }
    return path.flatMap { FileSystem.isRegularFile($0) ? $0 : nil }
  }

  private static func value(_ option: String, _ words: [String]) -> String? {
    let attached = "--\(option)="
    for (index, word) in words.enumerated() {
      if word.hasPrefix(attached) { return String(word.dropFirst(attached.count)) }
      if word == "--\(option)", index + 1 < words.count { return words[index + 1] }
    }
    return nil
  }
}
