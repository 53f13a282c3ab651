import PenchantCore

/// What a folder is to a command, told by the configuration in it.
package enum FolderRole: String, Sendable, Equatable {
  case model, adapter

  /// The file that every folder of the role has.
  var fileName: String { self == .model ? "config.json" : AdapterConfiguration.fileName }

  /// Refuses a folder that lacks the role's file where another is recognised: the wrong one of the two, or a run's folder
  /// in place of what lies in it.
  /// - Throws: ``FormatsError`` naming the right folder; nothing where none is known, and reading says what is missing.
  package func check(_ folder: String) throws(FormatsError) {
    guard !has(folder), let found = found(in: folder) else { return }
    throw FormatsError(
      .otherFolder(folder: folder, wanted: self, found: found.role, at: found.folder))
  }

  private func has(_ folder: String) -> Bool {
    FileSystem.isRegularFile(FileSystem.join(folder, fileName))
  }

  /// The other role's folder, or what lies where a run has its results.
  private func found(in folder: String) -> (role: FolderRole, folder: String)? {
    let other: FolderRole = self == .model ? .adapter : .model
    let inside = [self, other].map { (role: $0, folder: FileSystem.join(folder, $0.rawValue)) }
    return ([(role: other, folder: folder)] + inside).first { $0.role.has($0.folder) }
  }
}
