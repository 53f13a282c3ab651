#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder of our own under `TMPDIR`, removed with all it holds when its owner lets go of it.
///
/// Files in it may stay open: the system keeps their bytes until they are closed.
package final class TemporaryFolder {
  package let path: String

  package init() throws(CoreError) {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = FileSystem.join(parent, "penchant-XXXXXX").utf8CString
    let made = template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let start = buffer.baseAddress, mkdtemp(start) != nil else { return nil }
      return String(cString: start)
    }
    guard let made else { throw .writing(parent, errno: errno) }
    path = made
  }

  deinit { try? FileSystem.removeTree(path) }

  /// The path of a file in it.
  package func file(_ name: String) -> String { FileSystem.join(path, name) }

  /// Makes `name` stand for the file at `target`.
  package func link(_ name: String, to target: String) throws(CoreError) {
    guard let absolute = FileSystem.canonical(target) else { throw .reading(target, errno: errno) }
    guard symlink(absolute, file(name)) == 0 else { throw .writing(file(name), errno: errno) }
  }
}

extension GzipReader {
  /// Decompresses a whole gzip file onto the disk, where it is gone when the result is.
  ///
  /// Rows are found by their offsets, which only plain bytes have.
  package static func decompressed(_ file: RandomAccessFile) throws(CoreError) -> RandomAccessFile {
    let folder = try TemporaryFolder()
    let path = folder.file("rows")
    let reader = GzipReader(file)
    let target = try FileDescriptor.creating(path, reported: path)
    var failure: CoreError?
    while try reader.next({ bytes in
      do throws(CoreError) { try target.write(bytes) } catch { failure = error }
    }) {
      if let failure { throw failure }
    }
    if let failure { throw failure }
    return try RandomAccessFile(path: path, name: file.path)
  }
}
