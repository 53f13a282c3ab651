import Foundation
import PenchantCore
import PenchantStudio
import Testing

@Suite("The studio over HTTP") struct RoutesTests {
  @Test("a session says who, by what guidelines, and how far") func session() async throws {
    try await ServedStudio.run(guidelines: "Be *fair*.") { served in
      let cookie = try await served.admit("Ada")
      let (status, body) = try await served.call("GET", "/api/session", cookie: cookie)
      #expect(status == 200)
      #expect(body["annotator"] == "Ada")
      #expect(body["role"] == "annotator")
      #expect(body["guidelines"]?["text"] == "Be *fair*.")
      #expect(body["guidelines"]?["hash"]?.string?.count == 64)
      #expect(body["progress"] == ["done": 0, "total": 3, "skipped": 0])
    }
  }

  @Test("judge, send again, take back, judge again; a reload shows the same task") func judging()
    async throws
  {
    try await ServedStudio.run { served in
      let cookie = try await served.admit("Ada")
      let first = try await served.call("POST", "/api/next", cookie: cookie).body
      #expect(try await served.call("POST", "/api/next", cookie: cookie).body == first)
      let task = try #require(first["task"])
      let said: JSON = [
        "client_uuid": "0000-1111", "task_id": try #require(task["task_id"]), "verdict": "left",
        "ranking": nil, "ms_visible": 1234, "comment": "because", "edited": nil,
      ]
      let receipt = try await served.call("POST", "/api/judgements", cookie: cookie, said)
      #expect(receipt.status == 200)
      #expect(receipt.body["progress"] == ["done": 1, "total": 3, "skipped": 0])
      #expect(receipt.body["undo"] == "0000-1111")
      let again = try await served.call("POST", "/api/judgements", cookie: cookie, said)
      #expect(again.body == receipt.body)
      #expect(try await served.studio.results().judgements == 1)

      let undone = try await served.call(
        "POST", "/api/undo", cookie: cookie,
        ["client_uuid": "0000-2222", "judgement": "0000-1111"])
      #expect(undone.status == 200)
      #expect(undone.body["task"]?["answers"] == task["answers"])
      #expect(undone.body["progress"] == ["done": 0, "total": 3, "skipped": 0])
      #expect(try await served.studio.results().judgements == 0)
    }
  }

  @Test("a task tells nothing but prompt and answers") func blind() async throws {
    try await ServedStudio.run { served in
      let cookie = try await served.admit("Ada")
      let task = try #require(
        try await served.call("POST", "/api/next", cookie: cookie).body["task"]?.object)
      #expect(
        Set(task.keys) == ["task_id", "kind", "prompt", "answers", "shown_at"])
      #expect(task["task_id"]?.string?.contains("row") == false)
    }
  }

  @Test("the host invites, sees results, exports by a rule") func host() async throws {
    try await ServedStudio.run { served in
      let host = try #require(await served.join(try await served.studio.hostLink()))
      let made = try await served.call("POST", "/api/annotators", cookie: host, ["name": "Ada"])
      let link = try #require(made.body["link"]?.string)
      #expect(link.hasPrefix("\(served.address)/join/"))
      let ada = try #require(await served.join(String(link.split(separator: "/").last ?? "")))
      let task = try #require(
        try await served.call("POST", "/api/next", cookie: ada).body["task"])
      let isGoodLeft = task["answers"]?.array?.first?.string?.hasPrefix("Good") == true
      _ = try await served.call(
        "POST", "/api/judgements", cookie: ada,
        [
          "client_uuid": "0000-1111", "task_id": try #require(task["task_id"]),
          "verdict": .string(isGoodLeft ? "left" : "right"), "ms_visible": 3000,
        ])
      let results = try await served.call("GET", "/api/results", cookie: host).body
      #expect(results["judgements"] == 1)
      #expect(results["items"] == 3)

      let export = await served.send(
        "GET", "/api/export?rule=majority", [("Cookie", host), ("Sec-Fetch-Site", "same-origin")])
      #expect(export.status == 200)
      #expect(
        export["content-disposition"] == "attachment; filename=\"pairs-majority.jsonl\"")
      #expect(export.body.contains("Good answer"))
      for query in ["", "?rule=", "?rule=best", "?role=majority"] {
        let wrong = try await served.call("GET", "/api/export\(query)", cookie: host)
        #expect(wrong.status == 400)
        #expect(
          wrong.body["error"]?["message"] == "'rule' must be majority, unanimous, soft.")
      }
    }
  }

  @Test("what is not there is said in JSON") func missing() async throws {
    try await ServedStudio.run { served in
      let answer = await served.send("GET", "/api/nothing")
      #expect(answer.status == 404)
      let body = try JSON.parse(answer.body)
      #expect(body["error"]?["code"] == "not_found")
    }
  }

  @Test("a port that is taken is named") func taken() async throws {
    try await ServedStudio.run { served in
      let port = served.port
      await #expect {
        try await StudioServer.run(served.studio, StudioServerConfiguration(port: port)) { _ in }
      } throws: { error in
        (error as? StudioError)?.code
          == .cannotListen(host: "127.0.0.1", port: port, errno: EADDRINUSE)
      }
    }
  }
}
