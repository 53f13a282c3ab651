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
    do {
      let words = try CommandWords.resolve(words, catalog: OptionCatalog())
      var command = try Penchant.parseAsRoot(words)
      try command.run()
      return .done
    } catch {
      return report(error, verb: words.first.flatMap { $0.hasPrefix("-") ? nil : $0 })
    }
  }

  /// Says what went wrong, or prints the help that was asked for.
  private static func report(_ error: any Error, verb: String?) -> ExitStatus {
    if let signal = Interruption.signalNumber {
      // Whatever gave way, it gave way because it was asked to.
      Terminal.error.line(Interruption.word(for: signal))
      return .signalled(signal)
    }
    if let status = error as? FinishedWith { return status.status }
    if let failure = error as? any PenchantFailure {
      return show(failure)
    }
    if Penchant.exitCode(for: error) == .success {
      Terminal.output.line(Penchant.fullMessage(for: error))
      return .done
    }
    // The parser begins its sentences with a capital letter, ours follow "error:".
    let text = Penchant.message(for: error)
    let first = text.prefix(1).lowercased()
    return show(CommandError(.unparsable(verb: verb, text: first + text.dropFirst())))
  }

  private static func show(_ failure: any PenchantFailure) -> ExitStatus {
    let label = Terminal.error.style("error:", .bold, .red)
    Terminal.error.write("\(label) \(failure.message)\n")
    if let remedy = failure.remedy { Terminal.error.write("  \(remedy)\n") }
    return ExitStatus(failure.category)
  }
}

/// Ends a command whose answer is "no" after it has said so itself.
struct FinishedWith: Error {
  let status: ExitStatus
}
