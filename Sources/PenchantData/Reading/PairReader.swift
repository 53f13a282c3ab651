/// The pairs of one file, and what happened on the way.
package struct ReadResult: Sendable, Equatable {
  /// The pairs in the order of the rows.
  package var pairs: [Pair]
  /// The name of the format they were read as: `sharegpt`.
  package var format: String
  /// The rows left out, in order; always empty without `skipBad`.
  package var skipped: [SkippedRow]

  /// One line for the user: `read 300 pairs as sharegpt, skipped 2 rows`.
  package var summary: String {
    let read = "read \(pairs.count) \(pairs.count == 1 ? "pair" : "pairs") as \(format)"
    guard !skipped.isEmpty else { return read }
    return "\(read), skipped \(skipped.count) \(skipped.count == 1 ? "row" : "rows")"
  }
}

/// Reads files of preference pairs.
package enum PairReader {
  /// Reads a whole file.
  ///
  /// For files too large to hold, use ``forEach(path:options:_:)`` or ``PairStream``.
  /// - Parameters:
  ///   - format: a name of ``PairFormats/all``; nil lets the first row decide.
  ///   - skipBad: leaves out rows that cannot be read, and lists them.
  ///   - limit: the most pairs to read; nil reads all.
  /// - Throws: ``DataError`` for the first row that cannot be read, and for a file without pairs.
  package static func read(
    path: String, format: String? = nil, skipBad: Bool = false, limit: Int? = nil
  ) throws(DataError) -> ReadResult {
    var pairs: [Pair] = []
    let options = PairReaderOptions(format: format, skipBad: skipBad, limit: limit)
    let stream = try forEach(path: path, options: options) { pairs.append($0) }
    return ReadResult(
      pairs: pairs, format: stream.format?.name ?? "", skipped: stream.skipped)
  }

  /// Hands each pair of a file to `body`, in the order of the rows, and returns the stream at its end,
  /// which knows the format, the count and the rows left out.
  /// - Throws: as ``read(path:format:skipBad:limit:)``, or what `body` throws.
  @discardableResult
  package static func forEach(
    path: String, options: PairReaderOptions = PairReaderOptions(),
    _ body: (Pair) throws(DataError) -> Void
  ) throws(DataError) -> PairStream {
    var stream = try PairStream(path: path, options: options)
    while let pair = try stream.next() { try body(pair) }
    if stream.count == 0, options.limit != 0 {
      guard let first = stream.skipped.first else { throw DataError(.noRows(path: path)) }
      throw DataError(
        .nothingReadable(
          path: path, skipped: stream.skipped.count, first: first.reason.message))
    }
    return stream
  }
}
