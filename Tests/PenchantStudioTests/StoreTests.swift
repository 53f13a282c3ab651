import Foundation
import GRDB
import PenchantCore
import PenchantStudio
import Testing

@Suite("The label store's file") struct StoreTests {
  @Test("a second process is kept out, and named") func lock() async throws {
    let folder = Folder()
    let first = try Studio(path: folder.store)
    #expect(throws: StudioError(.inUse(path: folder.store, process: Int(getpid())))) {
      _ = try Studio(path: folder.store)
    }
    await first.close()
    let again = try Studio(path: folder.store)
    await again.close()
  }

  @Test("write-ahead log, every commit synced, one connection") func pragmas() async throws {
    let folder = Folder()
    let studio = try Studio(path: folder.store)
    #expect(try await studio.peekText("PRAGMA journal_mode") == "wal")
    #expect(try await studio.peek("PRAGMA synchronous") == 2)
    #expect(try await studio.peekText("PRAGMA locking_mode") == "exclusive")
    #expect(try await studio.peek("PRAGMA foreign_keys") == 1)
  }

  @Test("nobody else can read the file, which holds secrets") func mode() async throws {
    let folder = Folder()
    let studio = try Studio(path: folder.store)
    _ = try await studio.hostLink()
    for name in ["S.sqlite", "S.sqlite-wal", "S.sqlite.lock"] {
      let facts = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + name)
      #expect((facts[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
    }
  }

  @Test("what is no store is left alone") func foreign() throws {
    let folder = Folder()
    let text = Array("not a database at all, but long enough to be looked at as one".utf8)
    try AtomicFile.write(path: folder.store, contents: text)
    #expect(throws: StudioError(.notAStore(path: folder.store))) {
      _ = try Studio(path: folder.store)
    }
    #expect(try FileSystem.read(folder.store) == text)

    let other = folder.path + "/other.sqlite"
    let queue = try DatabaseQueue(path: other)
    try queue.inDatabase { try $0.execute(sql: "CREATE TABLE notes(text TEXT)") }
    try queue.close()
    #expect(throws: StudioError(.notAStore(path: other))) { _ = try Studio(path: other) }
    #expect(throws: StudioError(.noStore(path: folder.path + "/none"))) {
      _ = try Studio(path: folder.path + "/none", StudioOptions(mayCreate: false))
    }
    #expect(!FileSystem.exists(folder.path + "/none"))
  }

  @Test("a later version's store is refused, an earlier one's is copied and taken along")
  func versions() async throws {
    let folder = Folder()
    let studio = try Studio(path: folder.store)
    _ = try await studio.add(try Made.pairs(3))
    await studio.close()

    let later = Schema.steps + ["CREATE TABLE later(a INTEGER) STRICT"]
    let migrated = try LabelStore(path: folder.store, mayCreate: false, steps: later)
    #expect(
      try await migrated.read { try Int64.fetchOne($0, sql: "SELECT COUNT(*) FROM items") } == 3)
    #expect(
      try await migrated.read { try Int64.fetchOne($0, sql: "SELECT COUNT(*) FROM later") } == 0)
    await migrated.close()
    // The copy is a whole store of the earlier version.
    let copy = try DatabaseQueue(path: folder.store + ".schema-1.backup")
    #expect(try await copy.read { try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM items") } == 3)
    #expect(try await copy.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 1)

    #expect(throws: StudioError(.newerSchema(path: folder.store, found: 2, supported: 1))) {
      _ = try Studio(path: folder.store)
    }
  }

  @Test("a step that fails leaves the store as it was") func failingStep() async throws {
    let folder = Folder()
    let studio = try Studio(path: folder.store)
    _ = try await studio.add(try Made.pairs(2))
    await studio.close()
    let broken = Schema.steps + ["CREATE TABLE half(a INTEGER) STRICT; SELECT nothing FROM nowhere"]
    #expect(throws: StudioError.self) {
      _ = try LabelStore(path: folder.store, mayCreate: false, steps: broken)
    }
    let again = try Studio(path: folder.store)
    #expect(try await again.peek("SELECT COUNT(*) FROM sqlite_master WHERE name = 'half'") == 0)
    #expect(try await again.itemCount() == 2)
  }

  @Test("damage is found on opening") func damage() async throws {
    let folder = Folder()
    let studio = try Studio(path: folder.store)
    _ = try await studio.add(try Made.pairs(400))
    await studio.close()
    var bytes = try FileSystem.read(folder.store)
    // Pages of tables and indices in the middle, written over with their own complement.
    for index in bytes.count / 2..<bytes.count / 2 + 8192 { bytes[index] = ~bytes[index] }
    try AtomicFile.write(path: folder.path + "/damaged.sqlite", contents: bytes)
    do {
      _ = try Studio(path: folder.path + "/damaged.sqlite")
      Issue.record("the damaged store was opened")
    } catch {
      guard case .damaged = error.code else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test("judgements can only be added") func appendOnly() async throws {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(1), people: 1, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    _ = try await studio.submit(Made.judgement(task), for: people[0])
    for sql in ["UPDATE events SET verdict = 'tie'", "DELETE FROM events"] {
      await #expect(throws: StudioError.self) {
        try await studio.store.committer.perform { try $0.execute(sql: sql) }
      }
    }
    #expect(try await studio.peekText("SELECT verdict FROM events") == "left")
  }
}
