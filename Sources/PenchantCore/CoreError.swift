/// What can go wrong in this room: files that cannot be read or written.
package struct CoreError: PenchantFailure, Equatable {
  package enum Code: Equatable, Sendable {
    /// There is nothing at the path.
    case fileNotFound(path: String)
    /// The path leads to a directory where a file was expected.
    case isDirectory(path: String)
    /// The path leads to something other than a directory where one was expected.
    case notDirectory(path: String)
    /// The path leads to a device, a pipe or a socket where a file was expected.
    case notRegularFile(path: String)
    /// Opening or reading failed; `errno` is the system's number.
    case readFailed(path: String, errno: Int32)
    /// The file is larger than its purpose can explain.
    case fileTooLarge(path: String, bytes: Int, limit: Int)
    /// One line is longer than the reader accepts.
    case lineTooLong(path: String, line: Int, limit: Int)
    /// A compressed file cannot be decompressed; `problem` completes "…: ".
    case damagedArchive(path: String, problem: String)
    /// A compressed file grows to more than `ratio` times its size, which text does not.
    case expandsTooFar(path: String, ratio: Int)
    /// Somebody wrote to a file that is in use.
    case fileChanged(path: String)
    /// The file should hold JSON and does not.
    case invalidJSON(path: String, line: Int, column: Int, cause: JSONError)
    /// Something is there already and must not be overwritten.
    case alreadyExists(path: String)
    /// What is there was not made by the one who is to replace it.
    case foreignFolder(path: String, kind: FolderKind)
    /// The directory that something is to be made in is not there.
    case noFolder(path: String)
    /// Nothing can be made in a directory; `errno` is the system's number.
    case notWritable(path: String, errno: Int32)
    /// Creating, writing, syncing, renaming or removing failed; `errno` is the system's number.
    case writeFailed(path: String, errno: Int32)
    /// The file system has no room left.
    case diskFull(path: String)
  }

  /// What leaves a folder behind that `--overwrite` replaces.
  package enum FolderKind: Equatable, Sendable {
    case run, sweep, audit, demonstration
  }

  package let code: Code

  package init(_ code: Code) { self.code = code }
}
