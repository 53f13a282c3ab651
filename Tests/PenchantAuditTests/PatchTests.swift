import Foundation
import PenchantAudit
import PenchantCore
import PenchantData
import Testing

@Suite("The patch") struct PatchTests {
  private let pairs = [
    Made.pair("One?", "A", "B", row: 1, margin: -2), Made.pair("Two?", "C", "D", row: 2),
    Made.pair("Three?", "E", "F", row: 3),
  ]

  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "penchant-patch-\(UUID().uuidString).jsonl"
    ).path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("drops, flips and softens, and survives its file") func apply() throws {
    let patch = Patch(
      [
        PatchEdit(0, .flip, "score-order"), PatchEdit(1, .drop, "duplicate-rows"),
        PatchEdit(2, .soften(confidence: 0.5), "suspected-flips"),
        PatchEdit(1, .soften(confidence: 0.5), "suspected-flips"),
      ], of: pairs)
    let path = try file(patch.text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try Patch(path: path) == patch)
    #expect(patch.summary == "drop 1, flip 1, soften 1")
    let outcome = try patch.apply(to: pairs)
    #expect(outcome.pairs.map(\.chosen) == [.text("B"), .text("E")])
    #expect(outcome.pairs[0].rejected == .text("A"))
    #expect(outcome.pairs[0].margin == 2)
    #expect(outcome.pairs[1].confidence == 0.5)
    #expect(outcome.dropped.map(\.line.reason) == ["duplicate-rows"])
  }

  @Test("a folder's name does not matter, the texts do") func identity() throws {
    let patch = Patch([PatchEdit(0, .drop, "x")], of: pairs)
    var moved = pairs
    moved[0].source.file = "/elsewhere/made.jsonl"
    #expect(try patch.apply(to: moved).pairs.count == 2)
    moved[0].chosen = .text("A changed answer")
    #expect(throws: AuditError(.patchRowsNotFound(count: 1, file: "made.jsonl", row: 1))) {
      try patch.apply(to: moved)
    }
    #expect(throws: AuditError(.patchRowsNotFound(count: 1, file: "made.jsonl", row: 1))) {
      try patch.apply(to: Array(pairs.dropFirst()))
    }
  }

  @Test(
    "lines that are no edits",
    arguments: [
      "nonsense", "{}", #"{"row": 1, "file": "a", "fingerprint": "0", "action": "remove"}"#,
      #"{"row": 1, "file": "a", "fingerprint": "0", "action": "soften"}"#,
      #"{"row": 1, "file": "a", "fingerprint": "0", "action": "soften", "confidence": 2}"#,
    ]) func malformed(line: String) throws
  {
    let path = try file("\n" + line + "\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: AuditError(.patchMalformed(path: path, line: 2))) { try Patch(path: path) }
  }

  @Test("one edit a row") func repeated() throws {
    let line = #"{"row": 1, "file": "a", "fingerprint": "0", "action": "drop"}"#
    let path = try file(line + "\n" + line + "\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: AuditError(.patchRepeatsRow(path: path, line: 2))) { try Patch(path: path) }
  }

  @Test("errors say what to do") func wording() {
    let error = AuditError(.patchRowsNotFound(count: 2, file: "a.jsonl", row: 7))
    #expect(
      error.description == """
        2 rows of the patch cannot be found in the data; the first is row 7 of a.jsonl
          the data changed since the audit: run penchant audit again
        """)
    #expect(
      AuditError(.oneAnswer(file: "a.jsonl", line: 3)).description == """
        a.jsonl:3: the row has one answer, an audit compares two
          give pairs; rows with one answer are for penchant sft
        """)
    #expect(
      AuditError(.patchMalformed(path: "p", line: 3)).description == """
        p:3: not an edit of a row
          a line holds row, file, fingerprint and action (drop, flip, or soften with a confidence between 0 and 1)
        """)
    #expect(
      AuditError(.patchRepeatsRow(path: "p", line: 3)).description == """
        p:3: the row is edited by an earlier line already
          keep one line a row
        """)
  }
}
