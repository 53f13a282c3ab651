import Foundation

/// The built program, as a person runs it.
struct Program {
  /// What a run left behind.
  struct Outcome {
    let status: Int32
    let output: String
    let error: String
  }

  /// The package's root, where the examples are.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Beside the test bundle: SwiftPM puts all products of a configuration into one folder.
  static let executable: URL = {
    for bundle in Bundle.allBundles where bundle.bundlePath.hasSuffix(".xctest") {
      return bundle.bundleURL.deletingLastPathComponent().appendingPathComponent("penchant")
    }
    return URL(fileURLWithPath: CommandLine.arguments[0])
      .deletingLastPathComponent().appendingPathComponent("penchant")
  }()

  /// Runs the program in the package's root until it ends.
  /// - Parameters:
  ///   - input: what it reads from its standard input.
  ///   - standardInput, standardOutput: a `Pipe` or `FileHandle` in place of `input` and of ``Outcome/output``.
  ///   - environment: set in addition to the test's own.
  ///   - started: called with the process once it runs.
  static func run(
    _ arguments: [String], input: String = "", environment: [String: String] = [:],
    standardInput: Any? = nil, standardOutput: Any? = nil,
    started: (Process) throws -> Void = { _ in }
  ) throws -> Outcome {
    let folder = try Folder()
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = root
    process.environment = ProcessInfo.processInfo.environment
      .merging([
        "COLUMNS": "80", "TERM": "dumb", "XDG_CACHE_HOME": folder.path("cache"),
      ]) { $1 }.merging(environment) { $1 }
    // Files in place of pipes: nobody has to read while the program writes.
    try Data(input.utf8).write(to: URL(fileURLWithPath: folder.path("in")))
    for name in ["out", "err"] {
      _ = FileManager.default.createFile(atPath: folder.path(name), contents: nil)
    }
    process.standardInput =
      try standardInput ?? FileHandle(forReadingFrom: URL(fileURLWithPath: folder.path("in")))
    process.standardOutput = standardOutput ?? FileHandle(forWritingAtPath: folder.path("out"))
    process.standardError = FileHandle(forWritingAtPath: folder.path("err"))
    try process.run()
    try started(process)
    process.waitUntilExit()
    let status =
      process.terminationReason == .uncaughtSignal
      ? 128 + process.terminationStatus : process.terminationStatus
    return Outcome(
      status: status, output: try folder.text("out"), error: try folder.text("err"))
  }
}

/// A temporary folder that goes with the test.
final class Folder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("penchant-cli-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path(name))), as: UTF8.self)
  }

  func lines(_ name: String) throws -> [String] {
    try text(name).split(separator: "\n").map(String.init)
  }

  /// Writes a file and returns its path.
  func write(_ name: String, _ text: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }
}

/// The bundled example.
enum Example {
  static let model = "Examples/tiny-model"
  static let pairs = "Examples/pairs.jsonl"
}
