package import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Hugging Face's cache of downloaded repositories, in its own layout.
///
///     models--OWNER--NAME/refs/main                 the commit a branch stood at
///     models--OWNER--NAME/snapshots/COMMIT/FILE     a link to the file's contents
///     models--OWNER--NAME/blobs/ETAG                contents, named by their digest
///     .locks/models--OWNER--NAME/ETAG.lock          held while one is fetched
package struct HubCache: Sendable {
  package let root: String

  package init(root: String) { self.root = root }

  /// The folder of a repository's files at a revision, if they are here.
  package func snapshot(
    _ name: RepositoryName, _ kind: RepositoryName.Kind, revision: Revision
  ) -> String? {
    let folder = self.folder(name, kind)
    let commit =
      revision.isCommit
      ? revision.text
      : (try? FileSystem.read(FileSystem.join(folder, "refs/\(revision.text)"), limit: 256))
        .map { String(decoding: $0.filter { $0 > 0x20 }, as: UTF8.self) }
    guard let commit, commit.isHex(40) else { return nil }
    let snapshot = FileSystem.join(folder, "snapshots/\(commit)")
    return FileSystem.isDirectory(snapshot) ? snapshot : nil
  }

  func folder(_ name: RepositoryName, _ kind: RepositoryName.Kind) -> String {
    FileSystem.join(root, name.folderName(kind))
  }

  /// The files of a snapshot, as paths below it, in byte order.
  package static func files(_ snapshot: String) throws(CoreError) -> [String] {
    var files: [String] = []
    var folders = [""]
    while let folder = folders.popLast() {
      for name in try FileSystem.list(FileSystem.join(snapshot, folder)) {
        let path = folder.isEmpty ? name : folder + "/" + name
        if FileSystem.isDirectory(FileSystem.join(snapshot, path)) {
          folders.append(path)
        } else {
          files.append(path)
        }
      }
    }
    return files.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Remembers the commit a revision stood at.
  func setReference(
    _ name: RepositoryName, _ kind: RepositoryName.Kind, _ revision: Revision, commit: String
  ) throws(CoreError) {
    guard !revision.isCommit else { return }
    let path = FileSystem.join(folder(name, kind), "refs/\(revision.text)")
    try FileSystem.createDirectories(FileSystem.parent(of: path))
    try AtomicFile.write(path: path, text: commit)
  }

  /// Makes `file` of a snapshot stand for contents that are here.
  func link(
    _ file: HubFileName, in snapshot: String, toBlob digest: String
  ) throws(CoreError) {
    let path = FileSystem.join(snapshot, file.text)
    let above = FileSystem.parent(of: path)
    try FileSystem.createDirectories(above)
    // From the link's folder up to the repository's: snapshots/COMMIT and the folders of the name.
    let up = Array(repeating: "..", count: 2 + file.folderCount).joined(separator: "/")
    let target = "\(up)/blobs/\(digest)"
    if Self.linkTarget(path) == target { return }
    let partial = path + ".incomplete"
    unlink(partial)
    guard symlink(target, partial) == 0, rename(partial, path) == 0 else {
      throw CoreError(.writeFailed(path: path, errno: errno))
    }
  }

  private static func linkTarget(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { raw -> Int in
      guard let start = raw.baseAddress else { return 0 }
      return readlink(path, start.assumingMemoryBound(to: CChar.self), raw.count)
    }
    return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
  }
}

/// The path of a file in a repository, as a server gave it: relative, and of plain names only.
struct HubFileName: Sendable, Hashable {
  let text: String
  private let parts: [Substring]

  /// - Returns: nil for anything that could lead elsewhere, or that a file system would not keep as it is.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.utf8.count <= 1024, (1...16).contains(parts.count),
      parts.allSatisfy({ part in
        !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 200
          && part.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "\\") }
      })
    else { return nil }
    self.text = text
    self.parts = parts
  }

  var folderCount: Int { parts.count - 1 }

  /// The path as part of an address.
  var escaped: String {
    parts.map { part in
      part.utf8.reduce(into: "") { text, byte in
        let scalar = Unicode.Scalar(byte)
        if byte < 0x80,
          scalar.properties.isAlphabetic || (0x30...0x39).contains(byte)
            || "-._~".unicodeScalars.contains(scalar)
        {
          text.unicodeScalars.append(scalar)
        } else {
          let digits = String(byte, radix: 16, uppercase: true)
          text += "%" + (digits.count == 1 ? "0" : "") + digits
        }
      }
    }.joined(separator: "/")
  }
}
