package import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that only grows, whose length a checkpoint can record and a resumed run can return to.
package final class AppendLog {
  package let path: String
  /// Bytes written so far.
  package private(set) var byteCount: Int
  private let descriptor: Int32

  /// Opens a log, creating it if need be.
  /// - Parameter keeping: bytes to keep; what follows them is cut off.
  /// - Throws: ``TuningError`` if there are fewer; `CoreError` if the file cannot be opened.
  package init(path: String, keeping: Int) throws {
    self.path = path
    guard !path.utf8.contains(0) else { throw CoreError(.fileNotFound(path: path)) }
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw CoreError(.writeFailed(path: path, errno: errno)) }
    byteCount = keeping
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw CoreError(.writeFailed(path: path, errno: errno))
    }
    guard status.st_size >= keeping else {
      throw TuningError(
        .logTooShort(path: path, expected: keeping, found: Int(status.st_size)))
    }
    guard ftruncate(descriptor, off_t(keeping)) == 0 else {
      throw CoreError(.writeFailed(path: path, errno: errno))
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds objects, one a line, in one write.
  package func append(_ objects: [JSONObject]) throws(CoreError) {
    var text = ""
    for object in objects { text += JSON.object(object).text() + "\n" }
    try append(bytes: Array(text.utf8))
  }

  /// Adds bytes, in one write.
  package func append(bytes: [UInt8]) throws(CoreError) {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw errno == ENOSPC
          ? CoreError(.diskFull(path: path)) : CoreError(.writeFailed(path: path, errno: errno))
      }
      written += count
    }
    byteCount += bytes.count
  }

  /// Waits until everything is on the disk; a checkpoint records no length that could still be lost.
  package func sync() throws(CoreError) {
    guard fsync(descriptor) == 0 else { throw CoreError(.writeFailed(path: path, errno: errno)) }
  }
}
