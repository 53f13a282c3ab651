import PenchantCore

/// The folder an audit leaves behind: report.html, findings.json, patch.jsonl.
///
/// It appears whole or not at all.
package enum AuditFolder {
  package static let report = "report.html"
  package static let findings = "findings.json"
  package static let patch = "patch.jsonl"

  /// - Throws: ``AuditError`` if something stands at the path and is not to be replaced, or it cannot be written.
  package static func write(
    _ audit: Audit, to path: String, version: String, overwrite: Bool
  ) throws(AuditError) {
    do {
      let folder = try AtomicDirectory(path: path, replacing: overwrite)
      let page = AuditReport(audit, version: version, patchPath: FileSystem.join(path, patch))
      for (name, text) in [
        (report, page.text), (findings, audit.json(version: version).text(.pretty) + "\n"),
        (patch, audit.patch.text),
      ] {
        try AtomicFile.write(path: FileSystem.join(folder.workPath, name), text: text)
      }
      try folder.commit()
    } catch {
      throw AuditError(.unwritable(error))
    }
  }
}
