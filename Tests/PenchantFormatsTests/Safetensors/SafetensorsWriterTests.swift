import PenchantCore
import PenchantFormats
import Testing

@Suite("SafetensorsWriter")
struct SafetensorsWriterTests {
  private let tensors = [
    SafetensorsDescription(name: "z", type: .float32, shape: [2, 2]),
    SafetensorsDescription(name: "empty", type: .int64, shape: [3, 0]),
    SafetensorsDescription(name: "a\"é", type: .bfloat16, shape: [3]),
    SafetensorsDescription(name: "scalar", type: .uint8, shape: []),
  ]
  private let contents: [String: [UInt8]] = [
    "z": Array(0..<16), "a\"é": Array(20..<26), "scalar": [99],
  ]

  private func write(_ path: String, piece: Int) throws {
    let writer = try SafetensorsWriter(
      path: path, tensors: tensors, metadata: ["format": "pt", "a": "b"])
    for tensor in tensors {
      var rest = contents[tensor.name, default: []][...]
      repeat {
        try writer.append(Array(rest.prefix(piece)), to: tensor.name)
        rest = rest.dropFirst(piece)
      } while !rest.isEmpty
    }
    try writer.finish()
  }

  @Test func whatIsWrittenIsRead() throws {
    let folder = try TemporaryFolder()
    try write(folder("a"), piece: 100)
    let file = try SafetensorsFile(path: folder("a"))
    #expect(Set(file.names) == Set(tensors.map(\.name)))
    for tensor in tensors {
      let entry = try #require(file[tensor.name])
      #expect(entry.type == tensor.type)
      #expect(entry.shape == tensor.shape)
      #expect(Array(file.bytes(of: entry)) == contents[tensor.name, default: []])
    }
    #expect(file.metadata.map(\.key) == ["format", "a"])
    #expect(file["z"]?.range.lowerBound.isMultiple(of: 8) == true)
  }

  @Test func theSameInputGivesTheSameBytesHoweverItIsCut() throws {
    let folder = try TemporaryFolder()
    try write(folder("a"), piece: 100)
    for piece in [1, 3, 16] {
      try write(folder("b"), piece: piece)
      #expect(try FileSystem.read(folder("a")) == FileSystem.read(folder("b")))
    }
  }

  @Test func layoutIsWhatTheFormatSays() throws {
    let folder = try TemporaryFolder()
    let writer = try SafetensorsWriter(
      path: folder("a"), tensors: [SafetensorsDescription(name: "x", type: .int16, shape: [1])],
      metadata: [:])
    try writer.append([1, 2], to: "x")
    try writer.finish()
    let header = #"{"x": {"dtype": "I16", "shape": [1], "data_offsets": [0, 2]}}   "#
    #expect(header.utf8.count == 64)
    #expect(
      try FileSystem.read(folder("a")) == [64, 0, 0, 0, 0, 0, 0, 0] + Array(header.utf8) + [1, 2])
  }

  private func defect(_ body: () throws -> Void) -> SafetensorsWriterDefect? {
    let error = #expect(throws: FormatsError.self) { try body() }
    guard case .writing(_, let defect) = error?.code else { return nil }
    return defect
  }

  @Test func refusesTensorsThatCannotBeDescribed() throws {
    let folder = try TemporaryFolder()
    func begin(_ names: [String], _ shape: [Int] = [1]) throws {
      _ = try SafetensorsWriter(
        path: folder("a"),
        tensors: names.map { SafetensorsDescription(name: $0, type: .float32, shape: shape) })
    }
    #expect(defect { try begin(["a", "a"]) } == .duplicateName("a"))
    #expect(defect { try begin(["__metadata__"]) } == .reservedName("__metadata__"))
    #expect(defect { try begin(["a"], [-1]) } == .invalidShape(name: "a"))
    #expect(defect { try begin(["a"], [1 << 62]) } == .invalidShape(name: "a"))
    #expect(defect { try begin(["a", "b"], [1 << 60]) } == .invalidShape(name: "b"))
    #expect(try FileSystem.list(folder.path).isEmpty)
  }

  @Test func refusesBytesOutOfTurnAndFilesThatAreNotComplete() throws {
    let folder = try TemporaryFolder()
    let two = ["a", "b"].map { SafetensorsDescription(name: $0, type: .uint8, shape: [2]) }
    let writer = try SafetensorsWriter(path: folder("x"), tensors: two)
    #expect(
      defect { try writer.append([1], to: "b") } == .wrongOrder(expected: "a", got: "b"))
    #expect(
      defect { try writer.append([1, 2, 3], to: "a") }
        == .wrongByteCount(name: "a", expected: 2, got: 3))
    try writer.append([1, 2], to: "a")
    #expect(defect { try writer.finish() } == .incomplete(written: 1, of: 2))
    try writer.append([1, 2], to: "b")
    #expect(defect { try writer.append([1], to: "b") } == .wrongOrder(expected: nil, got: "b"))
    try writer.finish()
    #expect(try SafetensorsFile(path: folder("x")).names == ["a", "b"])
  }

  @Test func aFullDiskLeavesTheOldFile() throws {
    let folder = try TemporaryFolder()
    try write(folder("a"), piece: 100)
    let before = try FileSystem.read(folder("a"))
    let error = #expect(throws: FormatsError.self) {
      let writer = try SafetensorsWriter(path: folder("a"), tensors: []) {
        step, path throws(CoreError) in
        if step == .sync { throw CoreError(.diskFull(path: path)) }
      }
      try writer.finish()
    }
    #expect(error?.category == .runtime)
    #expect(try FileSystem.read(folder("a")) == before)
    #expect(try FileSystem.list(folder.path) == ["a"])
  }
}
