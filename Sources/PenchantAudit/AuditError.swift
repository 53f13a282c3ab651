package import PenchantCore

/// Why an audit, or a patch, could not be made or applied.
package struct AuditError: PenchantFailure, Equatable {
  package enum Code: Sendable, Equatable {
    /// A file cannot be read.
    case unreadable(CoreError)
    /// The report cannot be written.
    case unwritable(CoreError)
    /// A row has one answer only; there is nothing to compare.
    case oneAnswer(file: String, line: Int)
    /// A line of a patch is no edit.
    case patchMalformed(path: String, line: Int)
    /// Two lines of a patch edit the same row.
    case patchRepeatsRow(path: String, line: Int)
    /// Rows of a patch are not in the data, or are not what they were; the first of them.
    case patchRowsNotFound(count: Int, file: String, row: Int)
  }

  package let code: Code

  package init(_ code: Code) { self.code = code }
}
