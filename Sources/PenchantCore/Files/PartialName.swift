#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

internal import Synchronization

/// Names of files and directories that are still being made.
package enum PartialName {
  private static let prefix = ".penchant-"
  private static let suffix = ".partial"
  private static let counter = Atomic<UInt64>(0)

  /// A fresh name in the directory that holds `path`, on the same file system therefore.
  static func next(besides path: String) -> String {
    let number = counter.add(1, ordering: .relaxed).newValue
    return FileSystem.join(
      FileSystem.parent(of: path), "\(prefix)\(getpid())-\(number)\(suffix)")
  }

  /// True for names this program gives to what is not finished.
  package static func matches(_ name: String) -> Bool {
    name.hasPrefix(prefix) && name.hasSuffix(suffix)
  }

  /// Removes what a killed process left unfinished in a directory nobody else writes to.
  package static func removeLeftovers(in directory: String) throws(CoreError) {
    for name in try FileSystem.list(directory) where matches(name) {
      try FileSystem.removeTree(FileSystem.join(directory, name))
    }
  }
}
