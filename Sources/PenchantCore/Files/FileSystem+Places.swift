#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether something may be made, or replaced, at a place.
extension FileSystem {
  /// Whether `path` leads to what stands at `place`, or into the directory there, by whatever names and links.
  ///
  /// Compared are devices and inodes, so that neither spelling nor links hide that two paths are one. False if either is
  /// not there.
  package static func contains(_ place: String, _ path: String) -> Bool {
    guard let wanted = Identity(place), var current = canonical(path) else { return false }
    while true {
      if Identity(current) == wanted { return true }
      let above = parent(of: current)
      guard above != current else { return false }
      current = above
    }
  }

  /// Refuses a path at which no directory can be made, before any work is done for it.
  ///
  /// Tried in the nearest directory that is there, by making one and taking it away: permissions alone do not tell of a
  /// file system that is read-only, or of the superuser.
  /// - Throws: ``CoreError`` naming the directory that cannot be written to, or what stands in its place.
  package static func checkWritable(_ path: String) throws(CoreError) {
    guard exists(path) else {
      let above = parent(of: path)
      guard above != path else { throw CoreError(.noFolder(path: path)) }
      return try checkWritable(above)
    }
    guard isDirectory(path) else { throw CoreError(.notDirectory(path: path)) }
    let probe = PartialName.next(besides: join(path, "probe"))
    guard mkdir(probe, 0o700) == 0 else { throw .making(join(path, "probe"), errno: errno) }
    rmdir(probe)
  }

  /// The one path without links that leads to an existing file; nil if there is none.
  static func canonical(_ path: String) -> String? {
    guard !path.utf8.contains(0), let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// What a file is called by the system, whatever people call it.
  private struct Identity: Equatable {
    let device: dev_t
    let inode: ino_t

    init?(_ path: String) {
      var status = stat()
      guard !path.utf8.contains(0), stat(path, &status) == 0 else { return nil }
      (device, inode) = (status.st_dev, status.st_ino)
    }
  }
}
