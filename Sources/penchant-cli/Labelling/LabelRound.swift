#if Studio
  import ArgumentParser
  import PenchantCore
  import PenchantStudio

  /// Who judges, by what, and how much of it twice.
  struct LabelRound: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "Make a link for this annotator; can be given more than once.", valueName: "name"))
    var annotator: [String] = []

    @Option(
      help: ArgumentHelp(
        "Markdown that stands beside every task; each judgement remembers which text was in force.",
        valueName: "file"))
    var guidelines: String?

    @Option(
      help: ArgumentHelp(
        "Share of the items that several people judge: what agreement is measured on. (default: 0.15)",
        valueName: "share"))
    var overlap: Double?

    @Option(
      help: ArgumentHelp("Judgements of each of those items. (default: 2)", valueName: "n"))
    var votes: Int?

    @Option(
      help: ArgumentHelp(
        "Share of the tasks that are gold questions, while there are any. (default: 0.04)",
        valueName: "share"))
    var goldShare: Double?

    @Option(
      help: ArgumentHelp(
        "Share of the tasks that show an own earlier pair again, sides changed. (default: 0.03)",
        valueName: "share"))
    var repeats: Double?

    func validate() throws {
      try checkAnnotators()
      for (option, value, most) in [
        ("overlap", overlap, 1.0), ("gold-share", goldShare, 0.5), ("repeats", repeats, 0.5),
      ] {
        guard let value else { continue }
        guard (0...most).contains(value) else {
          throw CommandError(
            .outOfRange(
              option: option, value: "\(value)", expected: "between 0 and \(NumberText.short(most))"
            ))
        }
      }
      if let votes, !(2...64).contains(votes) {
        throw CommandError(.outOfRange(option: "votes", value: "\(votes)", expected: "2 to 64"))
      }
    }

    /// Refuses names that no link can be made for before anything is stored, and two links for one person: the second
    /// would replace the first.
    private func checkAnnotators() throws {
      var known: Set<String> = []
      for text in annotator {
        let shown = "'\(Terminal.harmless(text))'"
        do {
          guard known.insert(try AnnotatorName(text).key).inserted else {
            throw CommandError(.repeated(option: "annotator", value: shown))
          }
        } catch let error as StudioError {
          guard case .malformedRequest(_, let expected) = error.code else { throw error }
          throw CommandError(.outOfRange(option: "annotator", value: shown, expected: expected))
        }
      }
    }

    /// The first of its options that was given, for messages.
    var given: String? {
      if !annotator.isEmpty { return "--annotator" }
      if guidelines != nil { return "--guidelines" }
      if overlap != nil { return "--overlap" }
      if votes != nil { return "--votes" }
      if goldShare != nil { return "--gold-share" }
      return repeats == nil ? nil : "--repeats"
    }

    /// Changes what was asked for.
    func change(_ rules: inout RoundRules) {
      if let overlap { rules.overlap = overlap }
      if let votes { rules.votes = votes }
      if let goldShare { rules.goldShare = goldShare }
      if let repeats { rules.repeatShare = repeats }
    }

    /// A guideline that takes longer to read is not read.
    private static let guidelinesLimit = 1 << 18

    func guidelinesText() throws -> String? {
      guard let guidelines else { return nil }
      let bytes = try FileSystem.read(guidelines, limit: Self.guidelinesLimit)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw CommandError(.row(path: guidelines, line: 1, problem: "the file is not UTF-8"))
      }
      return text
    }
  }
#endif
