import PenchantCore

/// The folder an audit leaves behind: report.html, findings.json, patch.jsonl.
///
/// It appears whole or not at all, also in place of an earlier one. For that the folder is exchanged and not its files,
/// which holds where an audit's files are all there is in it: anything else would be lost, and is refused.
package enum AuditFolder {
  package static let report = "report.html"
  package static let findings = "findings.json"
  package static let patch = "patch.jsonl"

  /// Refuses a place that ``write(_:to:version:overwrite:)`` would refuse, before anything is read.
  /// - Throws: ``AuditError`` for what stands there and is not to be replaced, and where nothing can be written.
  package static func check(_ path: String, overwrite: Bool) throws(AuditError) {
    do throws(CoreError) {
      if FileSystem.exists(path) {
        guard try isReplaceable(path) else {
          throw CoreError(.foreignFolder(path: path, kind: .audit))
        }
        guard overwrite else { throw CoreError(.alreadyExists(path: path)) }
      }
      // The new folder is made beside the old one.
      try FileSystem.checkWritable(FileSystem.parent(of: path))
    } catch {
      throw AuditError(.unwritable(error))
    }
  }

  /// - Throws: as ``check(_:overwrite:)``, and if it cannot be written.
  package static func write(
    _ audit: Audit, to path: String, version: String, overwrite: Bool
  ) throws(AuditError) {
    try check(path, overwrite: overwrite)
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

  /// Whether a folder holds an audit and nothing else, or nothing at all.
  private static func isReplaceable(_ path: String) throws(CoreError) -> Bool {
    guard FileSystem.isDirectory(path) else { throw CoreError(.notDirectory(path: path)) }
    let names = try FileSystem.list(path)
    if names.isEmpty { return true }
    guard names == [findings, patch, report],
      names.allSatisfy({ FileSystem.isRegularFile(FileSystem.join(path, $0)) }),
      let json = try? FileSystem.readJSON(FileSystem.join(path, findings))
    else { return false }
    return json["schema"] != nil && json["penchant"] != nil && json["findings"] != nil
  }
}
