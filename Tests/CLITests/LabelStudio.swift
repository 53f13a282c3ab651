import Foundation
import Testing

/// `penchant label` running beside the test.
final class LabelStudio {
  let port: Int
  private(set) var process = Process()
  private let folder: Folder
  private let store: String
  private var starts = 0

  init(_ folder: Folder) throws {
    self.folder = folder
    store = folder.path("S.sqlite")
    port = try Self.freePort()
  }

  deinit { if process.isRunning { process.terminate() } }

  /// A port nobody listens on at the moment.
  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, streamSocket, 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let port = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
        guard bind(descriptor, address, size) == 0 else { return -1 }
        return getsockname(descriptor, address, &size)
      }
    }
    try #require(port == 0)
    return Int(in_port_t(bigEndian: address.sin_port))
  }

  #if canImport(Glibc)
    private static let streamSocket = Int32(SOCK_STREAM.rawValue)
  #else
    private static let streamSocket = SOCK_STREAM
  #endif

  /// Starts the program and waits until it says where it listens.
  /// - Returns: the links by name.
  @discardableResult
  func start(_ arguments: [String] = []) throws -> [String: String] {
    starts += 1
    let (out, err) = (folder.path("out-\(starts)"), folder.path("err-\(starts)"))
    for path in [out, err] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
    let process = Process()
    process.executableURL = Program.executable
    process.arguments = ["label", "--store", store, "--port", "\(port)"] + arguments
    process.currentDirectoryURL = Program.root
    process.standardOutput = FileHandle(forWritingAtPath: out)
    process.standardError = FileHandle(forWritingAtPath: err)
    try process.run()
    self.process = process
    let clock = ContinuousClock()
    let limit = clock.now + .seconds(20)
    while clock.now < limit, process.isRunning {
      let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: out)), as: UTF8.self)
      if text.contains("stop with Ctrl-C") { return Self.links(text) }
      usleep(10_000)
    }
    let problem = String(decoding: try Data(contentsOf: URL(fileURLWithPath: err)), as: UTF8.self)
    Issue.record("the studio did not start: \(problem)")
    throw LabelConnection.Broken()
  }

  private static func links(_ text: String) -> [String: String] {
    var links: [String: String] = [:]
    for line in text.split(separator: "\n") where line.contains("/join/") {
      let words = line.split(separator: " ").map(String.init)
      guard let link = words.last, let path = link.range(of: "/join/") else { continue }
      links[words[0]] = String(link[path.lowerBound...])
    }
    return links
  }

  /// Ends the program as a crash would.
  func kill() {
    #if canImport(Glibc)
      _ = Glibc.kill(process.processIdentifier, SIGKILL)
    #else
      _ = Darwin.kill(process.processIdentifier, SIGKILL)
    #endif
    process.waitUntilExit()
  }

  /// Asks the program to end, and waits.
  /// - Returns: its exit status.
  func stop() -> Int32 {
    process.interrupt()
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// A browser that followed a link.
  func join(_ link: String) throws -> LabelConnection {
    let connection = LabelConnection(port: port)
    let answer = try connection.request("GET", link)
    #expect(answer.status == 303)
    connection.cookie = answer.headers["set-cookie"]?.split(separator: ";").first.map(String.init)
    return connection
  }
}
