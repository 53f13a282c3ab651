#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A directory that appears whole or not at all.
///
/// Build it under ``workPath``, then ``commit()``: every file and directory is synced, the directory gets
/// its name, and the one above is synced. An object that is let go without a commit removes what was built.
package final class AtomicDirectory {
  /// Where the directory will stand.
  package let path: String
  /// Where to build it: a hidden directory beside `path`.
  package let workPath: String

  private let replacing: Bool
  private let fault: WriteFault?
  private var committed = false

  /// Begins a directory at `path`; directories above it are created.
  /// - Throws: ``CoreError`` if something stands at `path` and is not to be replaced, or nothing can be created there.
  package init(
    path: String, replacing: Bool = false, fault: WriteFault? = nil
  ) throws(CoreError) {
    if !replacing, FileSystem.exists(path) { throw CoreError(.alreadyExists(path: path)) }
    try FileSystem.createDirectories(FileSystem.parent(of: path))
    self.path = path
    self.replacing = replacing
    self.fault = fault
    let workPath = PartialName.next(besides: path)
    self.workPath = workPath
    try fault?(.create, workPath)
    guard mkdir(workPath, 0o777) == 0 else { throw .making(path, errno: errno) }
  }

  deinit { if !committed { try? FileSystem.removeTree(workPath) } }

  /// Makes the directory appear; to be called once, last.
  ///
  /// With `replacing`, a directory that has come to stand at the path is set aside first and removed
  /// last. A crash between the two renames leaves neither under the name, and both on the disk.
  package func commit() throws(CoreError) {
    precondition(!committed, "AtomicDirectory.commit: called twice for \(path)")
    try fault?(.sync, workPath)
    try FileSystem.syncTree(workPath)
    var aside: String?
    if FileSystem.exists(path) {
      guard replacing else { throw CoreError(.alreadyExists(path: path)) }
      let name = PartialName.next(besides: path)
      guard rename(path, name) == 0 else { throw .writing(path, errno: errno) }
      aside = name
    }
    do throws(CoreError) {
      try fault?(.rename, path)
      guard rename(workPath, path) == 0 else { throw .writing(path, errno: errno) }
    } catch {
      if let aside { rename(aside, path) }
      throw error
    }
    committed = true
    let parent = FileSystem.parent(of: path)
    try fault?(.syncParent, parent)
    try FileSystem.syncDirectory(parent)
    if let aside { try FileSystem.removeTree(aside) }
  }
}
