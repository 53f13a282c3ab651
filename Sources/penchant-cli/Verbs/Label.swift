#if Studio
  import ArgumentParser
  import PenchantCore
  import PenchantStudio

  /// `penchant label`: people judge answers in a browser.
  struct Label: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "People judge answers in a browser; what they said becomes pairs.",
      discussion: """
        Puts what is to be judged into a store, serves a page on this machine alone, and prints a link for the \
        host and for each --annotator. A link works in one browser; --annotator NAME again makes a new one. The same command \
        again goes on where it stopped, and --store alone does too.

        What is judged comes from files of pairs or ranked lists in any format that penchant reads, or from a \
        model that answers each prompt twice. Whoever judges sees neither where an answer comes from nor what \
        others said, and the sides are drawn. A judgement is acknowledged when it is on the disk.

        --export writes pairs, --statistics says how far people agree; both need the studio closed (its results page \
        does the same while it is open). docs/LABEL.md explains the rules and the figures.

        Example:
          penchant label --data Examples/pairs.jsonl --store round.sqlite \\
            --annotator Ada --annotator Ben --guidelines Examples/guidelines.md
          penchant label --model Examples/tiny-model --prompts Examples/pairs.jsonl \\
            --temperature 0.8 --store answers.sqlite
          penchant label --store round.sqlite --statistics
          penchant label --store round.sqlite --export pairs.jsonl --rule majority
        """)

    @Option(help: ArgumentHelp("The file that keeps the round.", valueName: "file"))
    var store: String

    @OptionGroup(title: "What is judged") var source: LabelSource
    @OptionGroup(title: "Answers of a model") var generation: LabelGeneration
    @OptionGroup(title: "The round") var round: LabelRound

    @Option(help: ArgumentHelp("Port of the page; 0 takes any that is free.", valueName: "n"))
    var port = 8787

    @Option(
      help: ArgumentHelp(
        "Address to listen on. Another than this machine's own lets others in, unencrypted: for networks you trust.",
        valueName: "address"))
    var host = "127.0.0.1"

    @Option(
      help: ArgumentHelp(
        "Write the pairs that were judged instead of serving the page.", valueName: "file"))
    var export: String?

    @Option(help: "How several judgements become one pair: majority, unanimous or soft.")
    var rule: ExportRule = .majority

    @Flag(help: "Replace an existing export.")
    var overwrite = false

    @Flag(help: "Say how far people agree instead of serving the page.")
    var statistics = false

    @Flag(help: "With --statistics, print JSON.")
    var json = false

    @OptionGroup var configurationOption: ConfigurationOption

    func validate() throws {
      guard (0...65_535).contains(port) else {
        throw CommandError(.outOfRange(option: "port", value: "\(port)", expected: "0 to 65535"))
      }
      if export != nil, statistics {
        throw CommandError(.conflict("--export", "--statistics", reason: "one command does one"))
      }
      for (option, isAsked) in [("--export", export != nil), ("--statistics", statistics)]
      where isAsked {
        if let other = source.given ?? generation.given ?? round.given {
          throw CommandError(.conflict(option, other, reason: "it reads the round as it is"))
        }
      }
      if export == nil {
        if rule != .majority { throw CommandError(.requires(option: "rule", other: "export")) }
        if overwrite { throw CommandError(.requires(option: "overwrite", other: "export")) }
      }
      if json, !statistics { throw CommandError(.requires(option: "json", other: "statistics")) }
      if !source.data.isEmpty, generation.model != nil {
        throw CommandError(
          .conflict("--data", "--model", reason: "answers come from files or from a model"))
      }
    }

    func run() throws {
      if let export {
        return try LabelExport.run(
          store, rule, to: export, overwrite: overwrite, config: configurationOption.config)
      }
      if statistics { return try LabelStatistics.run(store, json: json) }
      do { try hold() } catch let error as StudioError where error.code == .diskFull {
        // The studio's own words are for those who judge: there it goes on once there is room.
        throw CoreError(.diskFull(path: store))
      }
    }

    /// Puts the round together and serves it until a signal comes.
    private func hold() throws {
      let isNew = !FileSystem.exists(store)
      let brings = !source.data.isEmpty || generation.model != nil
      if isNew, !brings { throw StudioError(.noStore(path: store)) }
      // Everything that can be wrong with files is known before a store is made.
      let gold = try source.readGold()
      let items = try source.read()
      let generator = try generation.prepare(limit: source.limit)
      let studio = try Studio(
        path: store,
        StudioOptions(
          changeRules: { [round] in round.change(&$0) }, guidelines: try round.guidelinesText()))
      let session = LabelSession(studio: studio, store: store)
      try AsyncWork.wait {
        try await session.add(gold: gold, items: items)
      }
      try generator?.run(into: studio)
      try session.serve(
        people: round.annotator, StudioServerConfiguration(port: port, host: host))
    }
  }

  extension ExportRule: ExpressibleByArgument {}
#endif
