import Foundation
import PenchantStudio
import Testing

@Suite("What a request may cost") struct CapsTests {
  private static func head(_ served: ServedStudio, _ more: String) -> [UInt8] {
    Array("GET / HTTP/1.1\r\nHost: \(served.host)\r\n\(more)\r\n".utf8)
  }

  @Test("a header beyond 16 KB is cut off, in one field, many, or the address") func header()
    async throws
  {
    try await ServedStudio.run { served in
      let fits = String(repeating: "a", count: 12_000)
      let long = String(repeating: "a", count: 20_000)
      let ok = await served.send("GET", "/", [("X-A", fits)])
      #expect(ok.status == 200)
      #expect(await served.send("GET", "/", [("X-A", long)]).status != 200)
      let many = (0..<150).map { ("X-\($0)", "1") }
      #expect(await served.send("GET", "/", many).status != 200)
      let bomb = (0..<90).map { ("X-\($0)", String(repeating: "b", count: 400)) }
      #expect(await served.send("GET", "/", bomb).status != 200)
      #expect(
        await served.send("GET", "/?" + String(repeating: "c", count: 2_000_000)).status != 200)
      #expect(await served.send("GET", "/").status == 200)
    }
  }

  @Test("a body beyond the cap is refused before it is read, said or unsaid") func body()
    async throws
  {
    var caps = Caps()
    caps.bodyBytes = 100_000
    try await ServedStudio.run(caps: caps) { served in
      let cookie = try await served.admit("Ada")
      let fields = served.own + [("Cookie", cookie)]
      let said = await served.send(
        "POST", "/api/next", fields, body: String(repeating: " ", count: 100_001))
      #expect(said.status == 413)
      #expect(said["connection"] == "close")

      let lie = await served.send(
        "POST", "/api/next", fields + [("Content-Length", "10000000000")])
      #expect(lie.status == 413)

      var unsaid = "POST /api/next HTTP/1.1\r\nHost: \(served.host)\r\n"
      for (name, value) in fields { unsaid += "\(name): \(value)\r\n" }
      unsaid += "Transfer-Encoding: chunked\r\n\r\n"
      let part = "8000\r\n" + String(repeating: " ", count: 0x8000) + "\r\n"
      let endless = await RawHTTP.exchange(
        port: served.port, Array((unsaid + String(repeating: part, count: 5)).utf8))
      #expect(endless.status == 413)
    }
  }

  @Test("a body that does not come is not waited for") func slowBody() async throws {
    var caps = Caps()
    caps.bodySeconds = 1
    try await ServedStudio.run(caps: caps) { served in
      let cookie = try await served.admit("Ada")
      let answer = await served.send(
        "POST", "/api/next", served.own + [("Cookie", cookie), ("Content-Length", "10")])
      #expect(answer.status == 408)
    }
  }

  @Test("a head that drips in is cut off") func slowHead() async throws {
    var caps = Caps()
    caps.idleSeconds = 1
    try await ServedStudio.run(caps: caps) { served in
      let bytes = Self.head(served, "X-Slow: " + String(repeating: "z", count: 200) + "\r\n")
      let answer = await RawHTTP.exchange(port: served.port, bytes, pace: 30)
      #expect(answer.status != 200)
    }
  }

  @Test("connections beyond the cap wait, and are served when one goes") func connections()
    async throws
  {
    var caps = Caps()
    caps.connections = 3
    try await ServedStudio.run(caps: caps) { served in
      let idle = (0..<3).compactMap { _ in RawHTTP.connected(port: served.port) }
      try await Task.sleep(for: .milliseconds(200))
      let bytes = Self.head(served, "Connection: close\r\n")
      #expect(await RawHTTP.exchange(port: served.port, bytes, patience: 1).status == 0)
      for descriptor in idle { close(descriptor) }
      #expect(await RawHTTP.exchange(port: served.port, bytes).status == 200)
    }
  }
}
