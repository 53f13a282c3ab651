import FoundationEssentials
import PenchantCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder of its own for one test, removed with the object.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = FileSystem.join(
      FileManager.default.temporaryDirectory.path, "penchant-test-\(UUID().uuidString)")
    try FileSystem.createDirectories(path)
  }

  deinit { try? FileSystem.removeTree(path) }

  func callAsFunction(_ name: String) -> String { FileSystem.join(path, name) }

  /// Writes a file plainly, not by the code under test.
  @discardableResult
  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    // Shortening a file in place makes some file systems wait for the disk, as Foundation's writing
    // does everywhere; some tests write thousands.
    let path = self(name)
    try FileSystem.removeTree(path)
    let file = try #require(fopen(path, "wb"))
    defer { fclose(file) }
    try #require(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    return path
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }
}
