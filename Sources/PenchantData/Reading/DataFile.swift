import PenchantCore

/// A data file opened: plain bytes, and how rows are laid out in them.
struct DataFile: Sendable {
  /// How rows follow each other.
  enum Layout: Sendable, Equatable {
    /// A JSON object a line.
    case lines
    /// One JSON array of objects.
    case array
    /// Lines of cells under a header.
    case table(separator: UInt8)
  }

  /// The bytes as rows are found in them: those of the file, or what was decompressed or converted from it.
  let file: RandomAccessFile
  let layout: Layout

  var path: String { file.path }

  private static let unsupported: KeyValuePairs<String, String> = [
    ".zst": "zstd", ".arrow": "arrow", ".xlsx": "Excel",
  ]

  private static let signatures: [(bytes: [UInt8], kind: String)] = [
    ([0x28, 0xb5, 0x2f, 0xfd], "zstd"), (Array("ARROW1".utf8), "arrow"), ([0xff, 0xfe], "UTF-16"),
    ([0xfe, 0xff], "UTF-16"), (Array("PK\u{3}\u{4}".utf8), "zip"),
  ]

  /// Opens a file of rows.
  ///
  /// Its first bytes tell what it is; only tables are known by their names, which for a compressed file is
  /// the name without `.gz`.
  /// - Throws: ``DataError`` if it cannot be opened, decompressed or converted, or is of another kind.
  init(path: String) throws(DataError) {
    var name = path.lowercased()
    var file = try Self.reading { () throws(CoreError) in try RandomAccessFile(path: path) }
    let first = file
    var start = try Self.reading { () throws(CoreError) in try first.bytes(0..<16) }
    if start.starts(with: [0x1f, 0x8b]) {
      let compressed = file
      file = try Self.reading { () throws(CoreError) in try GzipReader.decompressed(compressed) }
      let plain = file
      start = try Self.reading { () throws(CoreError) in try plain.bytes(0..<16) }
      if name.hasSuffix(".gz") { name.removeLast(3) }
    }
    if let kind = Self.unsupportedKind(name, start) {
      throw DataError(.unsupportedKind(path: path, kind: kind))
    }
    if start.starts(with: Array("PAR1".utf8)) {
      self.file = try ParquetFile.rows(path)
      layout = .lines
      return
    }
    self.file = file
    let opened = file
    layout = try Self.reading { () throws(CoreError) in try Self.layout(name, opened) }
  }

  private static func reading<Value>(
    _ body: () throws(CoreError) -> Value
  ) throws(DataError) -> Value {
    do { return try body() } catch { throw DataError(.unreadable(error)) }
  }

  private static func unsupportedKind(_ name: String, _ start: [UInt8]) -> String? {
    signatures.first { start.starts(with: $0.bytes) }?.kind
      ?? unsupported.first { name.hasSuffix($0.key) }?.value
  }

  private static func layout(
    _ name: String, _ file: RandomAccessFile
  ) throws(CoreError) -> Layout {
    if name.hasSuffix(".csv") { return .table(separator: UInt8(ascii: ",")) }
    if name.hasSuffix(".tsv") { return .table(separator: UInt8(ascii: "\t")) }
    // The first character decides, and white space may come before it.
    var offset = 0
    while true {
      let bytes = try file.bytes(offset..<offset + 1 << 16)
      guard !bytes.isEmpty else { return .lines }
      let skipped = offset == 0 && bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
      if let first = bytes.dropFirst(skipped).first(where: { !$0.isSpace }) {
        return first == UInt8(ascii: "[") ? .array : .lines
      }
      offset += bytes.count
    }
  }
}

extension UInt8 {
  /// Whether this is white space between JSON values.
  var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
}
