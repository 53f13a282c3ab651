#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the rooms above need to know about files and folders, in plain POSIX.
package enum FileSystem {
  /// True if anything is at `path`, following symbolic links.
  package static func exists(_ path: String) -> Bool { mode(of: path) != nil }

  /// True if `path` leads to a directory.
  package static func isDirectory(_ path: String) -> Bool { mode(of: path) == S_IFDIR }

  /// True if `path` leads to an ordinary file.
  package static func isRegularFile(_ path: String) -> Bool { mode(of: path) == S_IFREG }

  private static func mode(of path: String) -> mode_t? {
    var status = stat()
    guard !path.utf8.contains(0), stat(path, &status) == 0 else { return nil }
    return status.st_mode & S_IFMT
  }

  /// Size in bytes of the file at `path`.
  package static func size(of path: String) throws(CoreError) -> Int {
    try FileDescriptor.reading(path).size()
  }

  /// The whole of a small file.
  /// - Throws: ``CoreError`` if it cannot be read or has more than `limit` bytes.
  package static func read(_ path: String, limit: Int = 1 << 26) throws(CoreError) -> [UInt8] {
    let file = try FileDescriptor.reading(path)
    let size = try file.size()
    guard size <= limit else {
      throw CoreError(.fileTooLarge(path: path, bytes: size, limit: limit))
    }
    // A file that grows while it is read is cut at the size it had.
    var failure: CoreError?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      do throws(CoreError) {
        count = try file.read(into: UnsafeMutableRawBufferPointer(buffer))
      } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The JSON value a file holds.
  /// - Throws: ``CoreError``; what is not JSON is named with its line and column.
  package static func readJSON(
    _ path: String, limit: Int = 1 << 26
  ) throws(CoreError) -> JSON {
    let bytes = try read(path, limit: limit)
    do {
      return try JSON.parse(bytes)
    } catch {
      let before = bytes.prefix(error.offset)
      let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
      let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
      throw CoreError(
        .invalidJSON(
          path: path, line: line, column: error.offset - lineStart + 1, cause: error))
    }
  }

  /// The names in a directory in byte order, without `.` and `..`.
  package static func list(_ path: String) throws(CoreError) -> [String] {
    guard let directory = opendir(path) else { throw .reading(path, errno: errno) }
    defer { closedir(directory) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          String(cString: $0)
        }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    guard errno == 0 else { throw .reading(path, errno: errno) }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Creates the directory at `path` and those above it; does nothing if it is there.
  package static func createDirectories(_ path: String) throws(CoreError) {
    if isDirectory(path) { return }
    let above = parent(of: path)
    if above != path { try createDirectories(above) }
    guard mkdir(path, 0o777) != 0 else { return }
    let number = errno
    if number == EEXIST {
      // Somebody else may have made it in the meantime; a file in the way is another matter.
      if isDirectory(path) { return }
      throw CoreError(.notDirectory(path: path))
    }
    throw .making(path, errno: number)
  }

  /// Removes a file, or a directory with all it holds; symbolic links are removed, not followed.
  ///
  /// Nothing there is fine.
  package static func removeTree(_ path: String) throws(CoreError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .writing(path, errno: errno)
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      for name in try list(path) { try removeTree(join(path, name)) }
      guard rmdir(path) == 0 || errno == ENOENT else { throw .writing(path, errno: errno) }
    } else {
      guard unlink(path) == 0 || errno == ENOENT else { throw .writing(path, errno: errno) }
    }
  }

  /// Removes the directory at `path` if it holds nothing; anything else stays.
  package static func removeIfEmpty(_ path: String) { rmdir(path) }

  /// Waits until the names in the directory at `path` are on the disk.
  package static func syncDirectory(_ path: String) throws(CoreError) {
    try FileDescriptor.syncing(path).sync()
  }

  /// Syncs every file and directory below `path`, and `path` itself last.
  package static func syncTree(_ path: String) throws(CoreError) {
    for name in try list(path) {
      let child = join(path, name)
      var status = stat()
      guard lstat(child, &status) == 0 else { throw .writing(child, errno: errno) }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: try syncTree(child)
      case S_IFREG: try FileDescriptor.syncing(child).sync()
      default: break
      }
    }
    try syncDirectory(path)
  }

  /// Bytes an ordinary user may still write on the file system that holds `path`.
  package static func freeBytes(at path: String) throws(CoreError) -> Int {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { throw .reading(path, errno: errno) }
    let (bytes, overflow) = Int(clamping: status.f_bavail)
      .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
    return overflow ? .max : bytes
  }
}
