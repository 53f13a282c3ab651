#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import PenchantCore
import Testing

@Suite("CoreError wording")
struct CoreErrorTests {
  @Test func isVerbatim() {
    #expect(
      CoreError(.fileNotFound(path: "m/config.json")).description == "m/config.json does not exist")
    #expect(
      CoreError(.alreadyExists(path: "run")).description
        == "run exists already\n  choose another place, or pass --overwrite")
    #expect(
      CoreError(.diskFull(path: "run/a")).description
        == "no space left on the disk while writing run/a\n"
        + "  free some space and start again; what was there before is untouched")
    #expect(
      CoreError(.lineTooLong(path: "d.jsonl", line: 3, limit: 9)).description
        == "d.jsonl:3 is longer than 9 bytes\n  each line must hold one JSON value")
    #expect(
      CoreError(.readFailed(path: "a", errno: EACCES)).message == "cannot read a: Permission denied"
    )
  }

  @Test func placesWhereNothingCanBeMade() {
    #expect(
      CoreError(.noFolder(path: "out")).description
        == "there is no folder out\n  make it first, or choose another place")
    #expect(
      CoreError(.notWritable(path: "out", errno: EACCES)).description
        == "nothing can be written into out: Permission denied\n  choose another place")
    let kinds: [(CoreError.FolderKind, String)] = [
      (.run, "is no run's folder"), (.sweep, "is no sweep's folder"),
      (.audit, "holds what no audit wrote"), (.demonstration, "is no demonstration's folder"),
    ]
    for (kind, problem) in kinds {
      #expect(
        CoreError(.foreignFolder(path: "out", kind: kind)).description
          == "out is there already and \(problem)\n  nothing there was touched; name another --output"
      )
    }
  }

  @Test func filesThatCannotBeTrusted() {
    #expect(
      CoreError(.damagedArchive(path: "d.gz", problem: "its checksum is wrong")).description
        == "cannot decompress d.gz: its checksum is wrong\n  fetch or write the file again")
    #expect(
      CoreError(.expandsTooFar(path: "d.gz", ratio: 256)).description
        == "d.gz grows to more than 256 times its size when it is decompressed\n"
        + "  text does not compress like that; decompress it yourself if it is meant to")
    #expect(
      CoreError(.fileChanged(path: "d")).description
        == "d was changed while it was in use\n  leave data files alone while a command reads them")
  }

  @Test func categoriesDecideTheExitCode() {
    #expect(CoreError(.diskFull(path: "a")).category == .runtime)
    #expect(CoreError(.writeFailed(path: "a", errno: EROFS)).category == .runtime)
    #expect(CoreError(.fileNotFound(path: "a")).category == .input)
    #expect(CoreError(.alreadyExists(path: "a")).category == .input)
    #expect(CoreError(.noFolder(path: "a")).category == .input)
    #expect(CoreError(.notWritable(path: "a", errno: EROFS)).category == .input)
    #expect(CoreError(.foreignFolder(path: "a", kind: .run)).category == .input)
  }
}
