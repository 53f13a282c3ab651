#if Pull
  import ArgumentParser
  import PenchantCore
  import PenchantHub

  /// `penchant pull`: a model or a data set from a hub.
  struct Pull: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Fetch a model or a data set from a Hugging Face style hub.",
      discussion: """
        Fetches what is read here (safetensors, tokenizer, configuration, templates; of data sets the rows) into \
        Hugging Face's own cache, where --model OWNER/NAME and --data OWNER/NAME find it. What is there is not \
        fetched again, what was begun is continued, and each file is checked against its digest.

        HF_ENDPOINT, HF_HOME, HF_HUB_CACHE, HF_TOKEN and HF_HUB_OFFLINE are honoured. The token goes to the hub \
        alone.

        Example:
          penchant pull HuggingFaceTB/SmolLM2-135M-Instruct
        """)

    @Argument(help: ArgumentHelp("OWNER/NAME of the repository.", valueName: "repository"))
    var repository: String

    @Option(help: ArgumentHelp("Branch, tag or commit.", valueName: "name"))
    var revision = "main"

    @Option(help: "What the repository holds; auto tries models first.")
    var type = HubType.auto

    @Flag(help: "Print the outcome as JSON.")
    var json = false

    @OptionGroup var configurationOption: ConfigurationOption

    func run() throws {
      guard let name = RepositoryName(repository) else { throw HubError(.notAName(repository)) }
      guard let revision = Revision(revision) else { throw HubError(.notARevision(revision)) }
      let progress = ProgressLine()
      defer { progress.clear() }
      let download = HubDownload(
        .current, progress: progress.handler, isCancelled: { Interruption.isRequested })
      let outcome = try download.run(name, kind: type.kind, revision: revision)
      progress.clear()
      if json {
        let object = JSONObject([
          "kind": .string(outcome.kind.rawValue), "commit": .string(outcome.commit),
          "folder": .string(outcome.snapshot), "files": .array(outcome.files.map { .string($0) }),
          "passed_over": .number(JSONNumber(outcome.passedOver)),
          "fetched_bytes": .number(JSONNumber(outcome.fetchedBytes)),
        ])
        Terminal.output.line(JSON.object(object).text(.pretty))
        return
      }
      Terminal.output.line(
        "\(name): \(outcome.files.count) files at \(outcome.commit.prefix(12)), "
          + "\(NumberText.bytes(outcome.fetchedBytes)) fetched, \(outcome.passedOver) others passed over"
      )
      Terminal.output.line(outcome.snapshot)
      let option = outcome.kind == .model ? "--model" : "--data"
      Terminal.output.line("to use it: \(option) \(name)")
    }
  }

  /// What `--type` takes.
  enum HubType: String, ExpressibleByArgument, CaseIterable {
    case auto, model, dataset

    var kind: RepositoryName.Kind? {
      switch self {
      case .auto: nil
      case .model: .model
      case .dataset: .dataset
      }
    }
  }
#endif
