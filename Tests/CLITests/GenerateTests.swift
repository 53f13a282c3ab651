import Testing

@Suite struct GenerateTests {
  private func generate(_ folder: Folder, _ more: [String]) throws -> [String] {
    let outcome = try Program.run(
      [
        "generate", "--model", Example.model, "--data", Example.pairs, "--limit", "4",
        "--max-new-tokens", "8", "--overwrite", "--output", folder.path("answers.jsonl"),
      ] + more)
    #expect(outcome.status == 0, "\(outcome.error)")
    return try folder.lines("answers.jsonl")
  }

  @Test func everyPromptIsAnsweredInOrder() throws {
    let lines = try generate(try Folder(), [])
    #expect(lines.count == 4)
    for (index, line) in lines.enumerated() {
      #expect(line.hasPrefix(#"{"id": "example-00\#(index + 1)", "prompt": [{"#))
      #expect(line.contains(#""finish_reason": ""#))
    }
  }

  @Test func answersDoNotDependOnTheirNeighbours() throws {
    let folder = try Folder()
    let sampling = ["--temperature", "1", "--top-p", "0.95", "--seed", "7"]
    let together = try generate(folder, sampling + ["--batch-size", "16"])
    let alone = try generate(folder, sampling + ["--batch-size", "1", "--threads", "1"])
    #expect(together == alone)
    #expect(try generate(folder, ["--temperature", "1", "--seed", "8"]) != together)
  }

  @Test func aPromptThatIsNoPromptIsNamedWithItsLine() throws {
    let folder = try Folder()
    let data = try folder.write(
      "prompts.jsonl", #"{"prompt": "a"}"# + "\n" + #"{"prompt": 3}"# + "\n")
    let outcome = try Program.run([
      "generate", "--model", Example.model, "--data", data, "--output", folder.path("out.jsonl"),
    ])
    #expect(outcome.status == 2)
    #expect(
      outcome.error
        == "error: \(data):2: the prompt must be a string or a list of {role, content}\n")
    #expect(!folder.exists("out.jsonl"))
  }
}
