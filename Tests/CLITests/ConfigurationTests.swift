import Testing

@Suite struct ConfigurationTests {
  private func score(
    _ folder: Folder, _ yaml: String, _ more: [String] = []
  ) throws -> Program.Outcome {
    let file = try folder.write("options.yaml", yaml)
    return try Program.run(
      ["score", "--config", file, "--output", folder.path("scores.jsonl")] + more)
  }

  private static let complete = """
    # what to score
    model: \(Example.model)
    data: [\(Example.pairs)]
    limit: 3
    tokens: true

    """

  @Test func aFileSetsOptionsByTheirLongNames() throws {
    let folder = try Folder()
    let outcome = try score(folder, Self.complete)
    #expect(outcome.status == 0, "\(outcome.error)")
    let lines = try folder.lines("scores.jsonl")
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.contains("chosen_token_logps") })
  }

  @Test func theCommandLineWins() throws {
    let folder = try Folder()
    let outcome = try score(folder, Self.complete, ["--limit", "2", "--tokens=false"])
    #expect(outcome.status == 0, "\(outcome.error)")
    let lines = try folder.lines("scores.jsonl")
    #expect(lines.count == 2)
    #expect(!lines[0].contains("chosen_token_logps"))
  }

  @Test func aListOnTheCommandLineReplacesTheFiles() throws {
    let folder = try Folder()
    let outcome = try score(
      folder, "model: \(Example.model)\ndata: [does-not-exist.jsonl]\nlimit: 1\n",
      ["--data", Example.pairs])
    #expect(outcome.status == 0, "\(outcome.error)")
  }

  @Test func anUnknownKeyNamesLineAndNearest() throws {
    let folder = try Folder()
    let outcome = try score(folder, Self.complete + "dtpe: float32\n")
    #expect(outcome.status == 2)
    #expect(
      outcome.error == """
        error: \(folder.path("options.yaml")):6: penchant score has no option 'dtpe'
          did you mean 'dtype'?

        """)
  }

  @Test func aKeyOfAnotherTrainerIsTranslated() throws {
    let folder = try Folder()
    let outcome = try score(folder, "model_name_or_path: x\n")
    #expect(outcome.status == 2)
    #expect(outcome.error.hasSuffix("  here it is called 'model'\n"))
  }

  @Test(arguments: [
    ("limit: 1\nlimit: 2\n", " is not a configuration: the key 'limit' stands there twice"),
    ("- limit\n", ":1 is not a configuration: its top level is not 'option: value'"),
    ("limit: [1\n", " is not a configuration: "),
    ("tokens: maybe\n", ":1: the value of 'tokens' must be true or false"),
    ("limit:\n", ":1: the value of 'limit' must be a value"),
    ("limit: {a: 1}\n", ":1: the value of 'limit' must be a value"),
  ])
  func whatIsNoConfigurationIsRefused(yaml: String, problem: String) throws {
    let outcome = try score(try Folder(), yaml)
    #expect(outcome.status == 2)
    #expect(outcome.error.contains(problem), "\(outcome.error)")
  }

  /// What the parser and the options' own checks find wrong stands in the file, not on the command line.
  @Test(arguments: [
    ("limit: many\n", ":1: the value 'many' is invalid for '--limit <n>'"),
    ("model: m\ndata: d\n# a remark\nlimit: 0\n", ":4: --limit is 0; it must be at least 1"),
  ])
  func aValueThatDoesNotFitIsNamedWithItsLine(yaml: String, problem: String) throws {
    let folder = try Folder()
    let outcome = try score(folder, yaml)
    #expect(outcome.status == 2)
    #expect(
      outcome.error == """
        error: \(folder.path("options.yaml"))\(problem)
          see 'penchant score --help'

        """)
    // On the command line it stands nowhere else.
    let given = try score(folder, yaml, ["--limit", "few"])
    #expect(given.error.hasPrefix("error: the value 'few' is invalid for '--limit <n>'\n"))
  }

  @Test func aConfigurationThatNamesAnotherIsRefused() throws {
    let folder = try Folder()
    let outcome = try score(folder, "limit: 1\nconfig: other.yaml\n")
    #expect(outcome.status == 2)
    #expect(
      outcome.error == """
        error: \(folder.path("options.yaml")):2: a configuration cannot name another one
          put its options here, or give that file as --config

        """)
  }

  @Test func aMissingFileIsNamed() throws {
    let outcome = try Program.run(["score", "--config", "no-such.yaml"])
    #expect(outcome.status == 2)
    #expect(outcome.error == "error: no-such.yaml does not exist\n")
  }
}
