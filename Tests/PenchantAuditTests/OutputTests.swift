import Foundation
import PenchantAudit
import PenchantCore
import PenchantData
import Testing

@Suite("What an audit writes") struct OutputTests {
  private var pairs: [Pair] {
    Made.clean(60) + [
      Made.pair("Why <b>?", "<script>alert(1)</script>", "<script>alert(1)</script>", row: 61)
    ]
  }

  @Test("the folder has a page, findings and a patch") func folder() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "penchant-audit-\(UUID().uuidString)"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let audit = try Audit(pairs)
    try AuditFolder.write(audit, to: path, version: "9.9", overwrite: false)
    #expect(try FileSystem.list(path) == ["findings.json", "patch.jsonl", "report.html"])
    let json = try FileSystem.readJSON(path + "/findings.json")
    #expect(json["verdict"] == "block")
    #expect(json["schema"] == 1)
    #expect(json["findings"]?.array?.first?["id"] == "identical-answers")
    #expect(json["findings"]?.array?.first?["rows"]?.array?.first?["row"] == 61)
    #expect(throws: AuditError(.unwritable(CoreError(.alreadyExists(path: path))))) {
      try AuditFolder.write(audit, to: path, version: "9.9", overwrite: false)
    }
    try AuditFolder.write(audit, to: path, version: "9.9", overwrite: true)
  }

  private static func folder(_ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(
      "penchant-audit-\(UUID().uuidString)"
    ).path
    try FileSystem.createDirectories(path)
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test("an audit replaces an audit and nothing else") func foreign() throws {
    let audit = try Audit(pairs)
    try Self.folder { parent in
      let path = FileSystem.join(parent, "audit")
      func refusal(_ overwrite: Bool = true) -> AuditError? {
        var refusals: [AuditError] = []
        do { try AuditFolder.check(path, overwrite: overwrite) } catch { refusals.append(error) }
        do {
          try AuditFolder.write(audit, to: path, version: "9.9", overwrite: overwrite)
        } catch { refusals.append(error) }
        // What is refused is refused before the audit is made.
        return refusals.count == 2 && refusals[0] == refusals[1] ? refusals[0] : nil
      }
      let foreign = AuditError(.unwritable(CoreError(.foreignFolder(path: path, kind: .audit))))
      try AuditFolder.write(audit, to: path, version: "9.9", overwrite: false)
      // Something beside it, and something in its place.
      for (name, text) in [("thesis.tex", "mine"), ("findings.json", "[]")] {
        let file = FileSystem.join(path, name)
        try AtomicFile.write(path: file, text: text)
        #expect(refusal() == foreign && refusal(false) == foreign)
        #expect(String(decoding: try FileSystem.read(file), as: UTF8.self) == text)
        if name == "thesis.tex" { try FileSystem.removeTree(file) }
      }
      try FileSystem.removeTree(path)
      try AtomicFile.write(path: path, text: "mine")
      #expect(refusal() == AuditError(.unwritable(CoreError(.notDirectory(path: path)))))
      #expect(String(decoding: try FileSystem.read(path), as: UTF8.self) == "mine")
      #expect(try FileSystem.list(parent) == ["audit"])
    }
  }

  @Test("the page quotes rows and runs nothing") func page() throws {
    let page = AuditReport(try Audit(pairs), version: "9.9", patchPath: "p").text
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!page.contains("<script"))
    #expect(page.contains("Do not tune on this yet: 1 of 61 rows cannot teach"))
  }

  @Test("findings.json holds no text of a row") func privacy() throws {
    let text = try Audit(pairs).json(version: "9.9").text()
    #expect(!text.contains("alert"))
  }

  @Test("no pairs, no trouble") func nothing() throws {
    let audit = try Audit([])
    #expect(audit.patch.lines.isEmpty)
    #expect(AuditReport(audit, version: "9.9", patchPath: "p").text.contains("What was checked"))
  }

  @Test("docs/AUDIT.md says what the checks say") func documentation() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("docs/AUDIT.md")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains(CheckCatalog.markdown))
    #expect(Set(CheckCatalog.all.map(\.id)).count == CheckCatalog.all.count)
  }
}
