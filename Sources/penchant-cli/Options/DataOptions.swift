import ArgumentParser
import PenchantCore
import PenchantData

/// Which pairs.
struct DataOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("JSONL or JSON files of pairs; the format is recognised.", valueName: "file")
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

  func validate() throws {
    if let limit, limit < 1 {
      throw CommandError(.outOfRange(option: "limit", value: "\(limit)", expected: "at least 1"))
    }
  }

  func read(_ paths: [String], note: (String) -> Void) throws -> [Pair] {
    var pairs: [Pair] = []
    for path in paths {
      let room = limit.map { $0 - pairs.count }
      if room == 0 { break }
      let result = try PairReader.read(
        path: path, format: format, skipBad: skipBad, limit: room)
      note("\(path): \(result.summary)")
      for row in result.skipped.prefix(5) { note("  left out: \(row.reason.message)") }
      if result.skipped.count > 5 { note("  … and \(result.skipped.count - 5) more") }
      pairs += result.pairs
    }
    return pairs
  }
}
