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
