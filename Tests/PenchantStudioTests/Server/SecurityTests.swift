import Foundation
import PenchantCore
import PenchantStudio
import Testing

/// The controls of the running server, over a real socket.
@Suite("Security of the server") struct SecurityTests {
  @Test("under a foreign name nothing is answered, not even a file") func rebinding() async throws {
    try await ServedStudio.run { served in
      for host in [
        "evil.example:\(served.port)", "127.0.0.1", "localhost", "0.0.0.0:\(served.port)",
      ] {
        for path in ["/", "/assets/dom.js", "/api/session", "/join/abc"] {
          let answer = await served.send("GET", path, host: host)
          #expect(answer.status == 403)
          #expect(answer.body.contains("foreign_host"))
        }
      }
      let twice = await served.send("GET", "/", [("Host", "evil.example")])
      #expect(twice.status == 403)
      let none = await RawHTTP.exchange(
        port: served.port, Array("GET / HTTP/1.1\r\nConnection: close\r\n\r\n".utf8))
      #expect([400, 403].contains(none.status))
      #expect(await served.send("GET", "/", host: "localhost:\(served.port)").status == 200)
    }
  }

  @Test("every kind of answer carries every protecting field") func fields() async throws {
    try await ServedStudio.run { served in
      let cookie = try await served.admit("Ada")
      let answers = [
        await served.send("GET", "/"), await served.send("GET", "/results"),
        await served.send("GET", "/assets/judge.js"), await served.send("GET", "/assets/icon.svg"),
        await served.send("GET", "/nothing"), await served.send("GET", "/join/wrong"),
        await served.send("GET", "/api/session"),
        await served.send("GET", "/api/session", [("Cookie", cookie)]),
        await served.send("GET", "/api/results", [("Cookie", cookie)]),
        await served.send("POST", "/api/next", body: "{}"),
        await served.send("GET", "/", host: "evil.example"),
      ]
      #expect(answers.map(\.status) == [200, 200, 200, 200, 404, 403, 401, 200, 403, 403, 403])
      for answer in answers {
        let policy = answer["content-security-policy"] ?? ""
        #expect(
          policy
            == "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )
        #expect(answer["x-content-type-options"] == "nosniff")
        #expect(answer["x-frame-options"] == "DENY")
        #expect(answer["referrer-policy"] == "no-referrer")
        #expect(answer["cross-origin-opener-policy"] == "same-origin")
        #expect(answer["cross-origin-resource-policy"] == "same-origin")
        #expect(answer["cache-control"] == "no-store")
        #expect(!answer.fields.contains { $0.name.hasPrefix("access-control-") })
        #expect(answer["server"] == nil)
      }
    }
  }

  @Test("another page cannot judge, and is told nothing by asking first") func forgery()
    async throws
  {
    try await ServedStudio.run { served in
      let cookie = try await served.admit("Ada")
      let task = try #require(
        try await served.call("POST", "/api/next", cookie: cookie).body["task"]?["task_id"]?.string)
      let body = """
        {"client_uuid": "forged-1", "task_id": "\(task)", "verdict": "left", "ms_visible": 1}
        """
      let json = ("Content-Type", "application/json")
      let forged: [[(String, String)]] = [
        [json], [json, ("Sec-Fetch-Site", "cross-site")], [json, ("Sec-Fetch-Site", "same-site")],
        [json, ("Origin", "http://localhost:3000")], [json, ("Origin", "null")],
        [("Content-Type", "text/plain"), ("Sec-Fetch-Site", "same-origin")],
      ]
      for fields in forged {
        let answer = await served.send(
          "POST", "/api/judgements", fields + [("Cookie", cookie)], body: body)
        #expect([403, 415].contains(answer.status))
      }
      let asked = await served.send(
        "OPTIONS", "/api/judgements",
        [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")])
      #expect(asked.status == 403)
      #expect(try await served.studio.results().judgements == 0)
      #expect(
        await served.send(
          "POST", "/api/judgements", served.own + [("Cookie", cookie)], body: body
        ).status == 200)
      #expect(try await served.studio.results().judgements == 1)
    }
  }

  @Test("GET changes nothing") func safe() async throws {
    try await ServedStudio.run { served in
      let cookie = try await served.admit("Ada")
      for path in ["/api/next", "/api/judgements", "/api/undo", "/api/annotators"] {
        let answer = await served.send("GET", path, [("Cookie", cookie)], body: "{}")
        #expect(answer.status == 404)
      }
      #expect(await served.send("HEAD", "/join/x").status == 404)
    }
  }

  @Test("a link opens in the first browser alone, and leaves a guarded cookie") func link()
    async throws
  {
    try await ServedStudio.run { served in
      let token = try await served.studio.link(for: "Ada")
      let ahead = await served.send("GET", "/join/\(token)", [("Sec-Purpose", "prefetch")])
      #expect(ahead.status == 403)
      let first = await served.send("GET", "/join/\(token)")
      #expect(first.status == 303)
      #expect(first["location"] == "/")
      let set = try #require(first["set-cookie"])
      #expect(set.hasPrefix("penchant_\(served.port)="))
      #expect(set.hasSuffix("; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000"))
      let cookie = String(set.prefix { $0 != ";" })
      // 160 random bits and more, in hexadecimal digits.
      #expect(cookie.count - "penchant_\(served.port)=".count >= 40)

      let other = await served.send("GET", "/join/\(token)")
      #expect(other.status == 403)
      #expect(other.body.contains("This link was used already"))
      #expect(other["set-cookie"] == nil)
      #expect(await served.join(token, cookie: cookie) == cookie)
      let unknown = await served.send("GET", "/join/\(token)x")
      #expect(unknown.status == 403)
      #expect(unknown.body.contains("This link is not valid"))
      #expect(!unknown.body.contains(token))

      // A new link, once followed, shuts out the browser of the old one.
      let renewed = try #require(await served.join(try await served.studio.link(for: "Ada")))
      #expect(try await served.call("GET", "/api/session", cookie: cookie).status == 401)
      #expect(try await served.call("GET", "/api/session", cookie: renewed).status == 200)
    }
  }

  @Test("without a cookie, or with a wrong one, the API tells nothing") func cookie() async throws {
    try await ServedStudio.run { served in
      let cookie = try await served.admit("Ada")
      let (name, value) = (cookie.prefix { $0 != "=" }, cookie.drop { $0 != "=" }.dropFirst())
      let wrong = [
        "", "\(name)=", "\(name)=\(value.dropLast())", "\(name)=\(value)0", "x\(name)=\(value)",
        "penchant_1=\(value)", "\(name)=\(value.reversed().map(String.init).joined())",
      ]
      for cookie in wrong {
        for path in ["/api/session", "/api/results", "/api/export?rule=majority"] {
          let answer = await served.send("GET", path, [("Cookie", cookie)])
          #expect(answer.status == 401)
        }
      }
      let among = "other=1; \(cookie); last=2"
      #expect(await served.send("GET", "/api/session", [("Cookie", among)]).status == 200)
    }
  }

  @Test("one who judges sees neither results, nor export, nor links") func role() async throws {
    try await ServedStudio.run { served in
      let cookie = try await served.admit("Ada")
      #expect(try await served.call("GET", "/api/results", cookie: cookie).status == 403)
      #expect(
        try await served.call("GET", "/api/export?rule=majority", cookie: cookie).status == 403)
      let made = try await served.call(
        "POST", "/api/annotators", cookie: cookie, ["name": "Eve"])
      #expect(made.status == 403)
      #expect(made.body["error"]?["code"] == "host-only")
    }
  }

  @Test("a task of somebody else is no task") func others() async throws {
    try await ServedStudio.run { served in
      let (ada, eve) = (try await served.admit("Ada"), try await served.admit("Eve"))
      let task = try #require(
        try await served.call("POST", "/api/next", cookie: ada).body["task"]?["task_id"])
      let stolen = try await served.call(
        "POST", "/api/judgements", cookie: eve,
        ["client_uuid": "stolen-1", "task_id": task, "verdict": "left", "ms_visible": 10])
      #expect(stolen.status == 404)
      let said = try await served.call(
        "POST", "/api/judgements", cookie: ada,
        ["client_uuid": "honest-1", "task_id": task, "verdict": "left", "ms_visible": 10])
      #expect(said.status == 200)
      let undone = try await served.call(
        "POST", "/api/undo", cookie: eve, ["client_uuid": "stolen-2", "judgement": "honest-1"])
      #expect(undone.status == 404)
    }
  }

  @Test("an error quotes nothing that was sent") func quiet() async throws {
    try await ServedStudio.run { served in
      let cookie = try await served.admit("Ada")
      let secret = "a-secret-of-a-person"
      let bodies = [
        "{\"client_uuid\": \"\(secret)", "\"\(secret)\"", "{\"verdict\": \"\(secret)\"}",
        "{\"client_uuid\": \"12345678\", \"task_id\": \"\(secret)\", \"verdict\": \"left\", \"ms_visible\": 1}",
        "{\"client_uuid\": \"12345678\", \"task_id\": \"x\", \"verdict\": \"left\", \"ms_visible\": \"\(secret)\"}",
        "\u{0}\(secret)",
      ]
      for body in bodies {
        let answer = await served.send(
          "POST", "/api/judgements", served.own + [("Cookie", cookie)], body: body)
        #expect([400, 404].contains(answer.status))
        #expect(!answer.body.contains(secret))
      }
    }
  }
}
