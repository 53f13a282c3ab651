import Foundation
import PenchantCore
import PenchantStudio

/// A studio in a folder of its own, served on a port of its own, for as long as a test takes.
struct ServedStudio: Sendable {
  let studio: Studio
  let address: String

  var port: Int { Int(address.split(separator: ":").last ?? "") ?? 0 }
  var host: String { "127.0.0.1:\(port)" }

  /// Serves while `body` runs.
  static func run<Result: Sendable>(
    items: [StudioItem]? = nil, rules: RoundRules = Made.plain, guidelines: String? = nil,
    caps: Caps = Caps(), _ body: @Sendable (ServedStudio) async throws -> Result
  ) async throws -> Result {
    let folder = Folder()
    let studio = try Studio(
      path: folder.store, StudioOptions(changeRules: { $0 = rules }, guidelines: guidelines))
    _ = try await studio.add(items ?? Made.pairs(3))
    let result = try await serve(studio, port: 0, caps: caps, body)
    await studio.close()
    return result
  }

  /// Serves an open studio on a port while `body` runs; returns once the server has gone.
  static func serve<Result: Sendable>(
    _ studio: Studio, port: Int, caps: Caps = Caps(),
    _ body: @Sendable (ServedStudio) async throws -> Result
  ) async throws -> Result {
    var configuration = StudioServerConfiguration(port: port)
    configuration.caps = caps
    let wanted = configuration
    let (started, signal) = AsyncStream<String>.makeStream()
    let serving = Task {
      defer { signal.finish() }
      try await StudioServer.run(studio, wanted) { signal.yield($0) }
    }
    var addresses = started.makeAsyncIterator()
    guard let address = await addresses.next() else {
      try await serving.value
      throw CancellationError()
    }
    do {
      let result = try await body(ServedStudio(studio: studio, address: address))
      serving.cancel()
      try await serving.value
      return result
    } catch {
      serving.cancel()
      _ = await serving.result
      throw error
    }
  }

  // MARK: - Requests

  /// The fields with which the studio's own page sends.
  var own: [(String, String)] {
    [("Origin", address), ("Sec-Fetch-Site", "same-origin"), ("Content-Type", "application/json")]
  }

  /// Sends a request with exactly these fields (`Host` is ours unless given) and reads the whole answer.
  func send(
    _ method: String, _ path: String, _ fields: [(String, String)] = [], host: String? = nil,
    body: String? = nil
  ) async -> RawAnswer {
    var head = "\(method) \(path) HTTP/1.1\r\nHost: \(host ?? self.host)\r\nConnection: close\r\n"
    for (name, value) in fields { head += "\(name): \(value)\r\n" }
    if let body { head += "Content-Length: \(body.utf8.count)\r\n" }
    return await RawHTTP.exchange(port: port, Array((head + "\r\n" + (body ?? "")).utf8))
  }

  /// Follows a link; the cookie it leaves.
  func join(_ token: String, cookie: String? = nil) async -> String? {
    let answer = await send("GET", "/join/\(token)", cookie.map { [("Cookie", $0)] } ?? [])
    guard answer.status == 303 else { return nil }
    return answer["set-cookie"].map { String($0.prefix { $0 != ";" }) } ?? cookie
  }

  /// The cookie of a new annotator.
  func admit(_ name: String) async throws -> String {
    guard let cookie = await join(try await studio.link(for: name)) else {
      throw CancellationError()
    }
    return cookie
  }

  /// What the studio's own page would get from the API.
  func call(
    _ method: String, _ path: String, cookie: String, _ body: JSON? = nil
  ) async throws -> (status: Int, body: JSON) {
    let answer = await send(
      method, path, own + [("Cookie", cookie)], body: body?.text() ?? (method == "GET" ? nil : "{}")
    )
    return (answer.status, try JSON.parse(answer.body))
  }
}
