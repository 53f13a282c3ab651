import Foundation
import GRDB
import PenchantCore
import PenchantData
import PenchantStudio
import Testing

@Suite("Judging") struct JudgingTests {
  @Test("asking again gives the same task") func reload() async throws {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(3), people: 1, rules: Made.plain)
    let first = try await studio.task(for: people[0])
    #expect(try await studio.task(for: people[0]) == first)
    #expect(Set(first.answers.map { $0.prefix(4) }) == ["Good", "Poor"])
    #expect(first.prompt.map(\.role) == ["user"])
  }

  @Test("the same judgement twice is kept once, with the same receipt") func idempotent()
    async throws
  {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(3), people: 2, rules: Made.plain)
    let said = Made.judgement(try await studio.task(for: people[0]), uuid: "aaaaaaaa-1")
    let receipt = try await studio.submit(said, for: people[0])
    #expect(receipt.progress == PenchantStudio.Progress(done: 1, total: 3, skipped: 0))
    _ = try await studio.submit(
      Made.judgement(try await studio.task(for: people[0])), for: people[0])
    #expect(try await studio.submit(said, for: people[0]) == receipt)
    #expect(try await studio.peek("SELECT COUNT(*) FROM events") == 2)

    // Of somebody else, or of another task, it is another judgement.
    await #expect(throws: StudioError(.uuidReused)) {
      try await studio.submit(said, for: people[1])
    }
    var other = said
    other.taskID = try await studio.task(for: people[0]).id
    await #expect(throws: StudioError(.uuidReused)) {
      try await studio.submit(other, for: people[0])
    }
    other.clientUUID = "aaaaaaaa-2"
    other.taskID = said.taskID
    await #expect(throws: StudioError(.taskClosed)) {
      try await studio.submit(other, for: people[0])
    }
    await #expect(throws: StudioError(.unknownTask)) {
      try await studio.submit(
        Made.judgement(try await studio.task(for: people[0])), for: people[1])
    }
  }

  @Test("taking back opens the task again as it was shown, and deletes nothing") func undo()
    async throws
  {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(2), people: 1, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    _ = try await studio.submit(
      Made.judgement(task, .left, uuid: "judgement-1"), for: people[0])
    let after = try await studio.task(for: people[0])
    let request = Undo(clientUUID: "undo-0001", judgement: "judgement-1")
    let undone = try await studio.undo(request, for: people[0])
    #expect(undone.task == task)
    #expect(undone.progress.done == 0)
    #expect(try await studio.undo(request, for: people[0]).task == task)
    #expect(try await studio.task(for: people[0]) == task)
    await #expect(throws: StudioError(.unknownJudgement)) {
      try await studio.undo(
        Undo(clientUUID: "undo-0002", judgement: "judgement-1"), for: people[0])
    }
    _ = try await studio.submit(
      Made.judgement(task, .right, uuid: "judgement-2"), for: people[0])
    #expect(try await studio.task(for: people[0]) == after)
    #expect(try await studio.peek("SELECT COUNT(*) FROM events") == 3)
    let standing = try await studio.store.standing(at: 3)
    #expect(standing.map(\.verdict) == [.right])
    // As it stood before the undo.
    #expect(try await studio.store.standing(at: 1).map(\.verdict) == [.left])
  }

  @Test("what is skipped goes to others, and comes back by undo alone") func skip() async throws {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(1), people: 2, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    #expect(try await studio.next(for: people[1]) == .nothing(.waiting))
    let receipt = try await studio.submit(
      Made.judgement(task, .skip, uuid: "skip-0001"), for: people[0])
    #expect(receipt.progress == PenchantStudio.Progress(done: 0, total: 1, skipped: 1))
    #expect(try await studio.next(for: people[0]) == .nothing(.done))

    let undone = try await studio.undo(
      Undo(clientUUID: "undo-0001", judgement: "skip-0001"), for: people[0])
    #expect(undone.task.id == task.id)
    #expect(try await studio.next(for: people[1]) == .nothing(.waiting))
    _ = try await studio.submit(
      Made.judgement(task, .skip, uuid: "skip-0002"), for: people[0])
    let theirs = try await studio.task(for: people[1])
    await #expect(throws: StudioError(.taskExpired)) {
      try await studio.undo(
        Undo(clientUUID: "undo-0002", judgement: "skip-0002"), for: people[0])
    }
    _ = try await studio.submit(Made.judgement(theirs), for: people[1])
    #expect(try await studio.next(for: people[0]) == .nothing(.done))
  }

  @Test(
    "a task that lay too long goes to somebody else; a late judgement counts while there is room")
  func leases() async throws {
    let folder = Folder()
    let clock = Clock()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(2), people: 3, rules: Made.plain, clock: clock)
    let first = try await studio.task(for: people[0])
    _ = try await studio.task(for: people[1])
    #expect(try await studio.next(for: people[2]) == .nothing(.waiting))
    clock.advance(seconds: 901)
    // Both lie too long; the third annotator gets one of them, whose holder comes too late.
    let taken = try await studio.task(for: people[2])
    #expect(taken.id != first.id)
    let items = try await studio.store.read { db in
      try Int64.fetchAll(
        db, sql: "SELECT item FROM assignments WHERE task IN (?, ?)",
        arguments: [first.id, taken.id])
    }
    let firstWasTaken = Set(items).count == 1
    if firstWasTaken {
      await #expect(throws: StudioError(.taskExpired)) {
        try await studio.submit(Made.judgement(first), for: people[0])
      }
    } else {
      _ = try await studio.submit(Made.judgement(first), for: people[0])
    }
    #expect(try await studio.peek("SELECT COUNT(*) FROM items WHERE room < 0") == 0)
  }

  @Test("a clock that is set back keeps nothing for ever") func clockSetBack() async throws {
    let folder = Folder()
    let clock = Clock()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(1), people: 2, rules: Made.plain, clock: clock)
    _ = try await studio.task(for: people[0])
    clock.advance(seconds: -86_400)
    _ = try await studio.task(for: people[1])
  }

  @Test("a verdict must fit its task") func fits() async throws {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: [try Made.pair(1)], people: 1, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    func refuses(_ key: String, _ change: (inout Judgement) -> Void) async {
      var judgement = Made.judgement(task)
      change(&judgement)
      do throws(StudioError) {
        _ = try await studio.submit(judgement, for: people[0])
        Issue.record("\(key) was accepted")
      } catch {
        guard case .malformedRequest(let found, _) = error.code else {
          Issue.record("\(error)")
          return
        }
        #expect(found == key)
      }
    }
    await refuses("verdict") { $0.verdict = .ranked }
    await refuses("ranking") { $0.ranking = [[0], [1]] }
    await refuses("edited.slot") { $0.edited = .init(slot: 2, text: "x") }
    await refuses("edited.text") { $0.edited = .init(slot: 0, text: " \n") }
    #expect(try await studio.peek("SELECT COUNT(*) FROM events") == 0)
  }

  @Test("more than two answers are put into order") func rankings() async throws {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: [Made.ranking(1, answers: 4)], people: 1, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    #expect(task.kind == .ranking)
    #expect(Set(task.answers) == ["answer 0", "answer 1", "answer 2", "answer 3"])
    var judgement = Made.judgement(task)
    for wrong in [
      [[0], [1], [2]], [[0, 1, 2, 2]], [[0], [1], [2], [4]], [[0, 1], [2, 3], []],
    ] {
      judgement.ranking = wrong
      await #expect(throws: StudioError.self) {
        try await studio.submit(judgement, for: people[0])
      }
    }
    judgement.ranking = [[2], [0, 1], [3]]
    _ = try await studio.submit(judgement, for: people[0])
    let said = try #require(try await studio.store.standing(at: 1).first)
    let best = said.shown[2]
    for other in 0..<4 where other != best { #expect(said.strength(best, over: other) == 1) }
    #expect(said.strength(said.shown[0], over: said.shown[1]) == 0)
    #expect(said.strength(said.shown[3], over: said.shown[1]) == -1)
  }

  @Test("links work once; the same browser may follow one again; a newer one replaces both")
  func links() async throws {
    let folder = Folder()
    let studio = try Studio(path: folder.store)
    let token = try await studio.link(for: "  Ada ")
    let first = try await studio.join(token: token, cookie: nil)
    let cookie = try #require(first.cookie)
    #expect(first.annotator.name == "Ada")
    #expect(studio.identify(cookie: cookie) == first.annotator)
    await #expect(throws: StudioError(.linkUsed)) {
      try await studio.join(token: token, cookie: nil)
    }
    await #expect(throws: StudioError(.linkUsed)) {
      try await studio.join(token: token, cookie: "another")
    }
    #expect(try await studio.join(token: token, cookie: cookie).cookie == nil)
    let newer = try await studio.link(for: "ADA")
    await #expect(throws: StudioError(.unknownLink)) {
      try await studio.join(token: token, cookie: cookie)
    }
    // Until it is followed the browser that is in stays in.
    #expect(studio.identify(cookie: cookie) != nil)
    let second = try #require(try await studio.join(token: newer, cookie: nil).cookie)
    #expect(studio.identify(cookie: cookie) == nil)
    #expect(studio.identify(cookie: second) == first.annotator)
    #expect(studio.identify(cookie: "") == nil)
    for name in ["", "  ", "a\u{202e}b", "a\nb", String(repeating: "x", count: 65), "Host"] {
      await #expect(throws: StudioError.self) { try await studio.link(for: name) }
    }
    // Neither tokens nor cookies stand in the file.
    let secrets = try await studio.store.read { db in
      try Row.fetchAll(db, sql: "SELECT link_digest, session_digest FROM annotators")
        .description
    }
    #expect(!secrets.contains(newer) && !secrets.contains(second))
  }

  @Test("sessions and open tasks outlive the process") func restart() async throws {
    let folder = Folder()
    var studio: Studio? = try Studio(path: folder.store, StudioOptions(guidelines: "# Be fair"))
    _ = try await studio?.add(try Made.pairs(2))
    let token = try #require(try await studio?.hostLink())
    let cookie = try #require(try await studio?.join(token: token, cookie: nil).cookie)
    let host = try #require(studio?.identify(cookie: cookie))
    let task = try await studio?.task(for: host)
    await studio?.close()
    await #expect(throws: StudioError(.closed)) { _ = try await studio?.next(for: host) }
    studio = nil
    let again = try Studio(path: folder.store)
    #expect(again.identify(cookie: cookie) == host)
    #expect(host.role == .host)
    #expect(try await again.task(for: host) == task)
    #expect(again.guidelines.text == "# Be fair")
    #expect(try await again.session(for: host).progress.total == 2)
    #expect(try await again.add(try Made.pairs(2)).known == 2)
  }
}
