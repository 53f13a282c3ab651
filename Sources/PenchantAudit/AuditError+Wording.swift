package import PenchantCore

extension AuditError {
  package var category: FailureCategory {
    switch code {
    case .unreadable(let cause), .unwritable(let cause): cause.category
    case .oneAnswer, .patchMalformed, .patchRepeatsRow, .patchRowsNotFound: .input
    }
  }

  package var identifier: String {
    switch code {
    case .unreadable: "audit-unreadable"
    case .unwritable: "audit-unwritable"
    case .oneAnswer: "audit-one-answer"
    case .patchMalformed: "patch-malformed"
    case .patchRepeatsRow: "patch-repeats-row"
    case .patchRowsNotFound: "patch-rows-not-found"
    }
  }

  package var message: String {
    switch code {
    case .unreadable(let cause), .unwritable(let cause): cause.message
    case .oneAnswer(let file, let line):
      "\(file):\(line): the row has one answer, an audit compares two"
    case .patchMalformed(let path, let line): "\(path):\(line): not an edit of a row"
    case .patchRepeatsRow(let path, let line):
      "\(path):\(line): the row is edited by an earlier line already"
    case .patchRowsNotFound(let count, let file, let row):
      "\(count) \(count == 1 ? "row" : "rows") of the patch cannot be found in the data; the first is row \(row) of \(file)"
    }
  }

  package var remedy: String? {
    switch code {
    case .unreadable(let cause), .unwritable(let cause): cause.remedy
    case .oneAnswer: "give pairs; rows with one answer are for penchant sft"
    case .patchMalformed:
      "a line holds row, file, fingerprint and action (drop, flip, or soften with a confidence between 0 and 1)"
    case .patchRepeatsRow: "keep one line a row"
    case .patchRowsNotFound: "the data changed since the audit: run penchant audit again"
    }
  }
}
