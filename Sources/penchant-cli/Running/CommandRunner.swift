import ArgumentParser
import PenchantCore

/// Takes a command line from its words to its exit status.
enum CommandRunner {
  static func run(_ words: [String]) -> ExitStatus {
    let status = obey(words)
    // Whoever reads the output must learn that it is not whole; other failures were said already.
    if [.done, .answeredNo].contains(status), let failure = Terminal.failure {
      return show(failure)
    }
    return status
  }

  private static func obey(_ words: [String]) -> ExitStatus {
    let verb = words.first.flatMap { $0.hasPrefix("-") ? nil : $0 }
    var resolved: CommandWords.Resolved?
    do {
      let known = try CommandWords.resolve(words, catalog: OptionCatalog())
      resolved = known
      var command = try Penchant.parseAsRoot(known.words)
      // From here on what goes wrong is no longer what the words said.
      resolved = nil
      try command.run()
      return .done
    } catch {
      return report(error, verb: verb) { resolved?.place(of: $0) ?? "" }
    }
  }

  /// Says what went wrong, or prints the help that was asked for.
  /// - Parameter place: where what a sentence speaks of stands, if not on the command line.
  private static func report(
    _ error: any Error, verb: String?, place: (String) -> String
  ) -> ExitStatus {
    if let signal = Interruption.signalNumber {
      // Whatever gave way, it gave way because it was asked to.
      Terminal.error.line(Interruption.word(for: signal))
      return .signalled(signal)
    }
    if let status = error as? FinishedWith { return status.status }
    if let failure = error as? any PenchantFailure { return show(failure) }
    if Penchant.exitCode(for: error) == .success {
      Terminal.output.line(Penchant.fullMessage(for: error))
      return .done
    }
    // Of a failure that an option's own check threw the parser hands on the description: message and remedy.
    let text = Penchant.message(for: error)
    let lines = text.split(separator: "\n", maxSplits: 1).map(String.init)
    if lines.count > 1, lines[1].hasPrefix("  ") {
      return show(
        place(lines[0]) + lines[0], remedy: String(lines[1].dropFirst(2)), .wrongInput)
    }
    // The parser begins its sentences with a capital letter, ours follow "error:".
    let sentence = text.prefix(1).lowercased() + text.dropFirst()
    return show(CommandError(.unparsable(verb: verb, text: place(sentence) + sentence)))
  }

  private static func show(_ failure: any PenchantFailure) -> ExitStatus {
    show(failure.message, remedy: failure.remedy, ExitStatus(failure.category))
  }

  private static func show(
    _ message: String, remedy: String?, _ status: ExitStatus
  ) -> ExitStatus {
    Terminal.error.line("\(Terminal.error.style("error:", .bold, .red)) \(message)")
    if let remedy { Terminal.error.line("  \(remedy)") }
    return status
  }
}

/// Ends a command whose answer is "no" after it has said so itself.
struct FinishedWith: Error {
  let status: ExitStatus
}
