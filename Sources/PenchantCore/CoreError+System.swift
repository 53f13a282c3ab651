#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension CoreError {
  /// The failure behind an error number left by opening or reading `path`.
  static func reading(_ path: String, errno number: Int32) -> CoreError {
    switch number {
    case ENOENT: CoreError(.fileNotFound(path: path))
    case EISDIR: CoreError(.isDirectory(path: path))
    case ENOTDIR: CoreError(.notDirectory(path: path))
    default: CoreError(.readFailed(path: path, errno: number))
    }
  }

  /// The failure behind an error number left by beginning a file or directory at `path`: mostly the place is wrong.
  static func making(_ path: String, errno number: Int32) -> CoreError {
    let folder = FileSystem.parent(of: path)
    return switch number {
    case ENOENT: CoreError(.noFolder(path: folder))
    case ENOTDIR: CoreError(.notDirectory(path: folder))
    case EACCES, EPERM, EROFS: CoreError(.notWritable(path: folder, errno: number))
    default: .writing(path, errno: number)
    }
  }

  /// The failure behind an error number left by writing, renaming or removing `path`.
  static func writing(_ path: String, errno number: Int32) -> CoreError {
    switch number {
    case EEXIST, ENOTEMPTY: CoreError(.alreadyExists(path: path))
    case ENOSPC, EDQUOT: CoreError(.diskFull(path: path))
    case EISDIR: CoreError(.isDirectory(path: path))
    default: CoreError(.writeFailed(path: path, errno: number))
    }
  }
}
