import Foundation
import Testing

@Suite struct HelpTests {
  @Test func withoutAVerbTheVerbsAreListed() throws {
    let outcome = try Program.run([])
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("USAGE: penchant <subcommand>"))
    #expect(
      outcome.output.contains("Exit codes: 0 done; 1 the answer is \"no\"; 2 usage or input;"))
  }

  @Test(arguments: [
    "demo", "audit", "tune", "sft", "reward", "score", "generate", "chat", "inspect", "objectives",
    "bench", "convert", "pull", "label",
  ])
  func everyVerbExplainsItselfWithAnExample(verb: String) throws {
    let outcome = try Program.run([verb, "--help"])
    #expect(outcome.status == 0)
    #expect(outcome.error == "")
    #expect(outcome.output.contains("Example:\n  penchant \(verb)"))
    #expect(outcome.output.contains("USAGE: penchant \(verb)"))
    #expect(outcome.output.contains("--config <file>"))
  }

  @Test func objectivesHelpIsAsItWas() throws {
    let outcome = try Program.run(["objectives", "--help"])
    #expect(
      outcome.output == """
        OVERVIEW: What can be chosen with --objective, with formula and when to use it.

        rho is the log-probability of an answer under the policy minus that under the
        reference, summed over its tokens; s is rho, or its map under --f-divergence; n
        counts an answer's tokens; r is beta rho.

        Lists weigh several: --objective sigmoid:1,sft:0.5. docs/objectives/ has a page
        on each.

        Example:
          penchant objectives
          penchant objectives simpo

        USAGE: penchant objectives [<name>] [--json] [--config <file>]

        ARGUMENTS:
          <name>                  Show this one alone, with its options.

        OPTIONS:
          --json                  Print JSON.
          --config <file>         YAML file that sets any option by its long name; the
                                  command line wins.
          --version               Show the version.
          -h, --help              Show help information.


        """)
  }

  @Test func versionIsOneLine() throws {
    let outcome = try Program.run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output == "0.1.0\n")
  }

  /// What the examples read is there for whoever copies them.
  @Test(arguments: [
    "audit", "tune", "sft", "reward", "score", "generate", "chat", "inspect", "convert", "label",
  ])
  func theFilesOfTheExamplesExist(verb: String) throws {
    let page = try Program.run([verb, "--help"]).output
    let examples = try #require(page.range(of: "Example:"))
    let usage = try #require(page.range(of: "USAGE:"))
    let words = page[examples.upperBound..<usage.lowerBound]
      .split(whereSeparator: \.isWhitespace).map(String.init)
    let reading = ["--model", "--data", "--prompts", "--guidelines"]
    for (option, value) in zip(words, words.dropFirst()) where reading.contains(option) {
      #expect(
        FileManager.default.fileExists(atPath: Program.root.appendingPathComponent(value).path),
        "\(option) \(value)")
    }
  }

  @Test func theFormatsOfConvertStandInColumns() throws {
    let lines = try Program.run(["convert", "--help"]).output.split(separator: "\n")
    let begin = try #require(lines.firstIndex(of: "Formats:"))
    let end = try #require(lines.firstIndex(of: "Example:"))
    let shapes = lines[begin + 1..<end]
    #expect(shapes.count > 20)
    #expect(shapes.allSatisfy { $0.hasPrefix("  ") && $0.count < 80 })
  }
}
