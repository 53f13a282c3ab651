import ArgumentParser
import PenchantCore
import PenchantTuning

/// `penchant report`: a run's page, made again.
struct Report: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a run's report.html again from its folder.",
    discussion: """
      Every run of tune, sft and reward ends with one; this makes it anew, after the page was lost or as a newer \
      version shows it. Nothing but the run's folder is read, its report.json above all.

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
