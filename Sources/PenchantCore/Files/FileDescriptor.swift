#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// An open file, closed when its owner lets go of it.
struct FileDescriptor: ~Copyable {
  let number: Int32
  /// The name failures speak of.
  let path: String

  private init(number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  deinit { close(number) }

  /// Opens an ordinary file for reading.
  ///
  /// A pipe or device is refused instead of waited for.
  static func reading(_ path: String) throws(CoreError) -> FileDescriptor {
    try checkPath(path)
    // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard number >= 0 else { throw .reading(path, errno: errno) }
    let descriptor = FileDescriptor(number: number, path: path)
    let status = try descriptor.status()
    switch status.st_mode & S_IFMT {
    case S_IFREG: return descriptor
    case S_IFDIR: throw CoreError(.isDirectory(path: path))
    default: throw CoreError(.notRegularFile(path: path))
    }
  }

  /// Creates a file that must not exist yet, for writing; failures speak of `reported`.
  static func creating(
    _ path: String, reported: String
  ) throws(CoreError) -> FileDescriptor {
    try checkPath(path)
    let number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard number >= 0 else { throw .making(reported, errno: errno) }
    return FileDescriptor(number: number, path: reported)
  }

  /// Opens a file or directory only to sync it.
  static func syncing(_ path: String) throws(CoreError) -> FileDescriptor {
    try checkPath(path)
    let number = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard number >= 0 else { throw .writing(path, errno: errno) }
    return FileDescriptor(number: number, path: path)
  }

  /// A NUL inside a path would silently cut it for the system.
  private static func checkPath(_ path: String) throws(CoreError) {
    if path.isEmpty || path.utf8.contains(0) { throw CoreError(.fileNotFound(path: path)) }
  }

  func status() throws(CoreError) -> stat {
    var status = stat()
    guard fstat(number, &status) == 0 else { throw .reading(path, errno: errno) }
    return status
  }

  /// Size in bytes of the file as it is now.
  func size() throws(CoreError) -> Int { Int(try status().st_size) }

  /// Fills as much of `buffer` as the file still has; 0 at its end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(CoreError) -> Int {
    var filled = 0
    while filled < buffer.count {
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
      #if canImport(Glibc)
        let count = Glibc.read(number, target.baseAddress, target.count)
      #else
        let count = Darwin.read(number, target.baseAddress, target.count)
      #endif
      if count == 0 { break }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw .reading(path, errno: errno)
      }
      filled += count
    }
    return filled
  }

  /// Writes all of `bytes`.
  func write(_ bytes: UnsafeRawBufferPointer) throws(CoreError) {
    var written = 0
    while written < bytes.count {
      let source = UnsafeRawBufferPointer(rebasing: bytes[written...])
      #if canImport(Glibc)
        let count = Glibc.write(number, source.baseAddress, source.count)
      #else
        // Darwin refuses more than INT_MAX bytes in one call.
        let count = Darwin.write(number, source.baseAddress, min(source.count, 1 << 30))
      #endif
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        throw .writing(path, errno: errno)
      }
      written += count
    }
  }

  /// Waits until the file's bytes are on the disk.
  func sync() throws(CoreError) {
    #if canImport(Darwin)
      // fsync on Darwin does not empty the drive's own cache; F_FULLFSYNC does, where supported.
      if fcntl(number, F_FULLFSYNC) == 0 { return }
    #endif
    guard fsync(number) == 0 else { throw .writing(path, errno: errno) }
  }
}
