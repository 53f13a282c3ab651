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
