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

/// Reads the pairs of a file one at a time, in the order of the rows.
///
/// Memory is that of one row, and of the list of rows left out.
package struct PairStream {
  /// The format in use; nil before the first row that could be read where none was asked for.
  package private(set) var format: (any PairFormat)?
  /// The rows left out so far; only with `skipBad`.
  package private(set) var skipped: [SkippedRow] = []
  /// The pairs read so far.
  package private(set) var count = 0

  private let options: PairReaderOptions
  private var source: RowSource
  private var hasEnded = false

  /// Opens a file of JSON lines or one JSON array; its first character tells which, not its name.
  /// - Throws: ``DataError`` if it cannot be opened, is of another kind, or the format does not exist.
  package init(
    path: String, options: PairReaderOptions = PairReaderOptions()
  ) throws(DataError) {
    self.options = options
    format = try options.format.map { name throws(DataError) in try PairFormats.named(name) }
    source = try RowSource(path: path)
  }

  /// The next pair; nil behind the last, at the limit, and after an error.
  /// - Throws: ``DataError`` for the first row that cannot be read, unless such rows are skipped; and,
  ///   even then, where the rows that follow cannot be found.
  package mutating func next() throws(DataError) -> Pair? {
    guard !hasEnded else { return nil }
    // Left false only by the way out with a pair.
    hasEnded = true
    while count < options.limit ?? .max, let row = try source.next() {
      do throws(DataError) {
        let pair = try read(row.json.get(), at: row.location)
        count += 1
        hasEnded = false
        return pair
      } catch {
        guard options.skipBad else { throw error }
        skipped.append(SkippedRow(location: row.location, reason: error))
      }
    }
    return nil
  }

  /// Reads a row in the format of the file, which the first row that has one decides.
  private mutating func read(_ json: JSON, at location: RowLocation) throws(DataError) -> Pair {
    guard let format else {
      guard let detected = PairFormats.detect(json) else {
        throw PairFormats.unknownShape(json, at: location)
      }
      format = detected
      return try detected.read(json, at: location)
    }
    if options.format == nil, !format.matches(json), let other = PairFormats.detect(json) {
      throw DataError(.mixedFormats(location, expected: format.name, found: other.name))
    }
    return try format.read(json, at: location)
  }
}
