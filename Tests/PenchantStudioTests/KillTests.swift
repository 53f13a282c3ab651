import Foundation
import GRDB
import PenchantCore
import PenchantStudio
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

private func die() { kill(getpid(), SIGKILL) }

/// The store is killed at random moments, in a process of its own.
@Suite("Killed at any moment", .serialized) struct KillTests {
  /// Where a child finds its store; set before it is started.
  static let variable = "PENCHANT_KILL_TEST_FOLDER"

  static let rules = RoundRules(votes: 2, overlap: 0.3, goldShare: 0, repeatShare: 0)
  static let people = 32

  @Test("every acknowledged judgement is there exactly once") func kill() async throws {
    let folder = Folder()
    setenv(Self.variable, folder.path, 1)
    defer { unsetenv(Self.variable) }
    do {
      let (studio, _) = try await Made.studio(
        folder, items: try Made.pairs(4000), people: Self.people, rules: Self.rules)
      await studio.close()
    }
    let rounds = ProcessInfo.processInfo.environment["PENCHANT_KILLS"].flatMap(Int.init) ?? 6
    for _ in 0..<rounds {
      await #expect(processExitsWith: .signal(SIGKILL)) { try await KillTests.child() }
    }
    let studio = try Studio(path: folder.store)
    let said = try await studio.store.read {
      try String.fetchAll($0, sql: "SELECT uuid FROM events")
    }
    let acknowledged = try String(
      contentsOfFile: folder.path + "/acknowledged", encoding: .utf8
    ).split(separator: "\n").map(String.init)
    #expect(acknowledged.count > 100, "only \(acknowledged.count) were acknowledged")
    #expect(Set(acknowledged).count == acknowledged.count)
    #expect(Set(said).count == said.count)
    #expect(Set(acknowledged).subtracting(said) == [])
    // What was not acknowledged was at most on its way when the process died, one of each annotator.
    #expect(said.count - acknowledged.count <= rounds * Self.people)
    let over = try await studio.peek(
      """
      SELECT COUNT(*) FROM items WHERE wanted < (
        SELECT COUNT(*) FROM events WHERE item = items.id)
      """)
    #expect(over == 0)
  }

  /// Judges as fast as it can, writes down what was acknowledged, and dies on the way.
  static func child() async throws {
    let path = try #require(ProcessInfo.processInfo.environment[variable])
    let studio = try Studio(path: path + "/S.sqlite")
    let log = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    let delay = UInt32.random(in: 20_000...400_000)
    Thread.detachNewThread {
      usleep(delay)
      die()
    }
    await withTaskGroup(of: Void.self) { group in
      for number in 1...people {
        group.addTask {
          let person = Annotator(id: Int64(number), name: "a\(number)", role: .annotator)
          while case .task(let task)? = try? await studio.next(for: person) {
            let judgement = Made.judgement(task)
            guard (try? await studio.submit(judgement, for: person)) != nil else { return }
            let line = Array((judgement.clientUUID + "\n").utf8)
            _ = line.withUnsafeBytes { write(log, $0.baseAddress, $0.count) }
          }
        }
      }
    }
    // Whoever is done before dies here.
    while true { usleep(1000) }
  }
}
