import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that grows at its end and may be continued by another process later: a download under way.
///
/// Pieces come one after the other; its size may be asked for from anywhere.
package final class AppendingFile: Sendable {
  package let path: String
  /// Bytes it holds.
  package var size: Int { length.withLock { $0 } }
  private let length = Mutex(0)
  private let number: Int32

  /// Opens or creates the file, which must not be a link.
  package init(path: String) throws(CoreError) {
    self.path = path
    number = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard number >= 0 else { throw .writing(path, errno: errno) }
    let end = lseek(number, 0, SEEK_END)
    guard end >= 0 else {
      close(number)
      throw .writing(path, errno: errno)
    }
    length.withLock { $0 = Int(end) }
  }

  deinit { close(number) }

  package func append(_ bytes: UnsafeRawBufferPointer) throws(CoreError) {
    var written = 0
    defer { length.withLock { $0 += written } }
    while written < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = write(number, rest.baseAddress, rest.count)
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        throw .writing(path, errno: errno)
      }
      written += count
    }
  }

  /// Forgets what it holds.
  package func truncate() throws(CoreError) {
    guard ftruncate(number, 0) == 0 else { throw .writing(path, errno: errno) }
    length.withLock { $0 = 0 }
  }

  /// Gives the file its name, on the disk whole.
  package func rename(to target: String) throws(CoreError) {
    guard fsync(number) == 0 else { throw .writing(path, errno: errno) }
    #if canImport(Glibc)
      let result = Glibc.rename(path, target)
    #else
      let result = Darwin.rename(path, target)
    #endif
    guard result == 0 else { throw .writing(target, errno: errno) }
    try FileSystem.syncDirectory(FileSystem.parent(of: target))
  }

  /// Takes the file away.
  package func remove() { unlink(path) }
}
