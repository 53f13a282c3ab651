#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file's bytes, mapped read-only into memory.
///
/// Pages are read from the disk when they are first touched and shared between processes. The mapping
/// lasts as long as the object: keep it alive while `bytes`, or anything cut from it, is in use.
/// Another process that shortens the file meanwhile makes the system end ours (SIGBUS); replace
/// files by renaming, as ``AtomicFile`` does, never in place.
package final class MappedFile: Sendable {
  /// Where the file was found.
  package let path: String
  /// The file's bytes; valid while this object lives.
  package nonisolated(unsafe) let bytes: UnsafeRawBufferPointer  // never written after init

  /// Size in bytes.
  package var count: Int { bytes.count }

  /// Maps the file at `path`, which may be empty.
  /// - Throws: ``CoreError`` if there is no ordinary, readable file.
  package convenience init(path: String) throws(CoreError) {
    let file = try FileDescriptor.reading(path)
    try self.init(path: path, number: file.number, size: try file.size())
  }

  /// Maps `size` bytes of an open file.
  init(path: String, number: Int32, size: Int) throws(CoreError) {
    self.path = path
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let address = mmap(nil, size, PROT_READ, MAP_PRIVATE, number, 0),
      address != MAP_FAILED
    else { throw .reading(path, errno: errno) }
    bytes = UnsafeRawBufferPointer(start: address, count: size)
  }

  /// Lets the system take back the whole pages of a range; touched again, they are read again.
  ///
  /// Keeps a pass over a large file from filling the memory the process is seen to use.
  package func release(_ range: Range<Int>) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let first = (max(range.lowerBound, 0) + page - 1) / page * page
    let end = min(range.upperBound, bytes.count) / page * page
    guard first < end, let address = bytes.baseAddress else { return }
    madvise(UnsafeMutableRawPointer(mutating: address + first), end - first, MADV_DONTNEED)
  }

  deinit {
    guard let address = bytes.baseAddress else { return }
    munmap(UnsafeMutableRawPointer(mutating: address), bytes.count)
  }
}
