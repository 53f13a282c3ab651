import PenchantCore
import PenchantData
import Testing

@Suite struct PairIndexTests {
  private func row(_ number: Int) -> String {
    // Some rows are longer than the first window that is read.
    let long = number % 5 == 3 ? String(repeating: "long ", count: 5000) : ""
    return #"{"prompt": "P\#(number) é\#(long)", "chosen": "C", "rejected": "R"}"#
  }

  /// The same rows in every kind of file.
  private func files() throws -> [TemporaryFile] {
    let rows = (1...12).map(row)
    let table = (1...12).map { number in
      "\"P\(number) é\(number % 5 == 3 ? String(repeating: "long\n", count: 5000) : "")\",C,R\r\n"
    }
    return [
      try TemporaryFile("\u{feff}" + rows.joined(separator: "\r\n\n")),
      try TemporaryFile("[\n" + rows.joined(separator: ",\n ") + "\n]", name: "p.json"),
      try TemporaryFile("prompt,chosen,rejected\r\n" + table.joined(), name: "p.csv"),
    ]
  }

  @Test func readsEveryPairAgainInAnyOrder() throws {
    for file in try files() {
      let all = try file.read().pairs
      let index = try PairIndex(paths: [file.path])
      #expect(index.count == 12)
      for place in (0..<12).reversed() { #expect(try index[place] == all[place]) }
    }
  }

  @Test func readsGzipThroughADecompressedCopy() throws {
    let path = Folders.package + "/Tests/Fixtures/Gzip/pairs.jsonl.gz"
    let index = try PairIndex(paths: [path])
    #expect(index.count == 3)
    #expect(try index[2].prompt == .text("P3"))
    #expect(index.reports[0].summary == "read 3 pairs as trl-standard")
    #expect(try index[1].source.description == path + ":2")
  }

  @Test func joinsFilesAndKeepsToTheLimit() throws {
    let files = try files()
    let index = try PairIndex(paths: files.map(\.path), options: .init(limit: 20))
    #expect(index.count == 20 && index.reports.map(\.counts.pairs) == [12, 8])
    #expect(try index[12].source.file == files[1].path)
    #expect(try index[19].id == "8")
  }

  @Test func findsPairsBehindBadRowsAndWithinLists() throws {
    let list =
      #"{"prompt": "Q", "answers": [{"answer": "a", "rank": 1}, {"answer": "b", "rank": 2}, {"answer": "c", "rank": 3}]}"#
    let file = try TemporaryFile([list, "{", list].joined(separator: "\n"))
    var seen: [Pair] = []
    let index = try PairIndex(
      paths: [file.path], options: .init(ranking: .all, skipBad: true), progress: nil
    ) { seen.append($0) }
    #expect(index.count == 6 && index.reports[0].skippedCount == 1)
    #expect(seen.map(\.id) == ["1/1", "1/2", "1/3", "3/1", "3/2", "3/3"])
    for (place, pair) in seen.enumerated() { #expect(try index[place] == pair) }
  }

  @Test func noticesThatAFileWasChanged() throws {
    let file = try TemporaryFile(row(1) + "\n" + row(2))
    let index = try PairIndex(paths: [file.path])
    try AtomicFile.write(path: file.path + ".new", text: "")
    _ = try index[0]
    let writer = try AppendingFile(path: file.path)
    try Array("\n".utf8).withUnsafeBytes { try writer.append($0) }
    let error = #expect(throws: DataError.self) { try index[1] }
    #expect(error?.message == "\(file.path) was changed while it was in use")
    try FileSystem.removeTree(file.path + ".new")
  }

  @Test func aLineThatIsTooLongDoesNotLoseTheOthers() throws {
    let long = "{\"prompt\": \"" + String(repeating: "x", count: 65 << 20) + "\"}"
    let file = try TemporaryFile([row(1), long, row(2)].joined(separator: "\n"))
    let error = #expect(throws: DataError.self) { try file.read() }
    #expect(error?.message == "\(file.path):2 is longer than \(64 << 20) bytes")
    let index = try PairIndex(paths: [file.path], options: .init(skipBad: true))
    #expect(index.count == 2 && index.reports[0].skippedCount == 1)
    #expect(try index[1].prompt == .text("P2 é"))
    #expect(try index[1].source.line == 3)
  }

  @Test(arguments: [
    (String(repeating: "[", count: 10_000), "not JSON"),
    (
      "{\"a\": " + String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        + "}", "nested deeper"
    ),
    (#"{"prompt": "\ud800", "chosen": "C", "rejected": "R"}"#, "half of a surrogate pair"),
    (#"{"prompt": "P", "prompt": "Q", "chosen": "C", "rejected": "R"}"#, "the same key twice"),
    ("{\"prompt\": \"a\u{0}b\"}", "unescaped control character"),
    (#"{"prompt": NaN}"#, "unexpected character 'N'"),
  ])
  func refusesWhatIsNoRow(text: String, phrase: String) throws {
    let file = try TemporaryFile(" " + text)
    let message = try #require(file.failure())
    #expect(message.contains(phrase) || message.contains("array of rows is broken"))
    #expect(message.utf8.count < 300)
  }
}

@Suite struct ParquetTests {
  private static let path = Folders.package + "/Tests/Fixtures/Data/pairs.parquet"

  @Test func readsOrNamesTheMissingLibrary() {
    let outcome = Result { () throws(DataError) in try PairReader.read(path: Self.path) }
    switch outcome {
    case .success(let result):
      #expect(result.format == "trl-conversational")
      #expect(result.pairs.map(\.chosen.text) == ["C1 é", "C2", "C3"])
      #expect(result.pairs[1].weight == 0.5 && result.pairs[0].weight == nil)
    case .failure(let error):
      // Where the library is absent there is nothing more to try.
      #expect(error.identifier == "data-no-duckdb")
    }
  }
}
