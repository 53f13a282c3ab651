#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif
import PenchantCore
import Testing

@Suite("FileSystem and MappedFile")
struct FileSystemTests {
  @Test func mapsBytes() throws {
    let folder = try TemporaryFolder()
    let file = try MappedFile(path: folder.write("a", "hello"))
    #expect(Array(file.bytes) == Array("hello".utf8))
    #expect(file.count == 5)
  }

  @Test func mapsAnEmptyFile() throws {
    let folder = try TemporaryFolder()
    #expect(try MappedFile(path: folder.write("a", "")).count == 0)
  }

  @Test func saysWhyAFileCannotBeOpened() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CoreError(.fileNotFound(path: folder("none")))) {
      try MappedFile(path: folder("none"))
    }
    #expect(throws: CoreError(.isDirectory(path: folder.path))) {
      try MappedFile(path: folder.path)
    }
    #expect(throws: CoreError(.fileNotFound(path: "a\0b"))) { try MappedFile(path: "a\0b") }
    let file = try folder.write("a", "x")
    #expect(throws: CoreError(.notDirectory(path: file + "/b"))) {
      try MappedFile(path: file + "/b")
    }
  }

  @Test func doesNotWaitForAPipe() throws {
    let folder = try TemporaryFolder()
    try #require(mkfifo(folder("pipe"), 0o600) == 0)
    #expect(throws: CoreError(.notRegularFile(path: folder("pipe")))) {
      try MappedFile(path: folder("pipe"))
    }
  }

  @Test func readsOnlyWhatTheLimitAllows() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a", "12345")
    #expect(try FileSystem.read(path, limit: 5) == Array("12345".utf8))
    #expect(throws: CoreError(.fileTooLarge(path: path, bytes: 5, limit: 4))) {
      try FileSystem.read(path, limit: 4)
    }
  }

  @Test func namesLineAndColumnOfBrokenJSON() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a.json", "{\n  \"a\": 1,\n  \"b\": x\n}")
    let error = #expect(throws: CoreError.self) { try FileSystem.readJSON(path) }
    #expect(error?.message == "\(path):3:8 is not JSON: unexpected character 'x'")
  }

  @Test func listsInByteOrder() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "B", "a", "é", ".hidden"] { try folder.write(name, "") }
    #expect(try FileSystem.list(folder.path) == [".hidden", "B", "a", "b", "é"])
    #expect(throws: CoreError(.fileNotFound(path: folder("none")))) {
      try FileSystem.list(folder("none"))
    }
  }

  @Test func createsAndRemovesTrees() throws {
    let folder = try TemporaryFolder()
    try FileSystem.createDirectories(folder("a/b/c"))
    try FileSystem.createDirectories(folder("a/b/c"))
    try folder.write("a/b/file", "x")
    #expect(throws: CoreError(.notDirectory(path: folder("a/b/file")))) {
      try FileSystem.createDirectories(folder("a/b/file"))
    }
    try FileSystem.removeTree(folder("a"))
    try FileSystem.removeTree(folder("a"))
    #expect(!FileSystem.exists(folder("a")))
  }

  @Test func removingATreeDoesNotFollowLinks() throws {
    let folder = try TemporaryFolder()
    try FileSystem.createDirectories(folder("keep"))
    try folder.write("keep/file", "x")
    try FileSystem.createDirectories(folder("tree"))
    try #require(symlink(folder("keep"), folder("tree/link")) == 0)
    try FileSystem.removeTree(folder("tree"))
    #expect(FileSystem.exists(folder("keep/file")))
  }

  @Test func takesPathsApart() {
    #expect(FileSystem.parent(of: "/a/b") == "/a")
    #expect(FileSystem.parent(of: "/a/b//") == "/a")
    #expect(FileSystem.parent(of: "/a") == "/")
    #expect(FileSystem.parent(of: "a") == ".")
    #expect(FileSystem.parent(of: "/") == "/")
    #expect(FileSystem.name(of: "/a/b/") == "b")
    #expect(FileSystem.name(of: "b") == "b")
    #expect(FileSystem.name(of: "/") == "/")
    #expect(FileSystem.join("a", "b") == "a/b")
    #expect(FileSystem.join("a/", "b") == "a/b")
    #expect(FileSystem.join("", "b") == "b")
    #expect(FileSystem.join("a", "/b") == "/b")
  }

  @Test func knowsTheFreeSpace() throws {
    #expect(try FileSystem.freeBytes(at: ".") > 0)
  }

  @Test func knowsAPlaceByAllItsNames() throws {
    let folder = try TemporaryFolder()
    try FileSystem.createDirectories(folder("a/b"))
    let file = try folder.write("a/b/file", "x")
    try #require(symlink(folder("a"), folder("soft")) == 0)
    try #require(link(file, folder("hard")) == 0)
    for place in [file, folder("a"), folder("a/b/"), folder("soft"), folder("soft/b/../b")] {
      for path in [file, folder("a//b/./file"), folder("soft/b/file")] {
        #expect(FileSystem.contains(place, path), "\(path) is in \(place)")
      }
    }
    // Another name of the same bytes, in another folder.
    #expect(FileSystem.contains(folder("hard"), file))
    #expect(!FileSystem.contains(folder("a"), folder("hard")))
    #expect(!FileSystem.contains(file, folder("a/b")))
    for path in [folder("none"), folder("a/none"), "", "a\0b"] {
      #expect(!FileSystem.contains(folder("a"), path) && !FileSystem.contains(path, file))
    }
  }

  @Test func knowsWhetherSomethingCanBeMade() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("file", "x")
    try FileSystem.checkWritable(folder.path)
    try FileSystem.checkWritable(folder("none/of/these"))
    #expect(try FileSystem.list(folder.path) == ["file"])
    for path in [file, folder("file/below"), folder("file/far/below")] {
      #expect(throws: CoreError(.notDirectory(path: file))) { try FileSystem.checkWritable(path) }
    }
    // The superuser may write anywhere.
    guard geteuid() != 0 else { return }
    try #require(chmod(folder.path, 0o500) == 0)
    defer { chmod(folder.path, 0o700) }
    for path in [folder.path, folder("none/of/these")] {
      #expect(throws: CoreError(.notWritable(path: folder.path, errno: EACCES))) {
        try FileSystem.checkWritable(path)
      }
    }
  }
}
