#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is read at any place, for as long as the object lives.
///
/// Unlike a mapping it survives that somebody else shortens the file, and can tell that it was changed.
package final class RandomAccessFile: Sendable {
  /// The name failures speak of.
  package let path: String
  /// Size in bytes when it was opened.
  package let size: Int

  private let descriptor: FileDescriptor
  private let opened: Version

  /// What changes when somebody writes to a file.
  private struct Version: Sendable, Equatable {
    let size: Int
    let seconds: Int
    let nanoseconds: Int

    init(_ status: stat) {
      size = Int(status.st_size)
      #if canImport(Glibc)
        (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
      #else
        (seconds, nanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
      #endif
    }
  }

  /// Opens the ordinary file at `path`.
  /// - Parameter name: what failures call it; the path if nil.
  package init(path: String, name: String? = nil) throws(CoreError) {
    descriptor = try FileDescriptor.reading(path)
    opened = Version(try descriptor.status())
    self.path = name ?? path
    size = opened.size
  }

  /// Fills the buffer from `offset` on and says how much of it; less only at the end of the file.
  package func read(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(CoreError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      let count = pread(descriptor.number, target.baseAddress, target.count, off_t(offset + filled))
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw .reading(path, errno: errno)
      }
      filled += count
    }
    return filled
  }

  /// The bytes of a range, cut at the end of the file.
  package func bytes(_ range: Range<Int>) throws(CoreError) -> [UInt8] {
    var failure: CoreError?
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      do throws(CoreError) {
        count = try read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Refuses a file that was written to since it was opened.
  package func checkUnchanged() throws(CoreError) {
    guard Version(try descriptor.status()) == opened else {
      throw CoreError(.fileChanged(path: path))
    }
  }

  /// The lines from the beginning on; a line longer than `lineLimit` bytes is an error.
  package func lines(lineLimit: Int = 64 << 20) -> LineReader {
    var offset = 0
    return LineReader(path: path, lineLimit: lineLimit) { buffer throws(CoreError) in
      let count = try self.read(at: offset, into: buffer)
      offset += count
      return count
    }
  }

  /// The whole file as a mapping.
  package func mapped() throws(CoreError) -> MappedFile {
    try MappedFile(path: path, number: descriptor.number, size: size)
  }
}
