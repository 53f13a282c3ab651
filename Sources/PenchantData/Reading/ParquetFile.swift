import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Parquet files, converted to rows of JSON by DuckDB's C library.
///
/// The library is opened at run time: whoever has no Parquet files needs none. DuckDB itself writes the rows, so
/// that nested lists and structures come out as the JSON they stand for.
enum ParquetFile {
  /// The rows of the file at `path`, a JSON object a line, on the disk until the result is let go.
  /// - Throws: ``DataError`` where there is no library, or it cannot read the file.
  static func rows(_ path: String) throws(DataError) -> RandomAccessFile {
    guard let library = DuckDB.shared else {
      throw DataError(.noDuckDB(path: path, tried: DuckDB.names))
    }
    do throws(CoreError) {
      let folder = try TemporaryFolder()
      // The link has a name without the characters that DuckDB takes for patterns.
      try folder.link("input.parquet", to: path)
      let rows = folder.file("rows.jsonl")
      let problem = library.run([
        "SET autoinstall_known_extensions = false", "SET memory_limit = '1GB'",
        "SET temp_directory = '\(quoted(folder.path))'", "SET preserve_insertion_order = true",
        "COPY (SELECT * FROM read_parquet('\(quoted(folder.file("input.parquet")))')) "
          + "TO '\(quoted(rows))' (FORMAT JSON)",
      ])
      if let problem {
        // Behind the first line DuckDB repeats the statement.
        let sentence = String(problem.prefix { $0 != "\n" })
        let named = sentence.replacing(folder.file("input.parquet"), with: path)
        throw CoreError(.damagedArchive(path: path, problem: named))
      }
      return try RandomAccessFile(path: rows, name: path)
    } catch {
      if case .damagedArchive(_, let problem) = error.code {
        throw DataError(.parquetUnreadable(path: path, problem: problem))
      }
      throw DataError(.unreadable(error))
    }
  }

  private static func quoted(_ path: String) -> String { path.replacing("'", with: "''") }
}

/// The few functions of DuckDB's C interface that are used (`duckdb.h`).
private struct DuckDB: Sendable {
  typealias Handle = UnsafeMutableRawPointer
  private let open: @convention(c) (UnsafePointer<CChar>?, UnsafeMutablePointer<Handle?>) -> Int32
  private let close: @convention(c) (UnsafeMutablePointer<Handle?>) -> Void
  private let connect: @convention(c) (Handle?, UnsafeMutablePointer<Handle?>) -> Int32
  private let disconnect: @convention(c) (UnsafeMutablePointer<Handle?>) -> Void
  private let query: @convention(c) (Handle?, UnsafePointer<CChar>, Handle?) -> Int32
  private let error: @convention(c) (Handle?) -> UnsafePointer<CChar>?
  private let destroy: @convention(c) (Handle?) -> Void

  /// `duckdb_result` has 48 bytes on 64-bit systems; a later version may have more.
  private static let resultSize = 256

  /// Where the library is looked for, in order.
  static let names: [String] =
    [getenv("PENCHANT_DUCKDB").map { String(cString: $0) }].compactMap { $0 } + [
      "libduckdb.so", "libduckdb.dylib", "/usr/local/lib/libduckdb.so",
      "/usr/local/lib/libduckdb.dylib", "/opt/homebrew/lib/libduckdb.dylib",
    ]

  static let shared: DuckDB? = {
    for name in names {
      if let library = dlopen(name, RTLD_LAZY | RTLD_LOCAL), let duckDB = DuckDB(library) {
        return duckDB
      }
    }
    return nil
  }()

  private init?(_ library: Handle) {
    func function<Function>(_ name: String, _ type: Function.Type) -> Function? {
      dlsym(library, "duckdb_" + name).map { unsafeBitCast($0, to: type) }
    }
    typealias Opening =
      @convention(c) (UnsafePointer<CChar>?, UnsafeMutablePointer<Handle?>) ->
      Int32
    typealias Closing = @convention(c) (UnsafeMutablePointer<Handle?>) -> Void
    typealias Connecting = @convention(c) (Handle?, UnsafeMutablePointer<Handle?>) -> Int32
    typealias Asking = @convention(c) (Handle?, UnsafePointer<CChar>, Handle?) -> Int32
    typealias Failing = @convention(c) (Handle?) -> UnsafePointer<CChar>?
    typealias Destroying = @convention(c) (Handle?) -> Void
    guard let open = function("open", Opening.self), let close = function("close", Closing.self),
      let connect = function("connect", Connecting.self),
      let disconnect = function("disconnect", Closing.self),
      let query = function("query", Asking.self),
      let error = function("result_error", Failing.self),
      let destroy = function("destroy_result", Destroying.self)
    else { return nil }
    (self.open, self.close, self.connect, self.disconnect) = (open, close, connect, disconnect)
    (self.query, self.error, self.destroy) = (query, error, destroy)
  }

  /// Runs statements one after the other in a database of its own; what went wrong with the first that failed.
  func run(_ statements: [String]) -> String? {
    var database: Handle?
    guard open(nil, &database) == 0 else { return "DuckDB cannot be started" }
    defer { close(&database) }
    var connection: Handle?
    guard connect(database, &connection) == 0 else { return "DuckDB cannot be started" }
    defer { disconnect(&connection) }
    for statement in statements {
      let result = Handle.allocate(byteCount: Self.resultSize, alignment: 16)
      result.initializeMemory(as: UInt8.self, repeating: 0, count: Self.resultSize)
      defer {
        destroy(result)
        result.deallocate()
      }
      guard query(connection, statement, result) == 0 else {
        return error(result).map { String(cString: $0) } ?? "DuckDB cannot read it"
      }
    }
    return nil
  }
}
