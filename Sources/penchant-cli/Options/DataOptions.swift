import ArgumentParser
import PenchantCore
import PenchantData

/// Which pairs.
struct DataOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Files of pairs: JSONL, JSON, CSV, TSV (also .gz) or Parquet, or OWNER/NAME that was pulled; the format is recognised.",
      valueName: "file")
  )
  var data: [String]

  @OptionGroup var reading: ReadingOptions

  /// Reads the files one after the other and says what was found.
  func read(note: (String) -> Void) throws -> [Pair] {
    try reading.read(data, note: note)
  }
}

/// How files of pairs are read.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Take the rows for this format instead of recognising it: \(PairFormats.all.map(\.name).joined(separator: ", ")).",
      valueName: "name"))
  var format: String?

  @Flag(help: "Leave out rows that cannot be read, and count them.")
  var skipBad = false

  @Option(help: ArgumentHelp("Use the first n pairs only.", valueName: "n"))
  var limit: Int?

  @Option(
    help: ArgumentHelp(
      "How a ranked list of answers becomes pairs: best-worst is one pair, all every two of different rank.",
      valueName: "rule"))
  var ranking = RankingRule.bestWorst

  func validate() throws {
    if let limit, limit < 1 {
      throw CommandError(.outOfRange(option: "limit", value: "\(limit)", expected: "at least 1"))
    }
  }

  /// Reads whole files into memory and says what was found.
  func read(_ paths: [String], note: (String) -> Void) throws -> [Pair] {
    var pairs: [Pair] = []
    for path in try paths.flatMap(HubReference.dataFiles) {
      let room = limit.map { $0 - pairs.count }
      if room == 0 { break }
      let result = try PairReader.read(path: path, options: options(limit: room))
      Self.tell(result.report, note)
      pairs += result.pairs
    }
    return pairs
  }

  /// Reads files once and keeps where each pair is; says what was found.
  /// - Parameter judged: whether pairs are taken apart into answers that are judged one by one.
  func index(
    _ paths: [String], judged: Bool = false, edit: PairIndex.Edit? = nil, note: (String) -> Void,
    each: (Pair) -> Void = { _ in }
  ) throws -> PairIndex {
    let progress = ProgressLine()
    defer { progress.clear() }
    let index = try PairIndex(
      paths: try paths.flatMap(HubReference.dataFiles),
      options: options(limit: limit, judged: judged), edit: edit, progress: progress.handler
    ) { pair throws(DataError) in
      if Interruption.isRequested { throw DataError(.cancelled) }
      each(pair)
    }
    for report in index.reports { Self.tell(report, note) }
    return index
  }

  func options(limit: Int?, judged: Bool = false) -> PairReaderOptions {
    PairReaderOptions(
      format: format, ranking: ranking, judged: judged, skipBad: skipBad, limit: limit)
  }

  /// Says what was found in a file, and what was left out of it.
  static func tell(_ report: ReadReport, _ note: (String) -> Void) {
    note("\(report.path): \(report.summary)")
    for row in report.skipped.prefix(5) { note("  left out: \(row.reason.message)") }
    if report.skippedCount > 5 { note("  … and \(report.skippedCount - 5) more") }
  }
}

extension RankingRule: ExpressibleByArgument {}
