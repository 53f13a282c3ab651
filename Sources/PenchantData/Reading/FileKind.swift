import PenchantCore

/// Tells the files that are read from those that are not, by name and by their first bytes.
enum FileKind {
  private static let suffixes: KeyValuePairs<String, String> = [
    ".gz": "gzip", ".zst": "zstd", ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet",
    ".arrow": "arrow",
  ]

  private static let signatures: [(bytes: [UInt8], kind: String)] = [
    ([0x1f, 0x8b], "gzip"), ([0x28, 0xb5, 0x2f, 0xfd], "zstd"), (Array("PAR1".utf8), "parquet"),
    (Array("ARROW1".utf8), "arrow"), ([0xff, 0xfe], "UTF-16"), ([0xfe, 0xff], "UTF-16"),
  ]

  /// Maps a file of JSON text.
  static func open(_ path: String) throws(DataError) -> MappedFile {
    let name = path.lowercased()
    if let kind = suffixes.first(where: { name.hasSuffix($0.key) })?.value {
      throw DataError(.unsupportedKind(path: path, kind: kind))
    }
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw DataError(.unreadable(error))
    }
    if let kind = signatures.first(where: { file.bytes.starts(with: $0.bytes) })?.kind {
      throw DataError(.unsupportedKind(path: path, kind: kind))
    }
    return file
  }
}
