import PenchantCore
import PenchantFormats

/// Files made by other programs; scripts/make_formats_fixtures.py tells how.
enum Fixtures {
  static let folder = FileSystem.join(
    FileSystem.parent(of: FileSystem.parent(of: #filePath)), "Fixtures/Formats")

  static func path(_ name: String) -> String { FileSystem.join(folder, name) }

  static func json(_ name: String) throws -> JSON { try FileSystem.readJSON(path(name)) }

  /// A configuration of each family, as Transformers wrote it.
  static func architecture(_ family: ModelConfiguration.Family) throws -> JSON {
    switch family {
    case .llama, .mistral, .qwen2: return try json("\(family.rawValue).config.json")
    default:
      let name = family == .gemma3 ? "gemma3" : family.rawValue
      return try FileSystem.readJSON(
        FileSystem.join(FileSystem.parent(of: folder), "Architectures/\(name)/config.json"))
    }
  }
}
