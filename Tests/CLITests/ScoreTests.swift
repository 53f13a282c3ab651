import Foundation
import Testing

@Suite struct ScoreTests {
  private func score(_ folder: Folder, _ more: [String]) throws -> Program.Outcome {
    try Program.run(
      ["score", "--model", Example.model, "--output", folder.path("scores.jsonl")] + more)
  }

  private func object(_ line: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test func rowsComeInInputOrderWithEveryField() throws {
    let folder = try Folder()
    let outcome = try score(folder, ["--data", Example.pairs, "--limit", "5", "--tokens"])
    #expect(outcome.status == 0, "\(outcome.error)")
    let rows = try folder.lines("scores.jsonl").map(object)
    #expect(
      rows.map { $0["id"] as? String }
        == (1...5).map { "example-00\($0)" })
    for row in rows {
      let logps = try #require(row["chosen_token_logps"] as? [Double])
      let sum = try #require(row["chosen_logps"] as? Double)
      #expect(abs(logps.reduce(0, +) - sum) <= 1e-9 * abs(sum))
      #expect(row["chosen_tokens"] as? Int == logps.count)
      #expect((row["chosen_token_ids"] as? [Int])?.count == logps.count)
      #expect(row["ref_chosen_logps"] as? Double == sum)
      #expect(row["reward_chosen"] as? Double == 0)
      #expect(row["reward_rejected"] as? Double == 0)
    }
  }

  @Test func aRowBeyondTheContextIsToldWhatThisCommandCanDo() throws {
    let folder = try Folder()
    let long = String(repeating: "word ", count: 1500)
    let data = try folder.write(
      "long.jsonl", #"{"prompt": "Why?", "chosen": "\#(long)", "rejected": "No."}"# + "\n")
    let outcome = try score(folder, ["--data", data])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("error: \(data):1: "), "\(outcome.error)")
    #expect(
      outcome.error.hasSuffix(
        " tokens are more than the model's context of 1024\n  shorten the row, or leave it out: nothing is cut here\n"
      ), "\(outcome.error)")
    #expect(!folder.exists("scores.jsonl"))
  }

  @Test func neitherThreadsNorPackingChangeAByte() throws {
    let folder = try Folder()
    var texts: Set<String> = []
    for (threads, budget) in [("1", "64"), ("2", "4096")] {
      let outcome = try score(
        folder,
        [
          "--data", Example.pairs, "--limit", "6", "--threads", threads, "--micro-tokens", budget,
          "--overwrite", "--tokens",
        ])
      #expect(outcome.status == 0, "\(outcome.error)")
      texts.insert(try folder.text("scores.jsonl"))
    }
    #expect(texts.count == 1)
  }

  /// More pairs than are held at once.
  @Test func pairsAreScoredSomeAtATimeInTheirOrder() throws {
    let folder = try Folder()
    let rows = (0..<1030).map {
      #"{"id": "r\#($0)", "prompt": "a", "chosen": "b\#($0 % 7)", "rejected": "c"}"#
    }
    let data = try folder.write("pairs.jsonl", rows.joined(separator: "\n"))
    let outcome = try score(folder, ["--data", data])
    #expect(outcome.status == 0, "\(outcome.error)")
    let lines = try folder.lines("scores.jsonl")
    #expect(try lines.map { try object($0)["id"] as? String } == (0..<1030).map { "r\($0)" })
    // The last row alone is what it is among all.
    let last = try folder.write("last.jsonl", rows[1029])
    let alone = try score(folder, ["--data", last, "--overwrite"])
    #expect(alone.status == 0, "\(alone.error)")
    #expect(try folder.lines("scores.jsonl") == [lines[1029]])
  }

  @Test func anExistingOutputStaysAsItIs() throws {
    let folder = try Folder()
    let path = try folder.write("scores.jsonl", "mine\n")
    let outcome = try score(folder, ["--data", Example.pairs])
    #expect(outcome.status == 2)
    #expect(
      outcome.error == """
        error: \(path) exists already
          choose another place, or pass --overwrite

        """)
    #expect(try folder.text("scores.jsonl") == "mine\n")
  }

  @Test func malformedJSONIsNamedWithItsLine() throws {
    let folder = try Folder()
    let good = #"{"prompt": "a", "chosen": "b", "rejected": "c"}"#
    let data = try folder.write(
      "pairs.jsonl", good + "\n" + #"{"prompt": "a", "chosen" "b"}"# + "\n")
    let outcome = try score(folder, ["--data", data])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("\(data):2"), "\(outcome.error)")
    #expect(!folder.exists("scores.jsonl"))
  }

  @Test func skippedRowsAreCounted() throws {
    let folder = try Folder()
    let good = #"{"prompt": "a", "chosen": "b", "rejected": "c"}"#
    let data = try folder.write("pairs.jsonl", good + "\n{\n" + good + "\n")
    let outcome = try score(folder, ["--data", data, "--skip-bad"])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.error.contains("read 2 pairs as trl-standard, skipped 1 row"))
    #expect(try folder.lines("scores.jsonl").count == 2)
  }

  @Test func aMissingModelIsNamed() throws {
    let folder = try Folder()
    let outcome = try Program.run([
      "score", "--model", "no-such-model", "--data", Example.pairs, "--output",
      folder.path("scores.jsonl"),
    ])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("error: no-such-model is not a model folder\n"))
    #expect(!folder.exists("scores.jsonl"))
  }

  @Test func aMissingAdapterIsNamed() throws {
    let outcome = try score(
      try Folder(), ["--data", Example.pairs, "--limit", "1", "--adapter", "no-such-adapter"])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("no-such-adapter"))
  }

  @Test func aPairBeyondTheContextIsAnError() throws {
    let folder = try Folder()
    let long = String(repeating: "long answer ", count: 1000)
    let data = try folder.write(
      "pairs.jsonl", #"{"id": "far", "prompt": "a", "chosen": "\#(long)", "rejected": "c"}"# + "\n")
    let outcome = try score(folder, ["--data", data])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("\(data):1"))
    #expect(!outcome.error.contains("long answer"))
  }
}
