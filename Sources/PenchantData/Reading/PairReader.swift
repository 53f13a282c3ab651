/// The pairs of one file, and what happened on the way.
package struct ReadResult: Sendable, Equatable {
  /// The pairs in the order of the rows.
  package var pairs: [Pair]
  package var report: ReadReport

  /// The name of the format they were read as: `sharegpt`.
  package var format: String { report.format }
  /// The rows left out, in order; always empty without `skipBad`.
  package var skipped: [SkippedRow] { report.skipped }
  /// One line for the user: `read 300 pairs as sharegpt, skipped 2 rows`.
  package var summary: String { report.summary }
}

/// What was found in a file.
package struct ReadReport: Sendable, Equatable {
  /// The path as it was given.
  package var path: String
  /// The name of the format the rows were read as.
  package var format: String
  package var counts: ReadCounts
  package var ranking: RankingRule
  /// The first rows left out, in order; always empty without `skipBad`.
  package var skipped: [SkippedRow]
  package var skippedCount: Int

  /// What a stream that has ended found.
  package init(_ stream: PairStream) {
    path = stream.file.path
    format = stream.format?.name ?? ""
    counts = stream.counts
    ranking = stream.options.ranking
    skipped = stream.skipped
    skippedCount = stream.skippedCount
  }

  /// One line for the user: `read 300 pairs as sharegpt, skipped 2 rows`.
  package var summary: String {
    func count(_ number: Int, _ one: String, _ many: String) -> String {
      "\(number) \(number == 1 ? one : many)"
    }
    var what: [String] = []
    let pairs = counts.pairs - counts.unpaired
    if pairs > 0 || counts.unpaired == 0 { what.append(count(pairs, "pair", "pairs")) }
    if counts.unpaired > 0 {
      what.append(count(counts.unpaired, "labelled answer", "labelled answers"))
    }
    var text = "read \(what.joined(separator: " and ")) as \(format)"
    if counts.ties > 0 { text += ", \(count(counts.ties, "tie", "ties")) among them" }
    if counts.lists > 0 {
      text += ", from \(count(counts.lists, "ranked list", "ranked lists"))"
      switch ranking {
      case .bestWorst:
        text +=
          " (best against worst, \(count(counts.unusedAnswers, "answer", "answers")) between unused)"
      case .all: text += " (all pairs of different rank)"
      }
    }
    if skippedCount > 0 { text += ", skipped \(count(skippedCount, "row", "rows"))" }
    return text
  }
}

/// Reads files of preference pairs.
package enum PairReader {
  /// Reads a whole file.
  ///
  /// For files too large to hold, use ``PairIndex``, ``forEach(path:options:_:)`` or ``PairStream``.
  /// - Throws: ``DataError`` for the first row that cannot be read, and for a file without pairs.
  package static func read(
    path: String, options: PairReaderOptions
  ) throws(DataError) -> ReadResult {
    var pairs: [Pair] = []
    let stream = try forEach(path: path, options: options) { pairs.append($0) }
    return ReadResult(pairs: pairs, report: ReadReport(stream))
  }

  /// Reads a whole file.
  /// - Parameters:
  ///   - format: a name of ``PairFormats/all``; nil lets the first row decide.
  ///   - skipBad: leaves out rows that cannot be read, and lists them.
  ///   - limit: the most pairs to read; nil reads all.
  /// - Throws: ``DataError`` for the first row that cannot be read, and for a file without pairs.
  package static func read(
    path: String, format: String? = nil, skipBad: Bool = false, limit: Int? = nil
  ) throws(DataError) -> ReadResult {
    try read(path: path, options: .init(format: format, skipBad: skipBad, limit: limit))
  }

  /// Hands each pair of a file to `body`, in the order of the rows, and returns the stream at its end,
  /// which knows the format, the counts and the rows left out.
  /// - Throws: as ``read(path:format:skipBad:limit:)``, or what `body` throws.
  @discardableResult
  package static func forEach(
    path: String, options: PairReaderOptions = PairReaderOptions(),
    _ body: (Pair) throws(DataError) -> Void
  ) throws(DataError) -> PairStream {
    var stream = try PairStream(path: path, options: options)
    while let pair = try stream.next() { try body(pair) }
    try stream.checkFoundSomething()
    return stream
  }

  /// Hands each row of a file to `body` as it says, ranked lists whole; else as ``forEach(path:options:_:)``.
  @discardableResult
  package static func forEachRow(
    path: String, options: PairReaderOptions = PairReaderOptions(),
    _ body: (RowContents) throws(DataError) -> Void
  ) throws(DataError) -> PairStream {
    var stream = try PairStream(path: path, options: options)
    while let row = try stream.nextRow() { try body(row) }
    try stream.checkFoundSomething()
    return stream
  }
}

extension PairStream {
  /// Refuses a file in which there was nothing to read, or nothing that could be read.
  func checkFoundSomething() throws(DataError) {
    guard count == 0, options.limit != 0 else { return }
    guard let first = skipped.first else { throw DataError(.noRows(path: file.path)) }
    throw DataError(
      .nothingReadable(path: file.path, skipped: skippedCount, first: first.reason.message))
  }
}
