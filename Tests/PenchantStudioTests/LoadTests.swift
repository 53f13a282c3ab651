import Foundation
import GRDB
import PenchantCore
import PenchantStudio
import Testing

/// `PENCHANT_LABEL_ITEMS=100000` and `PENCHANT_LABEL_SECONDS=60` make it the large measurement.
@Suite("Many at once", .serialized) struct LoadTests {
  private static func setting(_ name: String, _ fallback: Int) -> Int {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init) ?? fallback
  }

  @Test("32 annotators as fast as they can: nothing lost, doubled or over-collected") func load()
    async throws
  {
    let folder = Folder()
    let rules = RoundRules(votes: 3, overlap: 0.3, goldShare: 0.02, repeatShare: 0.03)
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(Self.setting("PENCHANT_LABEL_ITEMS", 3000)), people: 32,
      rules: rules)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(Self.setting("PENCHANT_LABEL_SECONDS", 2))
    let latencies = try await withThrowingTaskGroup(of: [Duration].self) { group in
      for person in people {
        group.addTask {
          var latencies: [Duration] = []
          while clock.now < end {
            guard case .task(let task) = try await studio.next(for: person) else { break }
            let judgement = Made.judgement(task)
            let start = clock.now
            _ = try await studio.submit(judgement, for: person)
            latencies.append(clock.now - start)
          }
          return latencies
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }.sorted()
    }
    #expect(try await studio.peek("SELECT COUNT(*) FROM events") == latencies.count)
    #expect(try await studio.peek("SELECT COUNT(*) FROM items WHERE room < 0") == 0)
    let over = try await studio.peek(
      """
      SELECT COUNT(*) FROM items WHERE wanted > 0 AND wanted < (
        SELECT COUNT(DISTINCT annotator) FROM events WHERE item = items.id AND purpose = 'vote')
      """)
    #expect(over == 0)
    let p99 = latencies[latencies.count * 99 / 100]
    print("\(latencies.count) submits, p50 \(latencies[latencies.count / 2]), p99 \(p99)")
    // The mark is 50 ms on a quiet machine; here other tests run beside this one.
    let isMeasured = ProcessInfo.processInfo.environment["PENCHANT_LABEL_SECONDS"] != nil
    #expect(p99 < (isMeasured ? .milliseconds(50) : .seconds(2)))
  }
}
