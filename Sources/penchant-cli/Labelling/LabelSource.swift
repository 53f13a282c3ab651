#if Studio
  import ArgumentParser
  import PenchantCore
  import PenchantData
  import PenchantStudio

  /// Files of what is to be judged.
  struct LabelSource: ParsableArguments {
    @Option(
      parsing: .upToNextOption,
      help: ArgumentHelp(
        "Files of pairs or ranked lists: JSONL, JSON, CSV, TSV (also .gz) or Parquet, or OWNER/NAME that was pulled.",
        valueName: "file"))
    var data: [String] = []

    @Option(
      parsing: .upToNextOption,
      help: ArgumentHelp(
        "Files of pairs whose chosen answer is known to be right (a tie to be one): questions that show who reads.",
        valueName: "file"))
    var gold: [String] = []

    @Option(
      help: ArgumentHelp(
        "Take the rows for this format instead of recognising it.", valueName: "name"))
    var format: String?

    @Flag(help: "Leave out rows that cannot be read, and count them.")
    var skipBad = false

    @Option(help: ArgumentHelp("Use the first n rows of --data, or of --prompts.", valueName: "n"))
    var limit: Int?

    func validate() throws {
      if let limit, limit < 1 {
        throw CommandError(.outOfRange(option: "limit", value: "\(limit)", expected: "at least 1"))
      }
    }

    /// The first of its options that was given, for messages.
    var given: String? {
      if !data.isEmpty { return "--data" }
      if !gold.isEmpty { return "--gold" }
      if format != nil { return "--format" }
      if skipBad { return "--skip-bad" }
      return limit == nil ? nil : "--limit"
    }

    /// Reads all rows of `--data`, ranked lists whole, and says what was found.
    func read() throws -> [StudioItem] {
      var items: [StudioItem] = []
      for path in try data.flatMap(HubReference.dataFiles) {
        let left = limit.map { $0 - items.count }
        if left == 0 { break }
        items += try rows(of: path, limit: left)
      }
      return items
    }

    /// Reads all rows of `--gold`.
    func readGold() throws -> [StudioItem] {
      try gold.flatMap(HubReference.dataFiles).flatMap { path in
        try rows(of: path, limit: nil).map { item in
          guard item.answers.count == 2 else {
            let source = item.shared.source
            throw StudioError(.goldNotAPair(file: source.file, line: source.line))
          }
          var item = item
          item.gold = item.original.map { .answer($0) } ?? .tie
          return item
        }
      }
    }

    private func rows(of path: String, limit: Int?) throws -> [StudioItem] {
      var items: [StudioItem] = []
      var oneAnswer = 0
      var failure: StudioError?
      let options = PairReaderOptions(format: format, skipBad: skipBad, limit: limit)
      let stream = try PairReader.forEachRow(path: path, options: options) {
        row throws(DataError) in
        if Interruption.isRequested { throw DataError(.cancelled) }
        switch row {
        case .ranking(let list): items.append(StudioItem(list))
        case .pairs(let pairs):
          for pair in pairs {
            do throws(StudioError) { items.append(try StudioItem(pair)) } catch {
              failure = failure ?? error
              oneAnswer += 1
            }
          }
        }
      }
      if let failure, !skipBad { throw failure }
      tell(stream, rankings: items.count { $0.answers.count > 2 }, oneAnswer: oneAnswer)
      return items
    }

    private func tell(_ stream: PairStream, rankings: Int, oneAnswer: Int) {
      let report = ReadReport(stream)
      var text = "\(report.path): \(stream.count) \(stream.count == 1 ? "row" : "rows")"
      text += " as \(report.format)"
      if rankings > 0 { text += ", \(rankings) of more than two answers" }
      if report.skippedCount > 0 {
        text += ", \(report.skippedCount) that could not be read left out"
      }
      if oneAnswer > 0 { text += ", \(oneAnswer) with one answer left out" }
      Terminal.output.line(text)
      for row in report.skipped.prefix(5) {
        Terminal.output.line("  left out: \(row.reason.message)")
      }
    }
  }
#endif
