import Foundation
import Testing

/// The verbs on models of other architectures; the numbers are checked in the rooms below.
@Suite struct ArchitectureTests {
  /// A model folder made of a fixture's model and the tokenizer all of them share, and some pairs for it.
  private static func model(_ name: String, in folder: Folder) throws -> String {
    let source = Program.root.appendingPathComponent("Tests/Fixtures/Architectures")
    let target = folder.path("model")
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    for (from, to) in [
      ("\(name)/config.json", "config.json"), ("\(name)/model.safetensors", "model.safetensors"),
      ("tokenizer.json", "tokenizer.json"), ("tokenizer_config.json", "tokenizer_config.json"),
    ] {
      try FileManager.default.copyItem(
        at: source.appendingPathComponent(from), to: URL(fileURLWithPath: "\(target)/\(to)"))
    }
    let rows = ["Is it so?", "Why not?", "Who am I?", "What now?"].map {
      #"{"prompt":"\#($0) ","chosen":"Yes, it is.","rejected":"No"}"#
    }
    _ = try folder.write("pairs.jsonl", rows.joined(separator: "\n") + "\n")
    return target
  }

  @Test(arguments: ["qwen3", "phi3", "gemma2", "gpt2"])
  func aModelIsTunedScoredAndAsked(name: String) throws {
    let folder = try Folder()
    let model = try Self.model(name, in: folder)
    let data = ["--data", folder.path("pairs.jsonl"), "--prompt-format", "raw"]
    func run(_ arguments: [String]) throws -> String {
      let outcome = try Program.run(arguments)
      #expect(outcome.status == 0, "\(arguments): \(outcome.error)")
      return outcome.output
    }
    _ = try run(
      ["tune", "--model", model] + data + [
        "--output", folder.path("run"), "--max-steps", "2", "--batch-size", "2", "--lora-rank", "2",
      ])
    // Step 0 is the reference to the last bit.
    let first = try folder.lines("run/metrics.jsonl").first { $0.contains("\"loss\"") }
    #expect(try #require(first).contains(#""loss": 0.6931471805599453, "#))
    _ = try run(
      ["score", "--model", model, "--adapter", folder.path("run/adapter")] + data + [
        "--output", folder.path("scores.jsonl"),
      ])
    _ = try run(
      ["tune", "--model", model, "--full"] + data + [
        "--output", folder.path("full"), "--max-steps", "1",
      ])
  }

  @Test func whatIsParticularIsShown() throws {
    let folder = try Folder()
    let outcome = try Program.run(["inspect", "--model", try Self.model("gemma2", in: folder)])
    #expect(outcome.status == 0, "\(outcome.error)")
    for line in [
      "  activation                    gelu_pytorch_tanh\n",
      "  positions                     rotary, default (base 10000, 8 of 8 components)\n",
      "  sliding window                5 (tokens, in 2 of 3 layers)\n",
      "  attention scores bounded to   1.5\n", "  logits bounded to             3\n",
      "  normalised                    before and after each half of a block (RMS norm)\n",
    ] {
      #expect(outcome.output.contains(line), "\(line) in \(outcome.output)")
    }
  }

  @Test func aTargetTheModelDoesNotHaveIsNamed() throws {
    let folder = try Folder()
    let model = try Self.model("gpt2", in: folder)
    let outcome = try Program.run([
      "tune", "--model", model, "--data", folder.path("pairs.jsonl"), "--prompt-format", "raw",
      "--output", folder.path("run"), "--lora-targets", "q_proj",
    ])
    #expect(outcome.status == 2)
    #expect(
      outcome.error.contains("the model has no linear layer called q_proj")
        && outcome.error.contains("it has: c_attn, attn.c_proj, c_fc, mlp.c_proj"),
      "\(outcome.error)")
  }
}
