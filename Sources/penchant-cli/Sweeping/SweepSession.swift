import PenchantCore
import PenchantTuning

/// Several runs on one model and one set of pairs, read and encoded once, then compared.
///
///     OUTPUT/config.yaml  sweep.json  sweep.html  beta-0.1_objective-ipo/…
struct SweepSession {
  let text: String
  /// What all runs share; its output is the folder of the sweep.
  let base: TuneConfiguration
  let options: RunOptions

  /// - Throws: what a run throws; ``CommandError`` when interrupted, with how to go on said before.
  func run() throws {
    let terminal: Terminal = options.json ? .error : .output
    let plan = try SweepPlan(text, base: base)
    let output = base.output ?? ""
    let directory = RunDirectory(output)
    try check(directory)
    let inputs = try CommandInputs(base, options)
    if base.beginning != .resume {
      let runs = plan.points.flatMap { RunDirectory($0.asked.output ?? "").replaced }
      let own = [SweepReport.json(in: output), SweepReport.page(in: output)]
      try inputs.protect(from: runs + own + [directory.configuration])
    }
    let lock = try prepare(directory)
    defer { withExtendedLifetime(lock) {} }
    let shared = try TunePreparation(
      plan.points.first?.asked ?? base, options, reporter: TuneReporter(terminal: terminal))
    for (index, point) in plan.points.enumerated() {
      terminal.line()
      terminal.line(
        terminal.style("run \(index + 1) of \(plan.points.count): \(point.label)", .bold))
      if try SweepOutcome(point) != nil {
        terminal.line("done before")
        continue
      }
      guard !Interruption.isRequested, try TuneSession.train(begun(point), shared) != nil else {
        terminal.line("  penchant tune --output \(ShellWord.quoted(output)) --resume")
        throw CommandError(.interrupted)
      }
    }
    let report = SweepReport(
      outcomes: try plan.points.compactMap(SweepOutcome.init), output: output)
    try report.write()
    terminal.line()
    terminal.write(report.text)
    terminal.line(report.conclusion)
    terminal.line("report    \(SweepReport.page(in: output))")
    if options.json { Terminal.output.line(report.json.text(.pretty)) }
  }

  /// A run as it is to be begun: gone on with where it has a checkpoint, anew where it has none.
  private func begun(_ point: SweepPlan.Point) throws -> TuneConfiguration {
    var asked = point.asked
    let directory = RunDirectory(asked.output ?? "")
    asked.resume = try base.resume && !directory.checkpointSteps().isEmpty
    asked.overwrite = !asked.resume && FileSystem.exists(directory.path)
    if asked.resume, asked.microTokens == nil {
      // What a device has free now decides nothing about a run that was begun before.
      asked.microTokens =
        try ConfigurationFile(path: directory.configuration).values["micro-tokens"]?.int
    }
    return asked
  }

  /// Makes the folder ready and keeps what the sweep is, so that `--resume` needs the folder alone.
  /// - Returns: the lock of the whole sweep; each run has its own besides.
  private func prepare(_ directory: RunDirectory) throws -> RunLock {
    let isMade = !FileSystem.exists(directory.path)
    try FileSystem.createDirectories(directory.path)
    let lock = try RunLock(directory)
    if base.beginning == .new { lock.end(by: isMade ? .removesAll : .empties) }
    if base.overwrite { try removeRuns() }
    guard !base.resume else { return lock }
    var shared = base
    shared.overwrite = false
    try directory.write(shared, sweep: text)
    return lock
  }

  /// Refuses a folder that is neither this sweep's to go on with nor to be replaced.
  private func check(_ directory: RunDirectory) throws {
    if FileSystem.exists(directory.lock) { _ = try RunLock(directory) }
    switch (try directory.contents, base.beginning) {
    case (.nothing, _), (.sweep, .overwrite), (.sweep, .resume): break
    case (.sweep, .new):
      throw TuningError(.outputExists(path: directory.path, canResume: true))
    case (.run, _), (.foreign, _):
      throw CoreError(.foreignFolder(path: directory.path, kind: .sweep))
    }
    try FileSystem.checkWritable(directory.path)
  }

  /// Removes the runs this sweep will make, and nothing else.
  private func removeRuns() throws {
    let runs = try SweepPlan(text, base: base).points.map { RunDirectory($0.asked.output ?? "") }
    // Nothing goes while another process trains into one of them alone.
    for run in runs { try run.check(.overwrite) }
    for run in runs where FileSystem.exists(run.path) { _ = try run.prepare(.overwrite) }
  }
}
