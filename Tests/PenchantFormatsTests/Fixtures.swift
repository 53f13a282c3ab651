import PenchantCore

/// Files made by other programs; scripts/make_formats_fixtures.py tells how.
enum Fixtures {
  static let folder = FileSystem.join(
    FileSystem.parent(of: FileSystem.parent(of: #filePath)), "Fixtures/Formats")

  static func path(_ name: String) -> String { FileSystem.join(folder, name) }

  static func json(_ name: String) throws -> JSON { try FileSystem.readJSON(path(name)) }
}
