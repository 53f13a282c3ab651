package import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension StudioError {
  package var category: FailureCategory {
    switch code {
    case .unreadable(let cause), .unwritable(let cause): cause.category
    case .malformedRequest, .notAdmitted, .hostOnly, .unknownLink, .linkUsed, .unknownTask,
      .taskClosed, .taskExpired, .unknownJudgement, .uuidReused, .nameTaken:
      .usage
    case .inUse, .notAStore, .noStore, .newerSchema, .damaged, .oneAnswer, .nothingToJudge,
      .goldNotAPair:
      .input
    case .diskFull, .closed, .database, .cannotListen: .runtime
    }
  }

  package var identifier: String {
    switch code {
    case .malformedRequest: "malformed-request"
    case .notAdmitted: "not-admitted"
    case .hostOnly: "host-only"
    case .unknownLink: "unknown-link"
    case .linkUsed: "link-used"
    case .unknownTask: "unknown-task"
    case .taskClosed: "task-closed"
    case .taskExpired: "task-expired"
    case .unknownJudgement: "unknown-judgement"
    case .uuidReused: "uuid-reused"
    case .nameTaken: "name-taken"
    case .diskFull: "disk-full"
    case .closed: "studio-closed"
    case .inUse: "store-in-use"
    case .notAStore: "not-a-store"
    case .noStore: "no-store"
    case .newerSchema: "newer-schema"
    case .damaged: "store-damaged"
    case .unreadable: "studio-unreadable"
    case .unwritable: "studio-unwritable"
    case .database: "database"
    case .oneAnswer: "one-answer"
    case .nothingToJudge: "nothing-to-judge"
    case .goldNotAPair: "gold-not-a-pair"
    case .cannotListen: "cannot-listen"
    }
  }

  /// The status of an HTTP answer that carries this error.
  package var httpStatus: Int {
    switch code {
    case .malformedRequest: 400
    case .notAdmitted: 401
    case .hostOnly, .unknownLink, .linkUsed: 403
    case .unknownTask, .unknownJudgement: 404
    case .taskClosed, .taskExpired, .uuidReused, .nameTaken: 409
    case .diskFull: 507
    case .closed: 503
    default: 500
    }
  }

  package var message: String {
    switch code {
    case .malformedRequest(let key, let expected): "'\(key)' must be \(expected)"
    case .notAdmitted: "this browser is not admitted"
    case .hostOnly: "only the host may do that"
    case .unknownLink: "this link is not valid, or was replaced by a newer one"
    case .linkUsed: "this link was followed by another browser already"
    case .unknownTask: "there is no such task for this annotator"
    case .taskClosed: "the task is judged already"
    case .taskExpired: "the task went to somebody else in the meantime"
    case .unknownJudgement: "there is no such judgement to take back"
    case .uuidReused: "the uuid stands for another request already"
    case .nameTaken: "there is an annotator of this name"
    case .diskFull: "the disk is full or cannot be written: judgements cannot be kept"
    case .closed: "the studio is closing"
    case .inUse(let path, let process):
      "\(path) is open in another process\(process.map { " (\($0))" } ?? "")"
    case .notAStore(let path): "\(path) is not a label store"
    case .noStore(let path): "there is no label store \(path)"
    case .newerSchema(let path, let found, let supported):
      "\(path) was made by a later version of Penchant (schema \(found), this one knows \(supported))"
    case .damaged(let path, let problem): "\(path) is damaged: \(problem)"
    case .unreadable(let cause), .unwritable(let cause): cause.message
    case .database(let code): "the label store cannot go on (SQLite's result code \(code))"
    case .oneAnswer(let file, let line):
      "\(file):\(line): the row has one answer, judging compares two"
    case .nothingToJudge(let path): "\(path) holds nothing to judge"
    case .goldNotAPair(let file, let line):
      "\(file):\(line): a gold question has two answers, and the chosen one is right"
    case .cannotListen(let host, let port, let number):
      "the studio cannot listen on \(host):\(port): "
        + (number.map(CoreError.systemText) ?? "there is no such address")
    }
  }

  package var remedy: String? {
    switch code {
    case .malformedRequest, .notAdmitted, .unknownTask, .taskClosed, .unknownJudgement,
      .uuidReused, .closed:
      nil
    case .hostOnly: "ask the person who started the studio"
    case .unknownLink, .linkUsed: "ask the host for a new link"
    case .taskExpired: "go on with the next one"
    case .nameTaken: "take another name, or make a new link for this one"
    case .diskFull: "make room; the studio goes on by itself, and nothing acknowledged is lost"
    case .inUse: "one server has a store at a time; close the other, or use its results page"
    case .notAStore: "name another file with --store; nothing was changed"
    case .noStore: "give --data or --model with --prompts to make one"
    case .newerSchema: "use that version; nothing was changed"
    case .damaged: "restore it from a backup; nothing was changed"
    case .unreadable(let cause), .unwritable(let cause): cause.remedy
    case .database: "nothing acknowledged is lost; start it again"
    case .oneAnswer: "give pairs or ranked lists, or generate answers with --model and --prompts"
    case .nothingToJudge: "give --data or --model with --prompts"
    case .goldNotAPair: nil
    case .cannotListen(_, _, EADDRINUSE?):
      "choose another port with --port; 0 takes any that is free"
    case .cannotListen(_, _, EACCES?):
      "choose a port above 1023 with --port; 0 takes any that is free"
    case .cannotListen:
      "--host takes an address of this machine: 127.0.0.1 for this machine alone, 0.0.0.0 for all it has"
    }
  }
}
