import Foundation
import Testing

@Suite struct SftTests {
  private func losses(_ folder: Folder) throws -> [Double] {
    try folder.lines("run/metrics.jsonl").compactMap { line in
      let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      return row?["loss"] as? Double
    }
  }

  @Test func theChosenAnswersOfPairsAreLearnt() throws {
    let folder = try Folder()
    let outcome = try Program.run([
      "sft", "--model", Example.model, "--data", Example.pairs, "--limit", "16", "--output",
      folder.path("run"), "--full", "--epochs", "6", "--batch-size", "4", "--learning-rate", "2e-3",
    ])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("objective sft: "))
    #expect(outcome.output.contains("verdict   none: rows have one answer each"))
    let losses = try losses(folder)
    #expect(losses.count == 24)
    #expect((losses.last ?? 9) < (losses.first ?? 0) - 0.3)
    let answered = try Program.run([
      "generate", "--model", folder.path("run/model"), "--data", Example.pairs, "--limit", "1",
      "--max-new-tokens", "4", "--output", folder.path("out.jsonl"),
    ])
    #expect(answered.status == 0, "\(answered.error)")
  }

  @Test func conversationsAreLearntAndARunGoesOnFromItsFolder() throws {
    let folder = try Folder()
    let row =
      #"{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}, {"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So"}]}"#
    try Data("\(row)\n".utf8).write(to: URL(fileURLWithPath: folder.path("chats.jsonl")))
    let begun = try Program.run([
      "sft", "--model", Example.model, "--data", folder.path("chats.jsonl"), "--output",
      folder.path("run"), "--epochs", "3",
    ])
    #expect(begun.status == 0, "\(begun.error)")
    #expect(begun.output.contains("read 1 pair as messages"))
    let resumed = try Program.run(["sft", "--output", folder.path("run"), "--resume"])
    #expect(resumed.status == 0, "\(resumed.error)")
    let tuned = try Program.run([
      "tune", "--model", Example.model, "--data", folder.path("chats.jsonl"), "--output",
      folder.path("other"),
    ])
    #expect(tuned.status == 2)
    #expect(tuned.error.contains("the row has one answer, so there is nothing to prefer"))
    #expect(tuned.error.contains("'penchant sft' learns from such rows"))
  }

  @Test func anotherObjectiveIsRefused() throws {
    let outcome = try Program.run([
      "sft", "--model", Example.model, "--data", Example.pairs, "--output", "x", "--objective",
      "hinge",
    ])
    #expect(outcome.status == 2)
  }
}
