import Foundation
import PenchantCore
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("FileLock", .serialized)
struct FileLockTests {
  /// Where a child finds its folder; set before it is started.
  static let variable = "PENCHANT_LOCK_TEST_FOLDER"

  private func granted(_ claim: FileLock.Claim) throws -> FileLock {
    guard case .granted(let lock) = claim else {
      Issue.record("\(claim)")
      throw CoreError(.alreadyExists(path: ""))
    }
    return lock
  }

  @Test func oneHasItAndTheOtherIsToldWho() throws {
    let folder = try TemporaryFolder()
    do {
      let first = try granted(FileLock.claim(path: folder("lock")))
      guard case .held(let holder?) = try FileLock.claim(path: folder("lock")) else {
        Issue.record("the lock was had twice")
        return
      }
      #expect(holder.process == Int(getpid()) && holder.name == "process \(getpid())")
      withExtendedLifetime(first) {}
    }
    let again = try granted(FileLock.claim(path: folder("lock")))
    again.remove()
    #expect(!FileSystem.exists(folder("lock")))
  }

  @Test func aProcessThatWasKilledHasNoLock() async throws {
    let folder = try TemporaryFolder()
    setenv(Self.variable, folder.path, 1)
    defer { unsetenv(Self.variable) }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let folder = try #require(ProcessInfo.processInfo.environment[FileLockTests.variable])
      let claim = try FileLock.claim(path: folder + "/lock")
      guard case .granted = claim else { return }
      kill(getpid(), SIGKILL)
      withExtendedLifetime(claim) {}
    }
    let left = String(decoding: try FileSystem.read(folder("lock")), as: UTF8.self)
    let lock = try granted(FileLock.claim(path: folder("lock")))
    let now = String(decoding: try FileSystem.read(folder("lock")), as: UTF8.self)
    #expect(left != now && now.hasPrefix("\(getpid()) "))
    withExtendedLifetime(lock) {}
  }

  @Test func aFileThatWasTakenAwayMeanwhileIsNotLocked() throws {
    let folder = try TemporaryFolder()
    let path = folder("lock")
    // Its holder lets go of it between the opening and the lock.
    let requests = Requests()
    let lock = try granted(
      FileLock.claim(path: path) { descriptor in
        if requests.count() == 1 { unlink(path) }
        return FileLock.request(descriptor)
      })
    #expect(requests.count() == 3)
    guard case .held = try FileLock.claim(path: path) else {
      Issue.record("the lock is on a file that nobody else opens")
      return
    }
    withExtendedLifetime(lock) {}
  }

  @Test func anothersFileOfTheSameNameStays() throws {
    let folder = try TemporaryFolder()
    let lock = try granted(FileLock.claim(path: folder("lock")))
    try folder.write("lock", "theirs")
    lock.remove()
    #expect(FileSystem.exists(folder("lock")))
  }

  @Test(arguments: [ENOTSUP, EOPNOTSUPP, ENOSYS, ENOLCK])
  func aFileSystemWithoutLocksIsToldFromAHeldOne(number: Int32) throws {
    let folder = try TemporaryFolder()
    guard case .unsupported = try FileLock.claim(path: folder("lock"), request: { _ in number })
    else {
      Issue.record("\(number)")
      return
    }
    #expect(!FileSystem.exists(folder("lock")))
    // What stood there may be another's.
    try folder.write("lock", "")
    _ = try FileLock.claim(path: folder("lock"), request: { _ in number })
    #expect(FileSystem.exists(folder("lock")))
  }

  @Test func whatElseGoesWrongIsAnError() throws {
    let folder = try TemporaryFolder()
    let path = folder("lock")
    #expect(throws: CoreError(.writeFailed(path: path, errno: EIO))) {
      _ = try FileLock.claim(path: path, request: { _ in EIO })
    }
    #expect(throws: CoreError(.noFolder(path: folder("none")))) {
      _ = try FileLock.claim(path: folder("none/lock"))
    }
    // A link could lead to a file of another's.
    try folder.write("target", "theirs")
    symlink(folder("target"), folder("link"))
    #expect(throws: CoreError(.writeFailed(path: folder("link"), errno: ELOOP))) {
      _ = try FileLock.claim(path: folder("link"))
    }
  }

  @Test(arguments: [
    ("1234 somewhere-else\n", "process 1234 on somewhere-else"), ("1234\n", "process 1234"),
    ("", nil), ("-3 x\n", nil), ("\u{1b}[31m here", nil),
  ])
  func whoHasItIsReadFromTheFile(text: String, name: String?) throws {
    let folder = try TemporaryFolder()
    try folder.write("lock", text)
    guard
      case .held(let holder) = try FileLock.claim(
        path: folder("lock"), request: { _ in EWOULDBLOCK })
    else {
      Issue.record("\(text)")
      return
    }
    #expect(holder?.name == name)
  }
}

/// Counts how often it is asked.
private final class Requests: @unchecked Sendable {
  // Touched by the test's own thread alone.
  private var number = 0
  func count() -> Int {
    number += 1
    return number
  }
}
