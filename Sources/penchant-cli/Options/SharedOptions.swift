import ArgumentParser

/// `--config`, which every verb has but `convert`: there it is the file that is converted.
struct ConfigurationOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "YAML file that sets any option by its long name; the command line wins.",
      valueName: "file"))
  var config: String?
}
