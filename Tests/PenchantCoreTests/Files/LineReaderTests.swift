import PenchantCore
import Testing

@Suite("LineReader")
struct LineReaderTests {
  private func lines(_ bytes: [UInt8], piece: Int, limit: Int = 64 << 20) throws -> [String] {
    var rest = bytes[...]
    let reader = LineReader(path: "x", lineLimit: limit) { buffer throws(CoreError) in
      let part = rest.prefix(min(piece, buffer.count))
      buffer.copyBytes(from: part)
      rest = rest.dropFirst(part.count)
      return part.count
    }
    var lines: [String] = []
    while let line = try reader.next() {
      #expect(line.number == lines.count + 1)
      lines.append(String(decoding: line.bytes, as: UTF8.self))
    }
    #expect(try reader.next() == nil)
    return lines
  }

  @Test(
    arguments: [
      ("", []), ("\n", [""]), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]),
      ("a\r\nb\r\n", ["a", "b"]), ("\n\n\n", ["", "", ""]), ("a\rb\n", ["a\rb"]), ("\r\n", [""]),
      ("\u{feff}a\n\u{feff}b", ["a", "\u{feff}b"]), ("\u{feff}", []), ("a\u{0}b\n", ["a\u{0}b"]),
    ] as [(String, [String])])
  func splits(text: String, expected: [String]) throws {
    for piece in [1, 2, 3, 7, 1 << 20] {
      #expect(try lines(Array(text.utf8), piece: piece) == expected)
    }
  }

  @Test func aLineMayBeExactlyAsLongAsTheLimit() throws {
    #expect(try lines(Array("abcd\r\nabcd\nabcd".utf8), piece: 5, limit: 4).count == 3)
    let error = #expect(throws: CoreError.self) {
      try lines(Array("a\nabcde\nb".utf8), piece: 100, limit: 4)
    }
    #expect(error?.code == .lineTooLong(path: "x", line: 2, limit: 4))
  }

  @Test func aLineWithoutEndIsGivenUpBeforeItFillsTheMemory() {
    var served = 0
    let reader = LineReader(path: "x", lineLimit: 1 << 20) { buffer throws(CoreError) in
      served += buffer.count
      return buffer.count
    }
    #expect(throws: CoreError.self) { try reader.next() }
    #expect(served < 1 << 22)
  }

  @Test func readsFilesLongerThanItsBuffer() throws {
    let folder = try TemporaryFolder()
    let text = (1...60_000).map { "line \($0)\n" }.joined()
    let reader = try LineReader(path: folder.write("lines", text))
    var count = 0
    while let line = try reader.next() {
      count += 1
      #expect(line.bytes == Array("line \(count)".utf8))
    }
    #expect(count == 60_000)
  }

  @Test func aMissingFileIsNamed() {
    let error = #expect(throws: CoreError.self) { try LineReader(path: "no/such/file") }
    #expect(error?.code == .fileNotFound(path: "no/such/file"))
  }
}
