import ArgumentParser
import PenchantCore
import PenchantTuning

/// `penchant report`: a run's page, made again.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a run's report.html again from its folder.",
    discussion: """
      Every run ends with one; this makes it anew, for a run made by an older version or after the page was lost. \
      Nothing but the run's folder is read.

      Example:
        penchant report runs/first
      """)

  @Argument(help: ArgumentHelp("Folder of the run.", valueName: "run"))
  var folder: String

  @OptionGroup var configurationOption: ConfigurationOption

  func run() throws {
    let directory = RunDirectory(folder)
    try RunReport(directory).write()
    Terminal.output.line(directory.report)
  }
}
