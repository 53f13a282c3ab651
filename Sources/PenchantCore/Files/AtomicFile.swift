#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The moments of writing at which a crash must leave either the old state or the new one.
package enum WriteStep: String, Sendable, CaseIterable {
  case create, write, sync, rename, syncParent
}

/// Called before each step with the path it is about to touch; what it throws stops the work there.
///
/// Tests use it to stand in for a full disk or a crash.
package typealias WriteFault = @Sendable (WriteStep, String) throws(CoreError) -> Void

/// A file that appears whole or not at all.
///
/// Bytes go to a hidden file in the same directory; ``commit()`` syncs it, gives it its name and syncs
/// the directory. Until then whatever stood at the path is untouched. An object that is let go without
/// a commit removes its hidden file.
package final class AtomicFile {
  /// Where the file will stand.
  package let path: String

  private let overwrite: Bool
  private let fault: WriteFault?
  private let partialPath: String
  private let file: FileDescriptor
  private var buffer: [UInt8] = []
  private var committed = false

  private static let bufferSize = 1 << 16

  /// Begins a file at `path`, whose directory must exist.
  /// - Throws: ``CoreError`` if it cannot be created, or stands there and `overwrite` is false.
  package init(
    path: String, overwrite: Bool = true, fault: WriteFault? = nil
  ) throws(CoreError) {
    if FileSystem.isDirectory(path) { throw CoreError(.isDirectory(path: path)) }
    if !overwrite, FileSystem.exists(path) { throw CoreError(.alreadyExists(path: path)) }
    self.path = path
    self.overwrite = overwrite
    self.fault = fault
    partialPath = PartialName.next(besides: path)
    try fault?(.create, partialPath)
    file = try FileDescriptor.creating(partialPath, reported: path)
    buffer.reserveCapacity(Self.bufferSize)
  }

  deinit { if !committed { unlink(partialPath) } }

  /// Adds bytes at the end.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(CoreError) {
    if bytes.count < Self.bufferSize - buffer.count {
      buffer.append(contentsOf: bytes)
      return
    }
    try flush()
    try fault?(.write, partialPath)
    try file.write(bytes)
  }

  /// Adds bytes at the end.
  package func append(_ bytes: [UInt8]) throws(CoreError) {
    try bytes.withUnsafeBytes { raw in
      Result { () throws(CoreError) in try append(raw) }
    }.get()
  }

  /// Adds text at the end, as UTF-8.
  package func append(_ text: String) throws(CoreError) { try append(Array(text.utf8)) }

  private func flush() throws(CoreError) {
    guard !buffer.isEmpty else { return }
    try fault?(.write, partialPath)
    try buffer.withUnsafeBytes { raw in
      Result { () throws(CoreError) in try file.write(raw) }
    }.get()
    buffer.removeAll(keepingCapacity: true)
  }

  /// Makes the file appear; to be called once, last.
  package func commit() throws(CoreError) {
    precondition(!committed, "AtomicFile.commit: called twice for \(path)")
    try flush()
    try fault?(.sync, partialPath)
    try file.sync()
    try fault?(.rename, path)
    try takeName()
    committed = true
    let parent = FileSystem.parent(of: path)
    try fault?(.syncParent, parent)
    try FileSystem.syncDirectory(parent)
  }

  private func takeName() throws(CoreError) {
    if !overwrite {
      // A link, unlike a rename, fails if the name has been taken in the meantime.
      if link(partialPath, path) == 0 {
        unlink(partialPath)
        return
      }
      // Some file systems know no links; there the name is only checked.
      guard errno != EEXIST, !FileSystem.exists(path) else {
        throw CoreError(.alreadyExists(path: path))
      }
    }
    guard rename(partialPath, path) == 0 else { throw .writing(path, errno: errno) }
  }

  /// Writes a whole file at once.
  package static func write(
    path: String, contents: [UInt8], overwrite: Bool = true, fault: WriteFault? = nil
  ) throws(CoreError) {
    let file = try AtomicFile(path: path, overwrite: overwrite, fault: fault)
    try file.append(contents)
    try file.commit()
  }

  /// Writes a whole text file at once.
  package static func write(
    path: String, text: String, overwrite: Bool = true
  ) throws(CoreError) {
    try write(path: path, contents: Array(text.utf8), overwrite: overwrite)
  }
}
