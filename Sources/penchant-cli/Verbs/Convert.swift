import ArgumentParser
import PenchantCore
import PenchantData

/// `penchant convert`: pairs from one format to another, and other trainers' configurations to ours.
struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pairs from one format to another, or another trainer's configuration to ours.",
    discussion: """
      With --data, reads pairs in any format and writes them in --to; what that format has no place for \
      (ties, labels, weights) goes to OUTPUT.sidecar.jsonl and is counted; --join-sidecar brings it back. An output that ends in .json is one \
      array, any other has a row a line.

      With --config, turns the YAML of TRL, LLaMA-Factory or Axolotl into a configuration for 'penchant tune', \
      and says of every key whether it is mapped, changed or refused. The exit code is 1 if one is refused.

      Formats:
      \(formats)

      Example:
        penchant convert --data Examples/pairs.jsonl --to sharegpt --output pairs.json
      """)

  /// The formats with their shapes, each in lines that fit a help page.
  private static var formats: String {
    var table = TextTable([.left, .left])
    for format in PairFormats.all { table.add(format.name, format.shape) }
    // The page breaks lines that fill the window.
    let text = table.text(width: min(80, Terminal.output.width) - 1)
    return String(text.dropLast())
  }

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Files of pairs in any format.", valueName: "file"))
  var data: [String] = []

  @OptionGroup(title: "Data") var reading: ReadingOptions

  @Flag(
    help: "Join what an earlier conversion kept in FILE.sidecar.jsonl beside each file of --data.")
  var joinSidecar = false

  @Option(help: ArgumentHelp("Format to write.", valueName: "format"))
  var to: String?

  @Option(
    help: ArgumentHelp(
      "Configuration of TRL, LLaMA-Factory or Axolotl to turn into ours.", valueName: "file"))
  var config: String?

  @Option(help: ArgumentHelp("What to write.", valueName: "file"))
  var output: String

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  func validate() throws {
    guard data.isEmpty != (config == nil) else {
      throw data.isEmpty
        ? CommandError(.unparsable(verb: "convert", text: "--data or --config is needed"))
        : CommandError(
          .conflict("--data", "--config", reason: "one output holds one or the other"))
    }
    if !data.isEmpty, to == nil { throw CommandError(.requires(option: "data", other: "to")) }
    if joinSidecar, data.isEmpty {
      throw CommandError(.requires(option: "join-sidecar", other: "data"))
    }
    if joinSidecar, reading.limit != nil {
      throw CommandError(
        .conflict("--join-sidecar", "--limit", reason: "a sidecar speaks of all rows"))
    }
  }

  func run() throws {
    if let config { return try convert(configuration: config) }
    var inputs = CommandInputs()
    try inputs.add("data", data: data)
    if joinSidecar {
      try inputs.add(
        "join-sidecar", files: data.flatMap(HubReference.dataFiles).map(PairSidecar.path))
    }
    try inputs.protect(from: [output, PairSidecar.path(of: output)])
    let converter = try PairConverter(format: to ?? "", path: output, overwrite: overwrite)
    let progress = ProgressLine()
    defer { progress.clear() }
    var left = reading.limit
    for path in try data.flatMap(HubReference.dataFiles) where left != 0 {
      let sidecar = joinSidecar ? try PairSidecar(of: path) : nil
      let stream = try PairReader.forEach(path: path, options: reading.options(limit: left)) {
        pair throws(DataError) in
        if Interruption.isRequested { throw DataError(.cancelled) }
        try converter.write(try sidecar?.join(pair) ?? pair)
        progress.update(
          stage: "converting", completed: converter.report.rows, total: nil, unit: "rows")
      }
      left = left.map { $0 - stream.count }
      progress.clear()
      ReadingOptions.tell(ReadReport(stream)) { Terminal.output.line($0) }
      guard let sidecar else { continue }
      try sidecar.finish { pair throws(DataError) in try converter.write(pair) }
      Terminal.output.line(
        "joined \(sidecar.joined) notes and \(sidecar.added) whole rows from \(sidecar.path)")
    }
    try converter.commit()
    for line in Self.lines(converter, output) { Terminal.output.line(line) }
  }

  /// What was written, and what was not.
  private static func lines(_ converter: PairConverter, _ output: String) -> [String] {
    let report = converter.report
    let name = converter.format.name
    var lines = ["wrote \(NumberText.counted(report.rows, "row")) as \(name) -> \(output)"]
    if report.splitPairs > 0 {
      lines.append(
        "  \(NumberText.counted(report.splitPairs, "pair")) became two labelled answers each")
    }
    if report.withoutRejected > 0 {
      lines.append(
        "  \(NumberText.counted(report.withoutRejected, "rejected answer")) left out: \(name) has one answer a row"
      )
    }
    if report.changedKind > 0 {
      lines.append(
        "  \(NumberText.counted(report.changedKind, "row")) changed between plain texts and turns")
    }
    for (member, number) in report.beside.sorted(by: { $0.key < $1.key }) {
      lines.append(
        "  \(number) × '\(member)' stands in the row; other readers of \(name) pass over it")
    }
    guard report.sidecarRows > 0 else { return lines }
    lines.append("  no place in \(name), kept in \(converter.sidecarPath):")
    for reason in Unwritable.allCases {
      if let number = report.unwritable[reason] { lines.append("    \(number) \(reason.plural)") }
    }
    for (member, number) in report.apart.sorted(by: { $0.key < $1.key }) {
      lines.append("    \(number) × '\(member)'")
    }
    return lines
  }

  private func convert(configuration path: String) throws {
    var inputs = CommandInputs()
    try inputs.add("config", files: [path])
    try inputs.protect(from: [output])
    let translation = try ConfigurationTranslation(path: path)
    let file = try AtomicFile(path: output, overwrite: overwrite)
    try file.append(translation.yaml)
    try file.commit()
    Terminal.output.write(translation.table)
    Terminal.output.line("read as \(translation.dialect.name), wrote \(output); to go on:")
    Terminal.output.line("  penchant tune --config \(ShellWord.quoted(output))")
    if translation.refusedCount > 0 { throw FinishedWith(status: .answeredNo) }
  }
}
