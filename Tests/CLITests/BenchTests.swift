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
  }
}
