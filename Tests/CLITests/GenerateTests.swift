import Foundation
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

  @Test func promptsThatCannotBeAnsweredAreNamedBeforeTheFirstAnswer() throws {
    let folder = try Folder()
    let long = String(repeating: "word ", count: 1500)
    let lines = (1...12).map { number in
      number % 3 == 0 ? #"{"prompt": "\#(long)"}"# : #"{"prompt": "Why?"}"#
    }
    let data = try folder.write("prompts.jsonl", lines.joined(separator: "\n\n") + "\n")
    let outcome = try Program.run([
      "generate", "--model", Example.model, "--data", data, "--output", folder.path("out.jsonl"),
      "--prompt-format", "raw",
    ])
    #expect(outcome.status == 2)
    let start =
      "error: 4 of 12 prompts cannot be answered, where the model's context holds 1024 tokens: \(data):5 has "
    #expect(outcome.error.hasPrefix(start), "\(outcome.error)")
    for line in [11, 17, 23] { #expect(outcome.error.contains(", \(data):\(line) has ")) }
    #expect(outcome.error.hasSuffix("\n  shorten them, or leave them out\n"))
    #expect(!folder.exists("out.jsonl"))
    // A store is not made of half a file either.
    let label = try Program.run([
      "label", "--model", Example.model, "--prompts", data, "--store", folder.path("s.sqlite"),
      "--temperature", "1", "--prompt-format", "raw",
    ])
    #expect(label.status == 2)
    #expect(label.error.hasPrefix(start), "\(label.error)")
    #expect(!folder.exists("s.sqlite"))
  }

  @Test func whatTheContextTakesFromTheAnswersIsSaid() throws {
    let folder = try Folder()
    let data = try folder.write("p.jsonl", #"{"prompt": "a"}"# + "\n")
    func error(_ tokens: String) throws -> String {
      let outcome = try Program.run([
        "generate", "--model", Example.model, "--data", data, "--prompt-format", "raw",
        "--max-new-tokens", tokens, "--overwrite", "--output", folder.path("out.jsonl"),
      ])
      #expect(outcome.status == 0, "\(outcome.error)")
      return outcome.error
    }
    let said = try error("5000")
    #expect(
      said.contains("--max-new-tokens 5000: the model's context of 1024 leaves 102"), "\(said)")
    #expect(said.contains(" for 1 of 1 prompt\n"), "\(said)")
    #expect(try !error("8").contains("leaves"))
  }

  /// The bundled model with a final norm that is no number.
  private func damagedModel(_ folder: Folder) throws -> String {
    let model = folder.path("model")
    try FileManager.default.copyItem(
      at: Program.root.appendingPathComponent(Example.model), to: URL(fileURLWithPath: model))
    let file = URL(fileURLWithPath: model + "/model.safetensors")
    var data = try Data(contentsOf: file)
    let length = data.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: data[8..<8 + length]) as? [String: Any])
    let norm = try #require(header["model.norm.weight"] as? [String: Any])
    let place = try #require(norm["data_offsets"] as? [Int])
    for byte in place[0]..<place[1] { data[8 + length + byte] = 0xff }
    try data.write(to: file)
    return model
  }

  @Test(arguments: [[], ["--temperature", "1"], ["--temperature", "1", "--top-p", "0.9"]])
  func weightsThatAreNoNumbersGiveNoAnswers(sampling: [String]) throws {
    let folder = try Folder()
    let outcome = try Program.run(
      [
        "generate", "--model", try damagedModel(folder), "--data", Example.pairs, "--limit", "2",
        "--output", folder.path("out.jsonl"),
      ] + sampling)
    #expect(outcome.status == 3)
    #expect(
      outcome.error.hasSuffix(
        """
        error: after 0 tokens of an answer the model's logits are not finite numbers
          are the weights damaged, or did the run that made them diverge?

        """), "\(outcome.error)")
    #expect(!folder.exists("out.jsonl"))
  }
}
