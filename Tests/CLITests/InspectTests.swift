import Foundation
import Testing

@Suite struct InspectTests {
  private static let pair = ["inspect", "--model", Example.model, "--data", Example.pairs]

  @Test func theModelIsDescribed() throws {
    let outcome = try Program.run(["inspect", "--model", Example.model])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("  parameters                    143808 (144k)\n"))
    #expect(outcome.output.contains("  an answer ends with           <|im_end|>\n"))
  }

  @Test func tokensThatAreTrainedOnAreMarked() throws {
    let outcome = try Program.run(Self.pair)
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("  rejected  [S] [c] [at] [ter] [ing] [.] [<|im_end|>] [Ċ]\n"))
    #expect(outcome.output.contains("  prompt    <|im_start|> us er Ċ Why"))
    #expect(outcome.output.contains("  memory  about "))
  }

  @Test func anUntunedPairIsExplainedWithLossLogTwo() throws {
    let outcome = try Program.run(Self.pair + ["--explain", "--dtype", "float32"])
    #expect(outcome.status == 0, "\(outcome.error)")
    for line in [
      "   z = r_w - r_l = 0.0000\n", "   L = -log sigma(z) = 0.6931\n",
      "   dL / d log p(y_w,t) = -beta sigma(-z) = -0.05 for each chosen token\n",
      "   dL / d log p(y_l,t) = +beta sigma(-z) = 0.05 for each rejected token\n",
      "   22 + 103 + 8 = 133 tokens are computed.",
    ] {
      #expect(outcome.output.contains(line), "\(line)")
    }
  }

  /// A template that lets the assistant think only where it is asked to speak.
  private static func thinking(_ folder: Folder) throws -> [String] {
    let template = try folder.write(
      "thinking.jinja",
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<t>' }}{% endif %}")
    return ["--chat-template", template]
  }

  @Test func aPromptThatIsNotHowTheAnswerBeginsIsShownTokenByToken() throws {
    let folder = try Folder()
    let data = try folder.write(
      "pairs.jsonl", #"{"prompt": "Why?", "chosen": "Air.", "rejected": "No."}"# + "\n")
    let asked =
      ["inspect", "--model", Example.model, "--data", data] + (try Self.thinking(folder))
    let outcome = try Program.run(asked)
    #expect(outcome.status == 0, "\(outcome.error)")
    let expected = """
      prompts that are not how prompt + answer begins
        1 pair: \(data):1
        tune stops there unless --on-mismatch split or drop is chosen
        \(data):1, chosen answer: token 14 is the first that differs; the text differs from character 55 on

      """
    #expect(outcome.output.contains(expected), "\(outcome.output)")
    #expect(outcome.output.contains("    the prompt alone  … "), "\(outcome.output)")
    #expect(outcome.output.contains(" Ċ [<] [t] [>]\n"), "\(outcome.output)")
    #expect(outcome.output.contains(" Ċ [A] [ir] [.] [<|im_end|>] [Ċ]\n"), "\(outcome.output)")

    let json = try Program.run(asked + ["--json"])
    let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
    let part = try #require((object?["data"] as? [String: Any])?["prefix_mismatches"])
    let mismatch = try #require(part as? [String: Any])
    #expect(mismatch["left_out"] as? Int == 1)
    #expect(mismatch["common_tokens"] as? Int == 13)
    #expect(mismatch["common_characters"] as? Int == 54)

    // Told how to proceed, it shows the pair as it would be trained on as well.
    let split = try Program.run(asked + ["--on-mismatch", "split"])
    #expect(split.output.contains("the prompt ends where they part"), "\(split.output)")
    #expect(split.output.contains("\npair "), "\(split.output)")

    let explained = try Program.run(asked + ["--explain"])
    #expect(explained.status == 2)
    #expect(explained.error.contains("choose --on-mismatch split"))
  }

  @Test func howTheAssistantsTokensAreFoundIsSaid() throws {
    let folder = try Folder()
    let template = try folder.write(
      "marked.jinja",
      "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' }}{% if m.role == 'assistant' %}"
        + "{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}"
        + "{{ '<|im_end|>\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
    let marked = try Program.run(
      Self.pair + ["--train-on", "assistant", "--chat-template", template])
    #expect(
      marked.output.contains("the chat template's {% generation %} blocks"), "\(marked.error)")
    #expect(marked.output.contains("  rejected  [S] [c] [at] [ter] [ing] [.] <|im_end|> Ċ\n"))
    let turns = try Program.run(Self.pair + ["--train-on", "assistant"])
    #expect(turns.output.contains("its turns, from where the template asks it to speak"))
    #expect(turns.output.contains("  rejected  [S] [c] [at] [ter] [ing] [.] [<|im_end|>] [Ċ]\n"))
  }

  @Test func jsonCanBeRead() throws {
    let outcome = try Program.run(Self.pair + ["--json"])
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let model = try #require(object?["model"] as? [String: Any])
    let data = try #require(object?["data"] as? [String: Any])
    #expect(model["parameters"] as? Int == 143_808)
    #expect(data["pairs"] as? Int == 120)
    #expect((data["memory_bytes"] as? [String: Int])?["weights"] == 290_632)
  }

  @Test func devicesAreListedWithoutAModel() throws {
    let outcome = try Program.run(["inspect", "--devices"])
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("cpu  "))
    #expect(outcome.output.contains("plain"))
  }

  @Test func anInstructionSetCanBeForced() throws {
    let outcome = try Program.run(["inspect", "--devices"], environment: ["PENCHANT_ISA": "plain"])
    #expect(outcome.output.hasPrefix("cpu  plain, "))
    let unknown = try Program.run(["inspect", "--devices"], environment: ["PENCHANT_ISA": "mmx"])
    #expect(unknown.status == 2)
    #expect(unknown.error.contains("mmx"))
  }

  @Test(arguments: [
    ["inspect"], ["inspect", "--model", Example.model, "--explain"],
    ["inspect", "--model", Example.model, "--data", Example.pairs, "--pair", "121"],
    ["inspect", "--devices", "--model", Example.model],
  ])
  func whatCannotBeShownIsRefused(arguments: [String]) throws {
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 2)
    #expect(outcome.output == "")
    #expect(outcome.error.contains("error: "))
  }
}
