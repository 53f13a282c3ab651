import PenchantCore
import PenchantData
import Testing

private let row = #"{"prompt": "P", "chosen": "C", "rejected": "R"}"#

private func numbered(_ range: ClosedRange<Int>) -> [String] {
  range.map { #"{"prompt": "P\#($0)", "chosen": "C", "rejected": "R"}"# }
}

@Suite struct PairReaderTests {
  @Test func readsLinesInOrderWithTheirPlaces() throws {
    let file = try TemporaryFile(numbered(1...3).joined(separator: "\n\n") + "\n  \n")
    let result = try file.read()
    #expect(result.pairs.map(\.prompt.text) == ["P1", "P2", "P3"])
    #expect(result.pairs.map(\.id) == ["1", "2", "3"])
    #expect(result.pairs.map(\.source.line) == [1, 3, 5])
    #expect(result.pairs[2].source.description == file.path + ":5")
    #expect(result.summary == "read 3 pairs as trl-standard")
  }

  @Test func readsAnArrayInOrderWithItsPlaces() throws {
    let rows = numbered(1...3)
    let file = try TemporaryFile(
      " [\n\(rows[0]),\n{\n\"prompt\": \"a]},[{\\\"\\\\\", \"chosen\": \"C\",\n\"rejected\": \"R\"\n}"
        + "\n,\(rows[2])]\n", name: "pairs.json")
    let result = try file.read()
    #expect(result.pairs.map(\.prompt.text) == ["P1", #"a]},[{"\"#, "P3"])
    #expect(result.pairs.map(\.source.line) == [2, 3, 7])
    #expect(result.pairs.map(\.source.row) == [1, 2, 3])
  }

  @Test func looksAtTheContentsRatherThanTheName() throws {
    #expect(try TemporaryFile(row, name: "lines.json").read().pairs.count == 1)
    #expect(try TemporaryFile("[\(row)]", name: "array.jsonl").read().pairs.count == 1)
    #expect(try TemporaryFile(row, name: "lines.txt").read().pairs.count == 1)
  }

  @Test func acceptsByteOrderMarkAndCarriageReturns() throws {
    let mark: [UInt8] = [0xef, 0xbb, 0xbf]
    for text in [
      numbered(1...3).joined(separator: "\r\n") + "\r\n", "[\r\n\(row),\(row),\r\n\(row)]",
    ] {
      let result = try TemporaryFile(mark + Array(text.utf8)).read()
      #expect(result.pairs.count == 3)
      #expect(result.pairs.allSatisfy { $0.rejected == .text("R") })
    }
  }

  @Test func keepsLineSeparatorsOfUnicodeInsideRows() throws {
    let file = try TemporaryFile(
      "{\"prompt\": \"a\u{2028}b\u{85}c\", \"chosen\": \"C\", \"rejected\": \"R\"}")
    #expect(try file.read().pairs.map(\.prompt.text) == ["a\u{2028}b\u{85}c"])
  }

  @Test func stopsAtTheLimit() throws {
    let file = try TemporaryFile(numbered(1...3).joined(separator: "\n") + "\nnot JSON")
    #expect(try file.read(limit: 2).pairs.map(\.id) == ["1", "2"])
    #expect(try file.read(limit: 3).pairs.count == 3)
    #expect(try file.read(limit: 0).pairs.isEmpty)
  }

  @Test func readsEmptyAnswers() throws {
    let file = try TemporaryFile(#"{"prompt": "", "chosen": "", "rejected": ""}"#)
    let pair = try #require(try file.read().pairs.first)
    #expect(pair.chosen.isEmpty && pair.rejected?.isEmpty == true && pair.isIdentical)
  }

  @Test func streamsWithoutHoldingThePairs() throws {
    let file = try TemporaryFile(numbered(1...1000).joined(separator: "\n"))
    var last = ""
    let stream = try PairReader.forEach(path: file.path) { last = $0.id }
    #expect(last == "1000")
    #expect(stream.count == 1000)
    #expect(stream.format?.name == "trl-standard")
  }

  @Test func endsAfterAnError() throws {
    let file = try TemporaryFile("\(row)\nnull\n\(row)")
    var stream = try PairStream(path: file.path)
    #expect(try stream.next() != nil)
    #expect(throws: DataError.self) { try stream.next() }
    #expect(try stream.next() == nil)
    #expect(stream.count == 1)
  }
}

@Suite struct BadFileTests {
  @Test(arguments: [
    ("{\"prompt\": \"P\",}", "pairs:1:16: not JSON: unexpected character '}'"),
    (row + "\n{\"prompt\": \"P", "pairs:2:14: not JSON: the text ends too early"),
    ("\n\n" + row + " x", "pairs:3:49: not JSON: text after the end of the value"),
    ("hello", "pairs:1:1: not JSON: unexpected character 'h'"),
    (row + "\n[]", "pairs:2: a row must be a JSON object, this is an array"),
    (row + "\nnull", "pairs:2: a row must be a JSON object, this is null"),
    (
      row + "\n{\"prompt\": \"P\", \"chosen\": \"C\"}",
      "pairs:2: 'rejected' is missing, which trl-standard needs"
    ),
    (row + "\n{}", "pairs:2: 'prompt' is missing, which trl-standard needs"),
    (
      row + "\n{\"chosen\": \"C\", \"rejected\": \"R\"}",
      "pairs:2: this row is trl-implicit, the rows before it are trl-standard"
    ),
    ("{}", "pairs:1: the row is empty"),
    (
      "{\"text\": \"secret\", \"label\": true, \"n\": [1]}",
      "pairs:1: no known format has the members text (string), label (boolean), n (array)"
    ),
    ("", "pairs: no rows"), ("\n \r\n", "pairs: no rows"), ("[]", "pairs: no rows"),
    ("[\n", "pairs:2:1: the array of rows is broken: the text ends too early"),
    (
      "[\(row),]", "pairs:1:50: the array of rows is broken: a row is missing before this character"
    ),
    (
      "[\(row)\n  \(row)]",
      "pairs:2:3: the array of rows is broken: a comma or the end of the array is missing"
    ),
    ("[\(row)]\n]", "pairs:2:1: the array of rows is broken: text after the end of the array"),
    (
      "[\(row),\n {\"prompt\": \"P, \"chosen\": \"C\"}]",
      "pairs:2:18: the array of rows is broken: unexpected character 'c'"
    ),
    (
      "[{\"a\": \"b\nc\"}]",
      "pairs:1:10: the array of rows is broken: unescaped control character in a string"
    ),
    ("[{\"a\":\n 1,\n \"b\" 2}]", "pairs:3:6: not JSON: unexpected character '2'"),
    ("[1, 2]", "pairs:1: a row must be a JSON object, this is a number"),
  ])
  func isAnErrorThatNamesThePlace(contents: String, message: String) throws {
    #expect(try TemporaryFile(contents).failure() == message)
  }

  @Test func isRefusedByItsFirstBytesWhereItsKindIsNotRead() throws {
    let wide = try TemporaryFile([0xff, 0xfe, 0x7b, 0])
    #expect(wide.failure() == "pairs: UTF-16 files are not supported yet")
    let zipped = try TemporaryFile([0x28, 0xb5, 0x2f, 0xfd])
    #expect(zipped.failure() == "pairs: zstd files are not supported yet")
  }

  @Test func isAnErrorWhereTheTextIsNotUTF8() throws {
    let file = try TemporaryFile(Array(#"{"prompt": ""#.utf8) + [0xff] + Array(#""}"#.utf8))
    #expect(file.failure() == "pairs:1:13: not JSON: not valid UTF-8")
  }

  @Test func isReportedWhereItDoesNotExist() {
    #expect(throws: DataError(.unreadable(CoreError(.fileNotFound(path: "/nowhere/p.jsonl"))))) {
      try PairReader.read(path: "/nowhere/p.jsonl")
    }
  }

  @Test func neverEntersAMessageWithItsKeysWhole() throws {
    let key = String(repeating: "secret ", count: 40)
    let message = try #require(try TemporaryFile("{\"\(key)\": 1}").failure())
    #expect(message.utf8.count < 160)
  }

  /// Any bytes at all give pairs or an error, also where they look like rows.
  @Test func neverTraps() throws {
    let rows = Array(
      "[\(row),\n{\"conversations\": [{\"from\": \"gpt\", \"value\": \"\\u00e9\"}]}]".utf8)
    var generator = Philox(seed: 1, stream: .synthetic).generator()
    for _ in 0..<300 {
      var bytes = Array(rows[generator.nextInt(below: 2)...])
      for _ in 0..<3 {
        bytes[generator.nextInt(below: bytes.count)] = UInt8(generator.nextInt(below: 256))
      }
      bytes.removeLast(generator.nextInt(below: bytes.count))
      let file = try TemporaryFile(bytes)
      _ = file.failure()
      _ = file.failure(skipBad: true)
    }
  }
}

@Suite struct SkippingTests {
  @Test func leavesOutBadRowsAndListsThem() throws {
    let file = try TemporaryFile("{\n\(row)\n{}\n\n\(row)\n\"x\"")
    let result = try file.read(skipBad: true)
    #expect(result.pairs.map(\.id) == ["2", "4"])
    #expect(result.skipped.map(\.location.line) == [1, 3, 6])
    #expect(
      result.skipped.map { file.shortened($0.reason.message) } == [
        "pairs:1:2: not JSON: the text ends too early",
        "pairs:3: 'prompt' is missing, which trl-standard needs",
        "pairs:6: a row must be a JSON object, this is a string",
      ])
    #expect(result.summary == "read 2 pairs as trl-standard, skipped 3 rows")
  }

  @Test func leavesOutBadElementsOfAnArray() throws {
    let file = try TemporaryFile("[\(row), {\"prompt\" 1}, \(row)]")
    #expect(try file.read(skipBad: true).pairs.map(\.id) == ["1", "3"])
  }

  @Test func leavesOutRowsOfAnotherFormat() throws {
    let file = try TemporaryFile("\(row)\n{\"chosen\": \"C\", \"rejected\": \"R\"}")
    let result = try file.read(skipBad: true)
    #expect(result.pairs.count == 1 && result.skipped.count == 1)
  }

  @Test func doesNotHideThatNothingCouldBeRead() throws {
    let file = try TemporaryFile("{}\n1")
    let error = try #require(throws: DataError.self) { try file.read(skipBad: true) }
    #expect(
      error.message
        == "\(file.path): none of its 2 rows can be read; the first: \(file.path):1: the row is empty"
    )
  }

  @Test func doesNotHideThatTheRestOfAnArrayIsLost() throws {
    let file = try TemporaryFile("[\(row), {\"prompt\": \"P")
    #expect(
      file.failure(skipBad: true)
        == "pairs:1:64: the array of rows is broken: the text ends too early")
  }
}
