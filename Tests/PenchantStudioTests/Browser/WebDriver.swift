import Foundation
import PenchantCore
import Testing

/// What a browser or its driver said that was not what was asked for.
struct BrowserFailure: Error, CustomStringConvertible {
  var description: String
}

/// A running chromedriver: the W3C WebDriver protocol, as much of it as the tests need.
final class ChromeDriver: Sendable {
  private let process: Process
  let port: Int

  /// Where chromedriver is; nil where it is not installed.
  static let path: String? = found("chromedriver")
  static let absence: Comment =
    "there is no chromedriver here: install chromium and chromium-driver to test in a browser"

  private static func found(_ name: String) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// Runs `body` with a driver that is gone afterwards, its browsers with it.
  static func run<Result: Sendable>(
    _ body: @Sendable (ChromeDriver) async throws -> Result
  ) async throws -> Result {
    let driver = try await ChromeDriver()
    do {
      let result = try await body(driver)
      driver.process.terminate()
      return result
    } catch {
      driver.process.terminate()
      throw error
    }
  }

  private init() async throws {
    guard let path = Self.path else { throw BrowserFailure(description: "no chromedriver") }
    process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = ["--port=0"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    port = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        var text = ""
        while let data = try? output.fileHandleForReading.read(upToCount: 1), !data.isEmpty {
          text += String(decoding: data, as: UTF8.self)
          if let found = text.firstMatch(of: #/started successfully on port ([0-9]+)/#),
            text.hasSuffix("\n"), let port = Int(found.1)
          {
            continuation.resume(returning: port)
            return
          }
        }
        continuation.resume(returning: 0)
      }
    }
    guard port > 0 else { throw BrowserFailure(description: "chromedriver did not start") }
  }

  /// One command; its `value`.
  func call(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> JSON {
    // By hand: Foundation's client on Linux stumbles over chromedriver's header.
    let text = body?.text() ?? ""
    let head = """
      \(method) \(path) HTTP/1.1\r
      Host: 127.0.0.1:\(port)\r
      Content-Type: application/json\r
      Content-Length: \(text.utf8.count)\r
      Connection: close\r
      \r

      """
    let raw = await RawHTTP.exchange(port: port, Array((head + text).utf8))
    guard raw.status != 0 else { throw BrowserFailure(description: "no answer to \(path)") }
    let answer = try JSON.parse(raw.body)
    let value = answer["value"] ?? .null
    if let error = value["error"]?.string {
      throw BrowserFailure(description: "\(error): \(value["message"]?.string ?? "")")
    }
    return value
  }

  /// Opens a browser while `body` runs.
  func browse<Result: Sendable>(
    width: Int = 1280, height: Int = 900, isDark: Bool = false,
    _ body: @Sendable (Browser) async throws -> Result
  ) async throws -> Result {
    var flags = [
      "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
      "--no-first-run", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--window-size=\(width),\(height)",
    ]
    // Chromium's sandbox refuses the superuser, who runs tests in containers.
    if geteuid() == 0 { flags.append("--no-sandbox") }
    var options = JSONObject(["args": .array(flags.map(JSON.string))])
    if let binary = Self.found("chromium") ?? Self.found("google-chrome") {
      options["binary"] = .string(binary)
    }
    let opened = try await call(
      "POST", "/session",
      [
        "capabilities": [
          "alwaysMatch": [
            "browserName": "chrome", "goog:chromeOptions": .object(options),
            "goog:loggingPrefs": ["browser": "ALL", "performance": "ALL"],
          ]
        ]
      ])
    guard let session = opened["sessionId"]?.string else {
      throw BrowserFailure(description: "no session")
    }
    let browser = Browser(driver: self, session: session)
    do {
      try await browser.look(width: width, height: height, isDark: isDark)
      let result = try await body(browser)
      _ = try await call("DELETE", "/session/\(session)")
      return result
    } catch {
      _ = try? await call("DELETE", "/session/\(session)")
      throw error
    }
  }
}
