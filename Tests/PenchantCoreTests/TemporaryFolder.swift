import FoundationEssentials
import PenchantCore

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
    try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
    return self(name)
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try write(name, Array(text.utf8))
  }
}
