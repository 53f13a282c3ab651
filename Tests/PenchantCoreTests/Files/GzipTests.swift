import PenchantCore
import Testing

@Suite struct GzipTests {
  private static let folder = {
    let parts = #filePath.split(separator: "/").dropLast(3)
    return "/" + parts.joined(separator: "/") + "/Fixtures/Gzip/"
  }()

  /// What scripts/make_gzip_fixtures.py compressed.
  private static let text: [UInt8] = (0..<3000).flatMap { i in
    Array("\(i): \(i * i) é \(String(repeating: "ab", count: i % 7))\n".utf8)
  }

  private func decompress(_ path: String) throws -> [UInt8] {
    let reader = GzipReader(try RandomAccessFile(path: path))
    var bytes: [UInt8] = []
    while try reader.next({ bytes += $0 }) {}
    return bytes
  }

  @Test(arguments: ["fast", "best", "fixed", "huffman", "runs", "members", "header"])
  func readsEveryKindOfStream(name: String) throws {
    #expect(try decompress(Self.folder + name + ".gz") == Self.text)
  }

  @Test func readsStoredAndEmptyStreams() throws {
    #expect(try decompress(Self.folder + "stored.gz") == Array(Self.text.prefix(20000)))
    #expect(try decompress(Self.folder + "empty.gz").isEmpty)
  }

  @Test func aBombIsAnErrorBeforeItIsLarge() throws {
    let path = Self.folder + "bomb.gz"
    let reader = GzipReader(try RandomAccessFile(path: path))
    var total = 0
    let error = #expect(throws: CoreError.self) { while try reader.next({ total += $0.count }) {} }
    #expect(error?.code == .expandsTooFar(path: path, ratio: 256))
    #expect(total < 66 << 20)
    #expect(try !reader.next { _ in })
  }

  @Test func everyCutAndEveryFlippedBitIsAnErrorOrTheSameText() throws {
    let whole = try FileSystem.read(Self.folder + "best.gz")
    let folder = try TemporaryFolder()
    func outcome(_ bytes: [UInt8]) throws -> [UInt8]? {
      let path = folder.path + "/x.gz"
      try AtomicFile.write(path: path, contents: bytes)
      do { return try decompress(path) } catch is CoreError { return nil }
    }
    for cut in stride(from: 0, to: whole.count, by: whole.count / 40) {
      #expect(try outcome(Array(whole.prefix(cut))) == nil)
    }
    for place in stride(from: 0, to: whole.count, by: whole.count / 60) {
      var bytes = whole
      bytes[place] ^= 1 << UInt8(place % 8)
      // The header's time and system may change without harm.
      let found = try outcome(bytes)
      #expect(found == nil || found == Self.text)
    }
  }

  @Test(arguments: [
    ([0x1f, 0x8b] as [UInt8], "it ends too early"),
    ([0x1f, 0x8b, 7], "it is compressed in an unknown way"),
    ([1, 2, 3], "it is not gzip"), ([0x1f, 0x8b, 8, 0xe0], "it has flags that do not exist"),
    ([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 7], "a block is of an unknown kind"),
  ])
  func saysWhatIsWrong(bytes: [UInt8], problem: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/x.gz"
    try AtomicFile.write(path: path, contents: bytes)
    let error = #expect(throws: CoreError.self) { try decompress(path) }
    #expect(error?.message == "cannot decompress \(path): \(problem)")
  }
}
