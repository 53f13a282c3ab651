import PenchantCore
import PenchantData
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that is there while the object lives.
final class TemporaryFile {
  let path: String

  init(_ contents: [UInt8], name: String = "pairs.jsonl") throws {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    let unique = UInt64.random(in: .min ... .max)
    path = "\(folder)/penchant-data-\(String(unique, radix: 36))-\(name)"
    // Not through AtomicFile, which waits for the disk.
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    try #require(fwrite(contents, 1, contents.count, file) == contents.count)
  }

  convenience init(_ text: String, name: String = "pairs.jsonl") throws {
    try self.init(Array(text.utf8), name: name)
  }

  deinit { unlink(path) }

  func read(
    format: String? = nil, skipBad: Bool = false, limit: Int? = nil
  ) throws(DataError) -> ReadResult {
    try PairReader.read(path: path, format: format, skipBad: skipBad, limit: limit)
  }

  /// The error that reading ends in, with the folder's path cut off so that it can be compared.
  func failure(format: String? = nil, skipBad: Bool = false) -> String? {
    do throws(DataError) {
      _ = try read(format: format, skipBad: skipBad)
      return nil
    } catch {
      return shortened(error.message)
    }
  }

  func shortened(_ message: String) -> String {
    guard let range = message.firstRange(of: path) else { return message }
    var message = message
    message.replaceSubrange(range, with: "pairs")
    return message
  }
}

enum Folders {
  /// The package's own folder, found from where this file was compiled.
  static let package: String = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/")
  }()

  static let fixtures = package + "/Tests/Fixtures/Data/"
  /// Real data sets, which are not part of the package; tests that want them skip where it is absent.
  static let shared = package + "/../shared/data/preferences/"
}

let anywhere = RowLocation(file: "pairs.jsonl", row: 7, line: 9)

func read(_ format: some PairFormat, _ json: String) throws -> Pair {
  try #require(format.read(JSON.parse(json), at: anywhere).pairs(.bestWorst).first)
}

/// The message of the error that reading a row ends in; nil if it can be read.
func failure(_ format: some PairFormat, _ json: String) throws -> String? {
  let row = try JSON.parse(json)
  do throws(DataError) {
    _ = try format.read(row, at: anywhere)
    return nil
  } catch {
    return error.message
  }
}

func textPair(
  _ prompt: String, _ chosen: String, _ rejected: String, id: String = "1", isTie: Bool = false
) -> Pair {
  Pair(
    id: id, prompt: .text(prompt), chosen: .text(chosen), rejected: .text(rejected), isTie: isTie,
    source: anywhere)
}
