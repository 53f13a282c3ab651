import PenchantCore
import PenchantHub

/// Names of a hub in place of paths: `OWNER/NAME`, or `OWNER/NAME@REVISION`, that `penchant pull` has fetched.
///
/// A path that exists is always a path.
enum HubReference {
  /// The folder a model is in.
  /// - Throws: ``CommandError`` for a name that is not in the cache.
  static func modelFolder(_ text: String) throws -> String {
    guard !FileSystem.exists(text), let (name, revision) = parse(text) else { return text }
    return try snapshot(name, .model, revision, text)
  }

  /// The files a data set consists of; those of the training split where there are splits.
  static func dataFiles(_ text: String) throws -> [String] {
    guard !FileSystem.exists(text), let (name, revision) = parse(text) else { return [text] }
    let folder = try snapshot(name, .dataset, revision, text)
    let rows = try HubCache.files(folder).filter { file in
      let name = FileSystem.name(of: file).lowercased()
      return [".jsonl", ".json", ".csv", ".tsv", ".parquet", ".gz"].contains { name.hasSuffix($0) }
        && name != "dataset_infos.json"
    }
    let training = rows.filter { $0.lowercased().contains("train") }
    let chosen = training.isEmpty ? rows : training
    guard !chosen.isEmpty else { throw HubError(.nothingUsable(name: name.text)) }
    return chosen.map { FileSystem.join(folder, $0) }
  }

  /// A name that can only be a hub's: a file called like one would have been found.
  private static func parse(_ text: String) -> (RepositoryName, Revision)? {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let name = RepositoryName(String(parts[0])),
      let revision = Revision(parts.count > 1 ? String(parts[1]) : "main")
    else { return nil }
    // A path with an ending is a file that is missing.
    let hasEnding = [".jsonl", ".json", ".csv", ".tsv", ".parquet", ".gz"]
      .contains { name.text.lowercased().hasSuffix($0) }
    return hasEnding ? nil : (name, revision)
  }

  private static func snapshot(
    _ name: RepositoryName, _ kind: RepositoryName.Kind, _ revision: Revision, _ text: String
  ) throws -> String {
    let environment = HubEnvironment.current
    let cache = HubCache(root: environment.cache)
    if let folder = cache.snapshot(name, kind, revision: revision) { return folder }
    throw CommandError(.notInCache(text: text, kind: kind.rawValue, cache: environment.cache))
  }
}
