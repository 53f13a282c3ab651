import Foundation
import PenchantCore
import PenchantStudio
import Synchronization
import Testing

@Suite("Stopping the server") struct ShutdownTests {
  @Test(
    "what was acknowledged while it stops is kept, and nothing else is", .timeLimit(.minutes(5)))
  func graceful()
    async throws
  {
    let folder = Folder()
    let studio = try Studio(path: folder.store, StudioOptions(changeRules: { $0 = Made.plain }))
    _ = try await studio.add(Made.pairs(400))
    let acknowledged = Count()
    let port = try await ServedStudio.serve(studio, port: 0) { served in
      for number in 0..<8 {
        let cookie = try await served.admit("a\(number)")
        // Left running while the server is told to stop.
        Task { await Self.work(number, served, cookie, acknowledged) }
      }
      while acknowledged.value < 100 { try await Task.sleep(for: .milliseconds(10)) }
      return served.port
    }
    #expect(await !RawHTTP.isListening(port: port))
    try await Task.sleep(for: .milliseconds(300))
    let kept = try await studio.results().judgements
    let count = acknowledged.value
    #expect(count >= 100)
    // One a browser may be kept whose answer was lost on the way; it would be sent again.
    #expect((count...count + 8).contains(kept))
    await studio.close()
  }

  /// Judges until something goes wrong.
  private static func work(
    _ number: Int, _ served: ServedStudio, _ cookie: String, _ acknowledged: Count
  ) async {
    for turn in 0..<200 {
      let next = try? await served.call("POST", "/api/next", cookie: cookie)
      guard let task = next?.body["task"]?["task_id"] else { return }
      let said = try? await served.call(
        "POST", "/api/judgements", cookie: cookie,
        [
          "client_uuid": .string("worker-\(number)-\(turn)"), "task_id": task, "verdict": "tie",
          "ms_visible": 2000,
        ])
      guard said?.status == 200 else { return }
      acknowledged.add()
    }
  }

  private final class Count: Sendable {
    private let state = Mutex(0)
    var value: Int { state.withLock { $0 } }
    func add() { state.withLock { $0 += 1 } }
  }

  @Test("an open connection without a request does not hold it up", .timeLimit(.minutes(5)))
  func idle() async throws {
    var caps = Caps()
    caps.idleSeconds = 3600
    caps.farewellSeconds = 3600
    try await ServedStudio.run(caps: caps) { served in
      #expect(await served.send("GET", "/").status == 200)
      #expect(RawHTTP.connected(port: served.port) != nil)
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
