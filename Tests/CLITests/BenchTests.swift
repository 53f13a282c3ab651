import Foundation
import Testing

@Suite struct BenchTests {
  @Test func everyKernelEqualsItsTwinAndAStepIsCounted() throws {
    let outcome = try Program.run([
      "bench", "--shape", "tiny", "--pairs", "1", "--prompt-tokens", "16", "--answer-tokens", "16",
      "--repeats", "1", "--json",
    ])
    #expect(outcome.status == 0, "\(outcome.error)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let kernels = try #require(object?["kernels"] as? [[String: Any]])
    #expect(kernels.count == 10)
    #expect(kernels.allSatisfy { ($0["deviation_from_plain"] as? Double ?? 1) < 0.01 })
    let step = try #require(object?["step"] as? [String: Any])
    // By hand, for d = q = 48, kv = 16, ff = 80, two layers, V = 300, rank 16, 48 tokens, 32 scored rows:
    // linears 6 · 2 · (48·48·2 + 48·16·2 + 3·48·80) · 48, keys 136 + 2 · (256 + 136), adapter 6 · r·S · 48.
    let linears = 6.0 * 2 * Double(48 * 48 * 2 + 48 * 16 * 2 + 3 * 48 * 80) * 48
    let attention = 18.0 * (136 + 2 * (256 + 136)) * 48 * 2
    let adapter = 6.0 * 2 * 16 * Double(2 * 96 + 2 * 64 + 3 * 128) * 48
    let head = 6.0 * 300 * 48 * 32
    #expect(step["flop"] as? Double == linears + attention + adapter + head)
    #expect(step["passes"] as? Int == 1 && step["pass_tokens"] as? Int == 48)
    // Without the reference: a third of the linears and of the head, 4 of 18 of attention less.
    let cached = try #require(step["cached"] as? [String: Any])
    let less = linears * 4 / 6 + attention * 14 / 18 + adapter + head * 4 / 6
    #expect(abs((cached["flop"] as? Double ?? 0) - less) < 1)
    for figures in [step, cached] {
      let seconds = try #require(figures["seconds"] as? Double)
      #expect(abs((figures["pairs_per_second"] as? Double ?? 0) * seconds - 1) < 1e-9)
    }
  }

  @Test func aStepIsCutIntoPassesAndCostsTheSame() throws {
    func step(_ more: [String]) throws -> [String: Any] {
      let outcome = try Program.run(
        [
          "bench", "--shape", "tiny", "--pairs", "3", "--prompt-tokens", "8", "--answer-tokens",
          "8", "--device", "cpu", "--repeats", "1", "--json", "--operations",
        ] + more)
      #expect(outcome.status == 0, "\(outcome.error)")
      let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      let report = try #require(object as? [String: Any])
      #expect(report["device"] as? String == "cpu")
      let operations = try #require(report["operations"] as? [[String: Any]])
      let counts = Dictionary(
        uniqueKeysWithValues: operations.map { ($0["name"] as? String, $0["calls"] as? Int) })
      // Two layers; of each pass the reference attends, and the policy, there and back.
      let passes = (report["step"] as? [String: Any])?["passes"] as? Int ?? 0
      #expect(counts["attention"] == 2 * 2 * passes)
      #expect(counts["attention, gradient"] == 2 * passes)
      return try #require(report["step"] as? [String: Any])
    }
    let (whole, cut) = (try step([]), try step(["--micro-tokens", "50"]))
    #expect(whole["passes"] as? Int == 1 && whole["pass_tokens"] as? Int == 72)
    #expect(cut["passes"] as? Int == 2 && cut["pass_tokens"] as? Int == 48)
    #expect(whole["flop"] as? Double == cut["flop"] as? Double)
    #expect(whole["peak_device_bytes"] is NSNull)
  }
}
