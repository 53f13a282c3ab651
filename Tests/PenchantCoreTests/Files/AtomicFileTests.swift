import PenchantCore
import Testing

/// Fails the first time a step is reached.
private func failing(at step: WriteStep, _ code: CoreError.Code) -> WriteFault {
  { reached, _ throws(CoreError) in
    if reached == step { throw CoreError(code) }
  }
}

@Suite("AtomicFile")
struct AtomicFileTests {
  @Test func writesAndReplaces() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(path: folder("a"), text: "old")
    try AtomicFile.write(path: folder("a"), text: "new")
    #expect(try FileSystem.read(folder("a")) == Array("new".utf8))
    #expect(try FileSystem.list(folder.path) == ["a"])
  }

  @Test func piecesOfAnySizeComeOutInOrder() throws {
    let folder = try TemporaryFolder()
    let file = try AtomicFile(path: folder("a"))
    var expected: [UInt8] = []
    for size in [0, 1, 65535, 65536, 3, 200_000, 7, 65529, 1] {
      let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ expected.count) }
      try file.append(piece)
      expected += piece
    }
    #expect(!FileSystem.exists(folder("a")))
    try file.commit()
    #expect(try FileSystem.read(folder("a")) == expected)
  }

  @Test func doesNotOverwriteUnlessTold() throws {
    let folder = try TemporaryFolder()
    try folder.write("a", "old")
    #expect(throws: CoreError(.alreadyExists(path: folder("a")))) {
      try AtomicFile.write(path: folder("a"), text: "new", overwrite: false)
    }
    // A file that appears while ours is written is not overwritten either.
    let file = try AtomicFile(path: folder("b"), overwrite: false)
    try folder.write("b", "theirs")
    #expect(throws: CoreError(.alreadyExists(path: folder("b")))) { try file.commit() }
    #expect(try FileSystem.read(folder("b")) == Array("theirs".utf8))
    try AtomicFile.write(path: folder("c"), text: "new", overwrite: false)
    #expect(try FileSystem.read(folder("c")) == Array("new".utf8))
  }

  @Test(arguments: WriteStep.allCases)
  func aFailureAnywhereLeavesOldOrNew(step: WriteStep) throws {
    let folder = try TemporaryFolder()
    try folder.write("a", "old")
    #expect(throws: CoreError(.diskFull(path: "x"))) {
      try AtomicFile.write(
        path: folder("a"), contents: Array("new".utf8),
        fault: failing(at: step, .diskFull(path: "x")))
    }
    let expected = step == .syncParent ? "new" : "old"
    #expect(try FileSystem.read(folder("a")) == Array(expected.utf8))
    #expect(try FileSystem.list(folder.path) == ["a"])
  }

  @Test func syncsBeforeItRenames() throws {
    let folder = try TemporaryFolder()
    let steps = Steps()
    try AtomicFile.write(path: folder("a"), contents: [1], fault: steps.record)
    #expect(steps.all == [.create, .write, .sync, .rename, .syncParent])
  }

  @Test func lettingGoRemovesThePart() throws {
    let folder = try TemporaryFolder()
    do {
      let file = try AtomicFile(path: folder("a"))
      try file.append("half")
      #expect(try FileSystem.list(folder.path).allSatisfy(PartialName.matches))
    }
    #expect(try FileSystem.list(folder.path).isEmpty)
  }

  @Test func namesWhatIsInTheWay() throws {
    let folder = try TemporaryFolder()
    #expect(throws: CoreError(.isDirectory(path: folder.path))) {
      try AtomicFile.write(path: folder.path, text: "")
    }
    #expect(throws: CoreError(.noFolder(path: folder("none")))) {
      try AtomicFile.write(path: folder("none/a"), text: "")
    }
    let file = try folder.write("file", "x")
    #expect(throws: CoreError(.notDirectory(path: file))) {
      try AtomicFile.write(path: folder("file/a"), text: "")
    }
  }
}

@Suite("AtomicDirectory")
struct AtomicDirectoryTests {
  private func build(_ directory: AtomicDirectory, _ text: String) throws {
    try FileSystem.createDirectories(FileSystem.join(directory.workPath, "sub"))
    try AtomicFile.write(path: FileSystem.join(directory.workPath, "sub/file"), text: text)
  }

  @Test func appearsWhole() throws {
    let folder = try TemporaryFolder()
    let directory = try AtomicDirectory(path: folder("runs/step-1"))
    try build(directory, "new")
    #expect(!FileSystem.exists(folder("runs/step-1")))
    try directory.commit()
    #expect(try FileSystem.read(folder("runs/step-1/sub/file")) == Array("new".utf8))
    #expect(try FileSystem.list(folder("runs")) == ["step-1"])
  }

  @Test func refusesWhatIsThere() throws {
    let folder = try TemporaryFolder()
    try FileSystem.createDirectories(folder("a"))
    #expect(throws: CoreError(.alreadyExists(path: folder("a")))) {
      try AtomicDirectory(path: folder("a"))
    }
    let directory = try AtomicDirectory(path: folder("b"))
    try FileSystem.createDirectories(folder("b"))
    #expect(throws: CoreError(.alreadyExists(path: folder("b")))) { try directory.commit() }
  }

  @Test func replacesWhenTold() throws {
    let folder = try TemporaryFolder()
    for text in ["old", "new"] {
      let directory = try AtomicDirectory(path: folder("a"), replacing: true)
      try build(directory, text)
      try directory.commit()
    }
    #expect(try FileSystem.read(folder("a/sub/file")) == Array("new".utf8))
    #expect(try FileSystem.list(folder.path) == ["a"])
  }

  @Test(arguments: WriteStep.allCases.filter { $0 != .write })
  func aFailureAnywhereLeavesOldOrNew(step: WriteStep) throws {
    let folder = try TemporaryFolder()
    try FileSystem.createDirectories(folder("a/sub"))
    try folder.write("a/sub/file", "old")
    #expect(throws: CoreError(.diskFull(path: "x"))) {
      let directory = try AtomicDirectory(
        path: folder("a"), replacing: true, fault: failing(at: step, .diskFull(path: "x")))
      try build(directory, "new")
      try directory.commit()
    }
    let expected = step == .syncParent ? "new" : "old"
    #expect(try FileSystem.read(folder("a/sub/file")) == Array(expected.utf8))
  }

  @Test func leftoversOfAKilledProcessCanBeRemoved() throws {
    let folder = try TemporaryFolder()
    try FileSystem.createDirectories(folder(".penchant-1-1.partial/sub"))
    try folder.write(".penchant-1-2.partial", "half")
    try folder.write("keep.partial", "")
    try PartialName.removeLeftovers(in: folder.path)
    #expect(try FileSystem.list(folder.path) == ["keep.partial"])
  }
}
