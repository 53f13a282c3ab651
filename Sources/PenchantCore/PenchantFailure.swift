/// What kind of trouble a failure is; the command line turns it into an exit code.
package enum FailureCategory: String, Sendable, Equatable {
  /// The command was wrong: an unknown option, a value out of range (exit code 2).
  case usage
  /// A file or a value that came from outside is wrong (exit code 2).
  case input
  /// Everything worked and the answer is "no": a verification failed (exit code 1).
  case answer
  /// The work began and could not be finished: a non-finite loss, no memory, a full disk (exit code 3).
  case runtime
}

/// An error that can be shown to the person who caused it.
///
/// Each room declares one struct that conforms to this, with a closed `Code` that holds facts (paths,
/// line numbers, names, counts), and keeps the wording in a file of its own beside it
/// (`<Room>Error+Wording.swift`), where tests compare it verbatim. User text (prompts, answers) is never
/// part of a failure: say where it stands, not what it says.
package protocol PenchantFailure: Error, Sendable, CustomStringConvertible {
  /// What kind of trouble it is.
  var category: FailureCategory { get }
  /// A stable name for programs, in kebab case: `file-not-found`.
  var identifier: String { get }
  /// What is wrong and where, in one sentence without a final full stop.
  var message: String { get }
  /// What to do about it, in one sentence without a final full stop; nil where nothing can be said.
  var remedy: String? { get }
}

extension PenchantFailure {
  /// The message and, on a second line, the remedy.
  package var description: String {
    guard let remedy else { return message }
    return "\(message)\n  \(remedy)"
  }
}
