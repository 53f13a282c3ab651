import PenchantCore

/// What to read of a file, and how strictly.
package struct PairReaderOptions: Sendable, Equatable {
  /// The name of the format; nil lets the first row decide.
  package var format: String?
  /// Whether rows that cannot be read are left out and listed instead of ending the reading.
  package var skipBad: Bool
  /// The most pairs to read; nil reads all.
  package var limit: Int?

  package init(format: String? = nil, skipBad: Bool = false, limit: Int? = nil) {
    self.format = format
    self.skipBad = skipBad
    self.limit = limit
  }
}

/// A row that was left out.
package struct SkippedRow: Sendable, Equatable {
  package var location: RowLocation
  package var reason: DataError
}

/// Reads the pairs of a file one at a time, in the order of the rows; needs memory for one row.
package struct PairStream {
  /// The format in use; nil before the first row that could be read where none was asked for.
  package private(set) var format: (any PairFormat)?
  /// The rows left out so far; only with `skipBad`.
  package private(set) var skipped: [SkippedRow] = []
  /// The pairs read so far.
  package private(set) var count = 0

  private let options: PairReaderOptions
  private let path: String
  private let file: MappedFile
  private var cursor: RecordCursor
  private var row = 0
  private var hasFailed = false

  /// Opens a `.jsonl` file or a `.json` file that holds an array; which of them it is, is seen from its
  /// first character.
  /// - Throws: ``DataError`` if it cannot be opened, is of another kind, or the format does not exist.
  package init(
    path: String, options: PairReaderOptions = PairReaderOptions()
  ) throws(DataError) {
    self.options = options
    self.path = path
    format = try options.format.map { name throws(DataError) in try PairFormats.named(name) }
    file = try FileKind.open(path)
    cursor = RecordCursor(file.bytes)
  }

  /// The next pair; nil behind the last, at the limit, and after an error.
  /// - Throws: ``DataError`` for the first row that cannot be read, unless such rows are skipped.
  package mutating func next() throws(DataError) -> Pair? {
    while !hasFailed, count < options.limit ?? .max {
      do throws(DataError) {
        guard let pair = try nextRow() else { return nil }
        count += 1
        return pair
      } catch {
        guard options.skipBad else {
          hasFailed = true
          throw error
        }
        skipped.append(SkippedRow(location: location, reason: error))
      }
    }
    return nil
  }

  /// Where the row last read begins.
  private var location = RowLocation(file: "", row: 0, line: 0)

  private mutating func nextRow() throws(DataError) -> Pair? {
    row += 1
    let record: Record
    do {
      guard let found = try cursor.next() else { return nil }
      record = found
    } catch {
      location = RowLocation(file: path, row: row, line: error.line)
      throw DataError(
        .malformedJSON(location, column: error.column, phrase: error.phrase))
    }
    location = RowLocation(file: path, row: row, line: record.line)
    let json = try parse(record)
    guard json.object != nil else {
      throw DataError(.notAnObject(location, found: json.typeName))
    }
    return try formatFor(json).read(json, at: location)
  }

  private func parse(_ record: Record) throws(DataError) -> JSON {
    do {
      return try JSON.parse(UnsafeRawBufferPointer(rebasing: file.bytes[record.bytes]))
    } catch {
      let place = cursor.place(of: record.bytes.lowerBound + error.offset, in: record)
      throw DataError(
        .malformedJSON(
          RowLocation(file: path, row: row, line: place.line), column: place.column,
          phrase: error.phrase))
    }
  }

  /// The format of the file, which the first readable row decides and every other must share.
  private mutating func formatFor(_ json: JSON) throws(DataError) -> any PairFormat {
    guard let format else {
      guard let detected = PairFormats.detect(json) else {
        throw PairFormats.unknownShape(json, at: location)
      }
      format = detected
      return detected
    }
    if options.format == nil, !format.matches(json), let other = PairFormats.detect(json) {
      throw DataError(.mixedFormats(location, expected: format.name, found: other.name))
    }
    return format
  }
}
