import PenchantCore

/// What to read of a file, and how strictly.
package struct PairReaderOptions: Sendable, Equatable {
  /// The name of the format; nil lets the first row decide.
  package var format: String?
  /// How ranked lists become pairs.
  package var ranking: RankingRule
  /// Whether pairs are taken apart into answers that are judged one by one.
  package var judged: Bool
  /// Whether rows that cannot be read are left out and listed instead of ending the reading.
  package var skipBad: Bool
  /// The most pairs to read; nil reads all.
  package var limit: Int?

  package init(
    format: String? = nil, ranking: RankingRule = .bestWorst, judged: Bool = false,
    skipBad: Bool = false, limit: Int? = nil
  ) {
    self.format = format
    self.ranking = ranking
    self.judged = judged
    self.skipBad = skipBad
    self.limit = limit
  }
}

/// A row that was left out.
package struct SkippedRow: Sendable, Equatable {
  package var location: RowLocation
  package var reason: DataError
}

/// What reading found beside the pairs.
package struct ReadCounts: Sendable, Equatable {
  /// Pairs and unpaired answers.
  package var pairs = 0
  /// Those of them that have one answer, called good or bad.
  package var unpaired = 0
  /// Those that are ties.
  package var ties = 0
  /// Ranked lists that became pairs.
  package var lists = 0
  /// Answers of those lists that are in no pair.
  package var unusedAnswers = 0

  package init() {}
}

/// Reads the pairs of a file one at a time, in the order of the rows.
///
/// Memory is that of one row, and of the list of rows left out.
package struct PairStream {
  /// The format in use; nil before the first row that could be read where none was asked for.
  package private(set) var format: (any PairFormat)?
  /// The rows left out so far; only with `skipBad`.
  ///
  /// Of a file with many bad rows only the first are kept; ``skippedCount`` counts them all.
  package private(set) var skipped: [SkippedRow] = []
  package private(set) var skippedCount = 0
  package private(set) var counts = ReadCounts()
  /// The pairs read so far.
  package var count: Int { counts.pairs }

  let options: PairReaderOptions
  let file: DataFile
  var header: TableHeader? { source.header }
  /// Where the row of the last pair begins, and which pair of its row it is.
  private(set) var place = PairPlace(offset: 0, part: 0)
  private var source: RowSource
  private var hasEnded = false
  /// Further pairs of the last row.
  private var waiting: ArraySlice<Pair> = []

  /// Enough to show; the rest are only counted.
  private static let skippedKept = 1000

  /// Opens a file; its first bytes tell what it is, see ``DataFile``.
  /// - Throws: ``DataError`` if it cannot be opened, is of another kind, or the format does not exist.
  package init(
    path: String, options: PairReaderOptions = PairReaderOptions()
  ) throws(DataError) {
    self.options = options
    format = try options.format.map { name throws(DataError) in try PairFormats.named(name) }
    file = try DataFile(path: path)
    source = try RowSource(file)
  }

  /// The next pair; nil behind the last, at the limit, and after an error.
  /// - Throws: ``DataError`` for the first row that cannot be read, unless such rows are skipped; and,
  ///   even then, where the rows that follow cannot be found.
  package mutating func next() throws(DataError) -> Pair? {
    guard !hasEnded else { return nil }
    // Left false only by the way out with a pair.
    hasEnded = true
    guard count < options.limit ?? .max else { return nil }
    if let pair = waiting.popFirst() {
      place.part += 1
      return hand(out: pair)
    }
    while let (contents, offset) = try readRow() {
      let pairs = contents.pairs(options.ranking, judged: options.judged)
      guard let first = pairs.first else { continue }
      waiting = pairs.dropFirst()
      place = PairPlace(offset: offset, part: 0)
      return hand(out: first)
    }
    return nil
  }

  /// The next row as it says, ranked lists whole; nil behind the last, at the limit (which then counts rows), and after
  /// an error.
  ///
  /// A stream is read row by row or pair by pair, not in turns.
  /// - Throws: as ``next()``.
  package mutating func nextRow() throws(DataError) -> RowContents? {
    guard !hasEnded else { return nil }
    hasEnded = true
    guard count < options.limit ?? .max, let (contents, _) = try readRow() else { return nil }
    counts.pairs += 1
    hasEnded = false
    return contents
  }

  /// Reads on to the next row that can be read.
  private mutating func readRow() throws(DataError) -> (contents: RowContents, offset: Int)? {
    while let row = try source.next() {
      do throws(DataError) {
        return (try read(row.json.get(), at: row.location), row.offset)
      } catch {
        guard options.skipBad else { throw error }
        skippedCount += 1
        if skipped.count < Self.skippedKept {
          skipped.append(SkippedRow(location: row.location, reason: error))
        }
      }
    }
    return nil
  }

  private mutating func hand(out pair: Pair) -> Pair {
    counts.pairs += 1
    if pair.isTie { counts.ties += 1 }
    if pair.isLiked != nil { counts.unpaired += 1 }
    hasEnded = false
    return pair
  }

  /// Reads a row in the format of the file, which the first row that has one decides.
  private mutating func read(
    _ json: JSON, at location: RowLocation
  ) throws(DataError) -> RowContents {
    let format = try format(of: json, at: location)
    let contents = try format.read(json, at: location)
    if case .ranking(let list) = contents {
      counts.lists += 1
      if options.ranking == .bestWorst { counts.unusedAnswers += list.answers.count - 2 }
    }
    return contents
  }

  private mutating func format(
    of json: JSON, at location: RowLocation
  ) throws(DataError) -> any PairFormat {
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

extension RowContents {
  /// What a rule makes of the row.
  /// - Parameter judged: whether pairs are taken apart into answers that are judged one by one.
  package func pairs(_ rule: RankingRule, judged: Bool = false) -> [Pair] {
    let pairs =
      switch self {
      case .pairs(let pairs): pairs
      case .ranking(let list): list.pairs(rule)
      }
    return judged ? pairs.flatMap(\.judgedAnswers) : pairs
  }
}
