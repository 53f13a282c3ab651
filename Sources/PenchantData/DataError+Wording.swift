package import PenchantCore

extension DataError {
  package var category: FailureCategory {
    switch code {
    case .unreadable(let cause), .unwritable(let cause): cause.category
    case .cancelled: .runtime
    case .unknownFormat, .fractionOutOfRange: .usage
    default: .input
    }
  }

  package var identifier: String {
    switch code {
    case .unreadable: "data-unreadable"
    case .unwritable: "data-unwritable"
    case .unsupportedKind: "data-unsupported-kind"
    case .noRows: "data-no-rows"
    case .nothingReadable: "data-nothing-readable"
    case .unknownShape: "data-unknown-shape"
    case .unknownFormat: "data-unknown-format"
    case .mixedFormats: "data-mixed-formats"
    case .malformedJSON: "data-malformed-json"
    case .brokenArray: "data-broken-array"
    case .brokenTable: "data-broken-table"
    case .wrongCellCount: "data-wrong-cell-count"
    case .notUTF8: "data-not-utf8"
    case .noDuckDB: "data-no-duckdb"
    case .parquetUnreadable: "data-parquet-unreadable"
    case .notAnObject: "data-not-an-object"
    case .missingKey: "data-missing-key"
    case .wrongType: "data-wrong-type"
    case .valueOutOfRange: "data-value-out-of-range"
    case .unsupportedMember: "data-unsupported-member"
    case .unknownSpeaker: "data-unknown-speaker"
    case .promptContradicted: "data-prompt-contradicted"
    case .noSharedTurn: "data-no-shared-turn"
    case .trainedOn: "evaluation-trained-on"
    case .fractionOutOfRange: "holdout-fraction-out-of-range"
    case .noAnswer: "data-no-answer"
    case .refusedShape: "data-refused-shape"
    case .cancelled: "data-cancelled"
    case .noJudgement: "data-no-judgement"
    }
  }

  package var message: String {
    switch code {
    case .unreadable(let cause), .unwritable(let cause): cause.message
    case .unsupportedKind(let path, let kind): "\(path): \(kind) files are not supported yet"
    case .noRows(let path): "\(path): no rows"
    case .nothingReadable(let path, let skipped, let first):
      "\(path): none of its \(skipped) rows can be read; the first: \(first)"
    case .unknownShape(let location, let members, _):
      members.isEmpty
        ? "\(location): the row is empty"
        : "\(location): no known format has the members \(members.joined(separator: ", "))"
    case .unknownFormat(let name, _): "there is no format '\(name)'"
    case .mixedFormats(let location, let expected, let found):
      "\(location): this row is \(found), the rows before it are \(expected)"
    case .malformedJSON(let location, let column, let phrase):
      "\(location):\(column): not JSON: \(phrase)"
    case .brokenArray(let location, let column, let phrase):
      "\(location):\(column): the array of rows is broken: \(phrase)"
    case .brokenTable(let location, let column, let phrase):
      "\(location):\(column): the table is broken: \(phrase)"
    case .wrongCellCount(let location, let expected, let found):
      "\(location): the record has \(found) cells, the header \(expected)"
    case .notUTF8(let location): "\(location): not valid UTF-8"
    case .noDuckDB(let path, _):
      "\(path): Parquet files are read through DuckDB's library, which is not on this machine"
    case .parquetUnreadable(let path, let problem): "\(path): \(problem)"
    case .notAnObject(let location, let found):
      "\(location): a row must be a JSON object, this is \(Self.article(found))"
    case .missingKey(let location, let key, let format):
      "\(location): '\(key)' is missing, which \(format) needs"
    case .wrongType(let location, let key, let expected, let found):
      "\(location): '\(key)' must be \(expected), not \(Self.article(found))"
    case .valueOutOfRange(let location, let key, let expected):
      "\(location): '\(key)' must be \(expected)"
    case .unsupportedMember(let location, let key):
      "\(location): '\(key)' is not supported, only text can be tuned on"
    case .unknownSpeaker(let location, let key, let speaker, _):
      "\(location): '\(key)' names an unknown speaker '\(speaker)'"
    case .promptContradicted(let location, let key):
      "\(location): 'prompt' is text, yet '\(key)' begins with a different user turn"
    case .noSharedTurn(let location):
      "\(location): the two transcripts have no '\\n\\nAssistant:' turn in common, so the prompt cannot "
        + "be told from the answers"
    case .refusedShape(let location, let format, let reason):
      "\(location): rows of \(format) cannot be used: \(reason)"
    case .cancelled: "stopped"
    case .noJudgement(let location):
      "\(location): nobody has judged the answers of this row"
    case .noAnswer(let location):
      "\(location): the conversation has no turn of the assistant after another's"
    case .trainedOn(let rows, let total, let first):
      "\(rows) of \(total) rows to measure on are trained on as they stand: "
        + first.map { "\($0.row) is \($0.trained)" }.joined(separator: ", ")
        + (rows > first.count ? " and \(rows - first.count) more" : "")
    case .fractionOutOfRange(let fraction):
      "the share of prompts to hold out must be at least 0 and below 1, not \(fraction)"
    }
  }

  package var remedy: String? {
    switch code {
    case .unsupportedKind(_, let kind):
      kind == "zstd" || kind == "zip"
        ? "decompress it first; .jsonl, .json, .csv, .tsv and .parquet are read, and .gz of them"
        : "convert it to .jsonl or .json, one object a row"
    case .unknownShape(_, _, let supported):
      "formats read: \(supported.joined(separator: ", ")); 'penchant convert --help' shows their members"
    case .unknownFormat(let name, let supported):
      (nearestName(to: name, in: supported).map { "did you mean '\($0)'? " } ?? "")
        + "formats: \(supported.joined(separator: ", "))"
    case .mixedFormats: "split the file by format, or force one with --format"
    case .noDuckDB(_, let tried):
      "install libduckdb (duckdb.org, C/C++ library) or set PENCHANT_DUCKDB to its path; tried: "
        + tried.joined(separator: ", ")
    case .brokenTable:
      "correct the file: the rows behind this place cannot be found, not even with --skip-bad"
    case .malformedJSON, .wrongCellCount, .notUTF8, .notAnObject, .missingKey, .wrongType,
      .valueOutOfRange,
      .promptContradicted:
      "correct the row, or leave out such rows and have them counted with --skip-bad"
    case .unknownSpeaker(_, _, _, let known): "known: \(known.joined(separator: ", "))"
    case .brokenArray:
      "correct the file: the rows behind this place cannot be found, not even with --skip-bad"
    case .unsupportedMember:
      "remove it, or leave out such rows and have them counted with --skip-bad"
    case .noSharedTurn: "--format trl-implicit cuts at the first character that differs instead"
    case .nothingReadable: "read it without --skip-bad to see each error with its remedy"
    case .unreadable(let cause), .unwritable(let cause): cause.remedy
    case .refusedShape, .cancelled: nil
    case .noAnswer, .noJudgement: "leave out such rows and have them counted with --skip-bad"
    case .trainedOn:
      "what is measured on them is memory: take them out of --eval-data, or out of --data with the patch that "
        + "'penchant audit --eval-data' writes; --holdout puts rows of --data aside"
    case .noRows, .fractionOutOfRange, .parquetUnreadable: nil
    }
  }

  private static func article(_ typeName: String) -> String {
    switch typeName {
    case "null": "null"
    case "array", "object": "an \(typeName)"
    default: "a \(typeName)"
    }
  }
}
