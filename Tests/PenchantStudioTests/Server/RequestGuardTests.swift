import HTTPTypes
import PenchantStudio
import Testing

@Suite("The guard before every request") struct RequestGuardTests {
  private let guardian = RequestGuard(hosts: AllowedHosts(host: "127.0.0.1", port: 8787))

  private func refusal(
    _ method: HTTPRequest.Method, _ path: String, host: String? = "127.0.0.1:8787",
    _ fields: [(String, String)] = []
  ) throws -> Refusal? {
    var head = HTTPRequest(method: method, scheme: "http", authority: host, path: path)
    for (name, value) in fields {
      head.headerFields.append(HTTPField(name: try #require(HTTPField.Name(name)), value: value))
    }
    do {
      try guardian.admit(head)
      return nil
    } catch {
      return error
    }
  }

  private static let json = ("Content-Type", "application/json")
  private static let own = ("Sec-Fetch-Site", "same-origin")
  private static let origin = ("Origin", "http://127.0.0.1:8787")

  @Test("a foreign name is refused for every method and path") func host() throws {
    for method in [HTTPRequest.Method.get, .head, .post, .options, .put, .delete] {
      for path in ["/", "/assets/dom.js", "/api/session", "/join/x", "/nothing"] {
        #expect(try refusal(method, path, host: "evil.example") == .foreignHost)
        #expect(try refusal(method, path, host: nil) == .foreignHost)
      }
    }
    #expect(try refusal(.get, "/", [("Host", "127.0.0.1:8787")]) == .foreignHost)
  }

  @Test("pages and files are given to whoever comes by the right name") func pages() throws {
    for site in ["cross-site", "same-site", "same-origin", "none"] {
      #expect(try refusal(.get, "/", [("Sec-Fetch-Site", site)]) == nil)
      #expect(try refusal(.get, "/join/x", [("Sec-Fetch-Site", site)]) == nil)
    }
  }

  @Test("what changes something comes from the studio's own page") func own() throws {
    for fields in [
      [Self.json, Self.own], [Self.json, Self.origin], [Self.json, Self.own, Self.origin],
    ] {
      #expect(try refusal(.post, "/api/judgements", fields) == nil)
    }
    #expect(try refusal(.post, "/api/judgements", [Self.json]) == .foreignPage)
  }

  @Test(
    "another page is refused, on another port of this machine too",
    arguments: ["cross-site", "same-site", "", "SAME-ORIGIN", "same-origin, none"])
  func site(_ site: String) throws {
    let fields = [Self.json, ("Sec-Fetch-Site", site), Self.origin]
    #expect(try refusal(.post, "/api/judgements", fields) == .foreignPage)
    #expect(try refusal(.get, "/api/results", [("Sec-Fetch-Site", site)]) == .foreignPage)
  }

  @Test(
    "an origin that is not ours is refused whatever else is said",
    arguments: [
      "null", "", "https://127.0.0.1:8787", "http://127.0.0.1:8788", "http://127.0.0.1",
      "http://evil.example", "http://127.0.0.1:8787.evil.example", "http://localhost:8787",
    ])
  func origin(_ origin: String) throws {
    #expect(try refusal(.post, "/api/next", [Self.json, ("Origin", origin)]) == .foreignPage)
    #expect(
      try refusal(.post, "/api/next", [Self.json, Self.own, ("Origin", origin)]) == .foreignPage)
    #expect(try refusal(.get, "/api/session", [("Origin", origin)]) == .foreignPage)
  }

  @Test(
    "what a form could send is refused",
    arguments: [
      "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
      "application/jsonp", "application/json, text/plain", "application/json; charset=utf-7",
      "application/json; x=1", "text/plain; application/json",
    ])
  func mediaType(_ type: String) throws {
    let fields = [Self.own, ("Content-Type", type)]
    #expect(try refusal(.post, "/api/next", fields) == .wrongMediaType)
  }

  @Test("JSON may name its encoding, and is not compressed") func json() throws {
    for type in ["application/json", "Application/JSON", "application/json ; charset=UTF-8"] {
      #expect(try refusal(.post, "/api/next", [Self.own, ("Content-Type", type)]) == nil)
    }
    #expect(
      try refusal(.post, "/api/next", [Self.own, Self.json, ("Content-Encoding", "gzip")])
        == .wrongMediaType)
  }

  @Test("a link is not followed ahead of time") func prefetch() throws {
    for field in [("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch")] {
      #expect(try refusal(.get, "/join/x", [field]) == .prefetch)
      #expect(try refusal(.get, "/", [field]) == nil)
    }
  }
}
