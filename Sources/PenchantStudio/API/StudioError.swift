package import PenchantCore

/// Why the labelling studio could not do what it was asked.
package struct StudioError: PenchantFailure, Equatable {
  package enum Code: Sendable, Equatable {
    // What a browser may meet.

    /// A member of a request is missing, or is not what it must be.
    case malformedRequest(key: String, expected: String)
    /// The cookie, if there is one, belongs to nobody.
    case notAdmitted
    /// Only the host may do that.
    case hostOnly
    /// A link that never was, or was replaced by a newer one.
    case unknownLink
    /// A link that another browser followed already.
    case linkUsed
    /// There is no such task, or it is another annotator's.
    case unknownTask
    /// The task is judged already, by another request.
    case taskClosed
    /// The task lay too long, and the item has all the judgements it wants without it.
    case taskExpired
    /// There is no such judgement of this annotator, or it was taken back already.
    case unknownJudgement
    /// The uuid stands for another request already.
    case uuidReused
    /// An annotator of that name exists.
    case nameTaken
    /// The disk is full: nothing is accepted that could not be kept.
    case diskFull
    /// The studio is being closed.
    case closed

    // What the person at the terminal may meet.

    /// Another process has the store open; its number, if known.
    case inUse(path: String, process: Int?)
    /// The file is there and is something else.
    case notAStore(path: String)
    /// There is no store.
    case noStore(path: String)
    /// The store was made by a later version.
    case newerSchema(path: String, found: Int, supported: Int)
    /// SQLite finds the file damaged.
    case damaged(path: String, problem: String)
    /// A file cannot be read.
    case unreadable(CoreError)
    /// A file cannot be written.
    case unwritable(CoreError)
    /// SQLite gave up; its result code.
    case database(code: Int)
    /// A row to judge has one answer only.
    case oneAnswer(file: String, line: Int)
    /// A store without items.
    case nothingToJudge(path: String)
    /// A gold question must say which answer is right; the row has more than two.
    case goldNotAPair(file: String, line: Int)
    /// The server cannot listen there; `errno` is the system's number, if it was the system that refused.
    case cannotListen(host: String, port: Int, errno: Int32?)
  }

  package let code: Code

  package init(_ code: Code) { self.code = code }
}
