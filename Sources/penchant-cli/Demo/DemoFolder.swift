import PenchantAudit
import PenchantCore
import PenchantTuning

/// Where a demonstration leaves its model, its data, its audit and its runs.
///
///     DEMO/demo.json  model/  train.jsonl  heldout.jsonl  audit/  dpo/ …
struct DemoFolder {
  let path: String
  /// The folders of the runs.
  let runs: [String]

  /// By which the folder is known from others that hold a `model`; written first.
  private var mark: String { FileSystem.join(path, "demo.json") }

  func file(_ name: String) -> String { FileSystem.join(path, name) }

  /// Makes the folder ready.
  /// - Throws: `CoreError` for a folder that is no demonstration's, or that is not to be replaced; what an audit and a
  ///   run throw for one that is not theirs.
  func prepare(overwrite: Bool) throws {
    if FileSystem.exists(path) {
      guard FileSystem.isDirectory(path) else { throw CoreError(.notDirectory(path: path)) }
      let isOwn = (try? FileSystem.readJSON(mark)["demonstration"]?.string) != nil
      guard try isOwn || FileSystem.list(path).isEmpty else {
        throw CoreError(.foreignFolder(path: path, kind: .demonstration))
      }
      guard overwrite else { throw CoreError(.alreadyExists(path: path)) }
    }
    try FileSystem.checkWritable(path)
    try AuditFolder.check(file("audit"), overwrite: true)
    for run in runs { try RunDirectory(file(run)).check(.overwrite) }
    try FileSystem.createDirectories(path)
    let text: JSON = ["demonstration": .string(Penchant.version)]
    try AtomicFile.write(path: mark, text: text.text() + "\n")
  }
}
