package import PenchantCore

/// Why preference data could not be read, split or written.
package struct DataError: PenchantFailure, Equatable {
  /// What went wrong, and where.
  package enum Code: Sendable, Equatable {
    /// The file cannot be opened or read.
    case unreadable(CoreError)
    /// The file cannot be written.
    case unwritable(CoreError)
    /// The file is of a kind that is not read: `csv`, `parquet`, `gzip`, ….
    case unsupportedKind(path: String, kind: String)
    /// The file holds no rows.
    case noRows(path: String)
    /// Every row was skipped; `first` says why the first one was.
    case nothingReadable(path: String, skipped: Int, first: String)
    /// No format has this shape; `members` are the row's keys with their types.
    case unknownShape(RowLocation, members: [String], supported: [String])
    /// A format was asked for that does not exist.
    case unknownFormat(name: String, supported: [String])
    /// A row has the shape of another format than the rows before it.
    case mixedFormats(RowLocation, expected: String, found: String)
    /// The text is not JSON; `column` is a byte, from 1, in the line of the location.
    case malformedJSON(RowLocation, column: Int, phrase: String)
    /// The file is one array, whose elements cannot be told apart from here on.
    case brokenArray(RowLocation, column: Int, phrase: String)
    /// The file is a table, whose records cannot be told apart from here on.
    case brokenTable(RowLocation, column: Int, phrase: String)
    /// A table's record has another number of cells than the header.
    case wrongCellCount(RowLocation, expected: Int, found: Int)
    /// A table's record is not UTF-8.
    case notUTF8(RowLocation)
    /// Parquet files need DuckDB's library, which is not there; `tried` are the names it was looked for by.
    case noDuckDB(path: String, tried: [String])
    /// DuckDB cannot read a Parquet file; `problem` is DuckDB's own sentence.
    case parquetUnreadable(path: String, problem: String)
    /// A row is not a JSON object.
    case notAnObject(RowLocation, found: String)
    /// A member the format needs is missing; `key` is a path such as `chosen[0].role`.
    case missingKey(RowLocation, key: String, format: String)
    /// A member has another JSON type than the format says.
    case wrongType(RowLocation, key: String, expected: String, found: String)
    /// A member has a value outside its range.
    case valueOutOfRange(RowLocation, key: String, expected: String)
    /// A member asks for something that cannot be honoured: `images`.
    case unsupportedMember(RowLocation, key: String)
    /// A speaker that the format does not define.
    case unknownSpeaker(RowLocation, key: String, speaker: String, known: [String])
    /// `prompt` is text and the answers are conversations that begin with another user turn.
    case promptContradicted(RowLocation, key: String)
    /// The two transcripts have no `\n\nAssistant:` turn in common.
    case noSharedTurn(RowLocation)
    /// Rows to measure on are rows to train on; `first` names some.
    case trainedOn(rows: Int, of: Int, first: [EvaluationOverlap.Match])
    /// The share to hold out is not in 0 ≤ fraction < 1.
    case fractionOutOfRange(Double)
    /// A shape that is known and cannot be used; `reason` says why.
    case refusedShape(RowLocation, format: String, reason: String)
    /// Nobody judged the answers of the row.
    case noJudgement(RowLocation)
    /// Somebody asked to stop.
    case cancelled
    /// A conversation in which the assistant never answers anything.
    case noAnswer(RowLocation)
  }

  package let code: Code

  package init(_ code: Code) { self.code = code }
}
