import PenchantCore

/// manifest.json: every other file of a checkpoint with its size and digest; written last, so that a folder
/// without one was not finished.
struct CheckpointManifest: Sendable, Equatable {
  struct File: Sendable, Equatable {
    let name: String
    let bytes: Int
    let sha256: String
  }

  static let fileName = "manifest.json"

  let files: [File]

  /// Describes the files that stand in a folder now.
  init(describing folder: String) throws(CoreError) {
    var files: [File] = []
    for name in try FileSystem.list(folder) where name != Self.fileName {
      let path = FileSystem.join(folder, name)
      files.append(
        File(
          name: name, bytes: try FileSystem.size(of: path),
          sha256: try Digest.sha256(file: path).hex))
    }
    self.files = files
  }

  var json: JSON {
    [
      "files": .array(
        files.map {
          [
            "name": .string($0.name), "bytes": .number(JSONNumber($0.bytes)),
            "sha256": .string($0.sha256),
          ]
        })
    ]
  }

  /// Reads the manifest of a folder and holds every file against it.
  static func verify(_ folder: String) throws(CheckpointFailure) {
    let path = FileSystem.join(folder, fileName)
    guard FileSystem.exists(path) else { throw CheckpointFailure(.noManifest) }
    let json = try CheckpointFailure.reading(fileName) { () throws(CoreError) in
      try FileSystem.readJSON(path)
    }
    guard let list = json["files"]?.array else {
      throw CheckpointFailure(.unreadable(file: fileName, reason: "it lists no files"))
    }
    for item in list {
      // A name is a file of this folder, never a path out of it.
      guard let name = item["name"]?.string, !name.contains("/"), let bytes = item["bytes"]?.int,
        let sha256 = item["sha256"]?.string
      else {
        throw CheckpointFailure(.unreadable(file: fileName, reason: "an entry is incomplete"))
      }
      let file = FileSystem.join(folder, name)
      guard FileSystem.exists(file) else { throw CheckpointFailure(.missingFile(name)) }
      let (found, digest) = try CheckpointFailure.reading(name) { () throws(CoreError) in
        (try FileSystem.size(of: file), try Digest.sha256(file: file).hex)
      }
      guard found == bytes else {
        throw CheckpointFailure(.wrongSize(file: name, expected: bytes, found: found))
      }
      guard digest == sha256 else { throw CheckpointFailure(.wrongDigest(file: name)) }
    }
  }
}

/// A defect on its way to the one who knows the checkpoint's path.
struct CheckpointFailure: Error {
  let defect: CheckpointDefect

  init(_ defect: CheckpointDefect) { self.defect = defect }

  /// Turns a file's own trouble into a defect of the checkpoint.
  static func reading<Value>(
    _ file: String, _ body: () throws(CoreError) -> Value
  ) throws(CheckpointFailure) -> Value {
    do { return try body() } catch {
      throw CheckpointFailure(.unreadable(file: file, reason: error.message))
    }
  }
}
