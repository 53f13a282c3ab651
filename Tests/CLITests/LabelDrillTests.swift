import Foundation
import Synchronization
import Testing

/// Many annotators at once, and a server that is killed every few seconds.
///
/// `PENCHANT_LABEL_SECONDS=60` makes it the whole drill; otherwise it is a short one.
@Suite(.serialized) struct LabelDrillTests {
  /// What one annotator did.
  private struct Tally {
    /// Judgements that were acknowledged, each once.
    var acknowledged = 0
    /// Of judgements that were acknowledged at the first try.
    var seconds: [Double] = []
    /// Requests that found no server, and were made again.
    var broken = 0
    var unexpected: [Int] = []
  }

  @Test func nothingIsLostDoubledOrCollectedTooOften() async throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["PENCHANT_LABEL_SECONDS"].flatMap(Double.init) ?? 5
    let annotators = 32
    let folder = try Folder()
    let studio = try LabelStudio(folder)
    let count = max(4000, Int(seconds * 2500))
    let rows = (1...count).map {
      #"{"id":"row-\#($0)","prompt":"Question \#($0)?","chosen":"Good answer \#($0)","rejected":"Poor answer \#($0)"}"#
    }
    let data = try folder.write("pairs.jsonl", rows.joined(separator: "\n") + "\n")
    let names = (1...annotators).map { "a\($0)" }
    let links = try studio.start(
      ["--data", data, "--overlap", "0.3", "--votes", "2", "--repeats", "0"]
        + names.flatMap { ["--annotator", $0] })
    let browsers = try names.map { try studio.join(try #require(links[$0])) }

    let end = Date(timeIntervalSinceNow: seconds)
    let tallies = Mutex([Tally]())
    let group = DispatchGroup()
    for browser in browsers {
      group.enter()
      nonisolated(unsafe) let browser = browser
      Thread.detachNewThread {
        let tally = Self.judge(browser, until: end)
        tallies.withLock { $0.append(tally) }
        group.leave()
      }
    }
    let kills = try await Self.onThreadOfItsOwn {
      try Self.killAgainAndAgain(studio, until: end, seconds)
    }
    await withCheckedContinuation { waiting in group.notify(queue: .global()) { waiting.resume() } }
    #expect(studio.stop() == 0)

    let all = tallies.withLock { $0 }
    let acknowledged = all.reduce(0) { $0 + $1.acknowledged }
    #expect(all.flatMap(\.unexpected) == [])
    #expect(kills > 0)
    #expect(acknowledged > annotators * 5)
    let statistics = try Program.run([
      "label", "--store", folder.path("S.sqlite"), "--statistics", "--json",
    ])
    let json = try #require(
      JSONSerialization.jsonObject(with: Data(statistics.output.utf8)) as? [String: Any])
    // Every judgement was sent until it was acknowledged: fewer were lost, more were doubled.
    #expect(json["judgements"] as? Int == acknowledged)
    _ = try Program.run([
      "label", "--store", folder.path("S.sqlite"), "--export", folder.path("out.jsonl"),
    ])
    var most = 0
    for line in try folder.lines("out.jsonl") {
      let row = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      most = max(most, (row["judgements"] as? [Any])?.count ?? 0)
    }
    #expect(most == 2)
    let latencies = all.flatMap(\.seconds).sorted()
    let p99 = latencies[latencies.count * 99 / 100]
    print(
      """
      label drill: \(annotators) annotators, \(Int(seconds)) s, \(kills) kills, \(acknowledged) judgements, \
      \(all.reduce(0) { $0 + $1.broken }) requests made again; submit p50 \
      \(Int(latencies[latencies.count / 2] * 1e6)) µs, p99 \(Int(p99 * 1e6)) µs
      """)
    // The mark is 50 ms between kills on a machine of its own; here other tests run beside it.
    #expect(p99 < (environment["PENCHANT_LABEL_SECONDS"] == nil ? 2 : 0.05))
  }

  /// Kills the server and starts it again until it is time.
  /// - Returns: how often.
  private static func killAgainAndAgain(
    _ studio: LabelStudio, until end: Date, _ seconds: Double
  ) throws -> Int {
    var kills = 0
    while true {
      let pause = Double.random(in: 0.8...1.8) * max(1, seconds / 25)
      guard pause < end.timeIntervalSinceNow else { return kills }
      Thread.sleep(forTimeInterval: pause)
      studio.kill()
      kills += 1
      try studio.start()
    }
  }

  /// Other tests hold the threads that tasks share for seconds; a killer must not wait for them.
  private static func onThreadOfItsOwn<Value: Sendable>(
    _ body: @escaping () throws -> Value
  ) async throws -> Value {
    nonisolated(unsafe) let body = body
    let result: Result<Value, any Error> = await withCheckedContinuation { waiting in
      Thread.detachNewThread { waiting.resume(returning: Result { try body() }) }
    }
    return try result.get()
  }

  /// Judges as fast as it can; whatever was not acknowledged is sent again until it is.
  private static func judge(_ browser: LabelConnection, until end: Date) -> Tally {
    var tally = Tally()
    func persist(_ path: String, _ body: [String: Any]) -> (LabelConnection.Answer, Bool) {
      var isFirst = true
      while true {
        if let answer = try? browser.request("POST", path, body) { return (answer, isFirst) }
        isFirst = false
        tally.broken += 1
        usleep(20_000)
      }
    }
    while Date() < end {
      let (next, _) = persist("/api/next", [:])
      guard next.status == 200 else {
        tally.unexpected.append(next.status)
        break
      }
      guard let task = next.json["task"] as? [String: Any], let id = task["task_id"] else { break }
      let body: [String: Any] = [
        "client_uuid": UUID().uuidString, "task_id": id, "verdict": "left", "ms_visible": 900,
      ]
      let start = Date()
      let (answer, isFirst) = persist("/api/judgements", body)
      if isFirst { tally.seconds.append(Date().timeIntervalSince(start)) }
      if answer.status == 200 {
        tally.acknowledged += 1
      } else {
        tally.unexpected.append(answer.status)
      }
    }
    return tally
  }
}
