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

@Suite("A full disk") struct DiskTests {
  /// A limit on the size of files stands in for a full disk: `write` fails in the same place.
  @Test("nothing is half kept, and the studio goes on once there is room") func full() async throws
  {
    await #expect(processExitsWith: .success) { try await DiskTests.child() }
  }

  static func child() async throws {
    signal(SIGXFSZ, SIG_IGN)
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(50), people: 1, rules: Made.plain)
    let first = try await studio.task(for: people[0])
    let kept = Made.judgement(first)
    _ = try await studio.submit(kept, for: people[0])
    let open = try await studio.task(for: people[0])
    let judgement = Made.judgement(open)

    var room = rlimit()
    getrlimit(fileSizeLimit, &room)
    let none = rlimit(rlim_cur: 1, rlim_max: room.rlim_max)
    withUnsafePointer(to: none) { _ = setrlimit(fileSizeLimit, $0) }
    do throws(StudioError) {
      _ = try await studio.submit(judgement, for: people[0])
      fatalError("a full disk took a judgement")
    } catch {
      guard error == StudioError(.diskFull) else { fatalError("\(error)") }
    }
    guard try await studio.next(for: people[0]) == .nothing(.readOnly) else {
      fatalError("a task was lent on a full disk")
    }
    // Reading goes on.
    guard try await studio.results().judgements == 1 else { fatalError("results are gone") }
    guard try await studio.submit(kept, for: people[0]).progress.done == 1 else {
      fatalError("what was kept is not known")
    }

    withUnsafePointer(to: room) { _ = setrlimit(fileSizeLimit, $0) }
    guard try await studio.task(for: people[0]).id == open.id,
      try await studio.submit(judgement, for: people[0]).progress.done == 2,
      try await studio.peek("SELECT COUNT(*) FROM events") == 2
    else { fatalError("the studio did not recover") }
  }

  #if canImport(Glibc)
    static let fileSizeLimit = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
  #else
    static let fileSizeLimit = RLIMIT_FSIZE
  #endif
}
