import Foundation
import Testing

@Suite struct AuditTests {
  /// The example's pairs with the answers of one row made the same, and one row repeated.
  private func damaged(_ folder: Folder) throws -> String {
    let file = Program.root.appendingPathComponent(Example.pairs)
    var lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").prefix(16)
      .map(String.init)
    var row = try #require(
      try JSONSerialization.jsonObject(with: Data(lines[2].utf8)) as? [String: Any])
    row["rejected"] = row["chosen"]
    lines[2] = String(decoding: try JSONSerialization.data(withJSONObject: row), as: UTF8.self)
    lines.append(lines[5])
    let path = folder.path("pairs.jsonl")
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test func anAuditWritesAFolderAndSaysNoWhereRowsAreBroken() throws {
    let folder = try Folder()
    let data = try damaged(folder)
    let outcome = try Program.run(["audit", "--data", data, "--output", folder.path("audit")])
    #expect(outcome.status == 1, "\(outcome.error)")
    #expect(outcome.output.contains("Do not tune on this yet: 1 of 17 rows cannot teach"))
    #expect(outcome.output.contains("patch     drop 2: penchant tune … --patch "))
    for name in ["audit/report.html", "audit/findings.json", "audit/patch.jsonl"] {
      #expect(folder.exists(name))
    }
    let again = try Program.run(["audit", "--data", data, "--output", folder.path("audit")])
    #expect(again.status == 2)
    #expect(again.error.contains("exists already"))
    let lenient = try Program.run([
      "audit", "--data", data, "--output", folder.path("audit"), "--overwrite", "--fail-on", "none",
      "--json",
    ])
    #expect(lenient.status == 0)
    let json = try JSONSerialization.jsonObject(with: Data(lenient.output.utf8)) as? [String: Any]
    #expect(json?["verdict"] as? String == "block")
  }

  @Test func theExampleHasNothingThatBlocks() throws {
    let folder = try Folder()
    let outcome = try Program.run([
      "audit", "--data", Example.pairs, "--output", folder.path("audit"),
    ])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
    #expect(outcome.output.contains("what can be told without reading"))
  }

  @Test func aModelAddsWhatItsTokensAndLikelihoodsSay() throws {
    let folder = try Folder()
    let words = [
      "audit", "--data", Example.pairs, "--model", Example.model, "--fail-on", "none", "--json",
    ]
    func findings(_ more: [String]) throws -> [String: [String: Any]] {
      let outcome = try Program.run(
        words + ["--output", folder.path("audit"), "--overwrite"] + more)
      #expect(outcome.status == 0, "\(outcome.error)")
      let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
      let list = json?["findings"] as? [[String: Any]] ?? []
      return Dictionary(list.map { ($0["id"] as? String ?? "", $0) }) { first, _ in first }
    }
    let usual = try findings(["--score-pairs", "40"])
    let agreement = try #require(usual["model-agreement"])
    #expect(agreement["population"] as? Int == 40)
    let similarity = try #require(usual["model-similarity"])
    #expect(similarity["population"] as? Int == 40 && similarity["count"] as? Int == 2)
    #expect(usual["too-long"] == nil && usual["prompt-too-long"] == nil)
    let short = try findings(["--max-length", "16", "--score-pairs", "0"])
    #expect(short["model-agreement"] == nil)
    #expect(short["too-long"] != nil || short["prompt-too-long"] != nil)

    let alone = try Program.run([
      "audit", "--data", Example.pairs, "--output", folder.path("other"), "--score-pairs", "5",
    ])
    #expect(alone.status == 2)
    #expect(alone.error.contains("--score-pairs"))
  }

  @Test func tuneAppliesAPatchAndListsWhatItLeftOut() throws {
    let folder = try Folder()
    let data = try damaged(folder)
    #expect(
      try Program.run(["audit", "--data", data, "--output", folder.path("audit")]).status == 1)
    let words = [
      "tune", "--model", Example.model, "--data", data, "--output", folder.path("run"),
      "--max-steps", "1", "--batch-size", "4",
    ]
    let outcome = try Program.run(words + ["--patch", folder.path("audit/patch.jsonl")])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("audit/patch.jsonl: drop 2"))
    #expect(outcome.output.contains("audit: nothing that blocks in 15 pairs"))
    let dropped = try folder.lines("run/dropped.jsonl")
    #expect(dropped.count == 2)
    #expect(dropped[0].contains(#""reason": "patch", "check": "identical-answers""#))
    #expect(try folder.text("run/config.yaml").contains("patch: "))
  }

  @Test func aPatchForOtherDataIsRefused() throws {
    let folder = try Folder()
    let data = try damaged(folder)
    #expect(
      try Program.run(["audit", "--data", data, "--output", folder.path("audit")]).status == 1)
    let outcome = try Program.run([
      "tune", "--model", Example.model, "--data", Example.pairs, "--output", folder.path("run"),
      "--patch", folder.path("audit/patch.jsonl"),
    ])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("of the patch cannot be found in the data"))
    #expect(outcome.error.contains("the data changed since the audit: run penchant audit again"))
    #expect(!folder.exists("run"))
  }
}
