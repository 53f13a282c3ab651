import PenchantCore
import PenchantData
import Testing

/// Converts the rows of a text and gives back what was written.
private final class Conversion {
  let path: String
  let report: PairConverter.Report

  init(_ rows: String, to format: String, name: String = "out.jsonl") throws {
    let file = try TemporaryFile(rows)
    path = file.path + "." + name
    let converter = try PairConverter(format: format, path: path, overwrite: false)
    for pair in try file.read().pairs { try converter.write(pair) }
    try converter.commit()
    report = converter.report
  }

  deinit {
    try? FileSystem.removeTree(path)
    try? FileSystem.removeTree(path + ".sidecar.jsonl")
  }

  var rows: String {
    get throws { String(decoding: try FileSystem.read(path), as: UTF8.self) }
  }

  var sidecar: [String] {
    get throws {
      try String(decoding: FileSystem.read(path + ".sidecar.jsonl"), as: UTF8.self)
        .split(separator: "\n").map(String.init)
    }
  }
}

@Suite struct PairConverterTests {
  /// Every shape written in its own format says the same again.
  @Test(arguments: Shape.all)
  func aShapeWrittenAsItselfReadsBackTheSame(shape: Shape) throws {
    // Two bad answers of one battle have no place in a format of battles.
    guard !shape.row.contains("bothbad") else { return }
    let before = try TemporaryFile(shape.row).read().pairs
    let conversion = try Conversion(shape.row, to: shape.format)
    let after = try PairReader.read(path: conversion.path)
    let written = try conversion.rows
    #expect(after.format == shape.format)
    #expect(after.pairs.map(comparable) == before.map(comparable), "\(written)")
  }

  @Test func whatWasKeptBesideComesBack() throws {
    let rows = [
      #"{"id": "a", "prompt": "P", "chosen": "C", "rejected": "R", "weight": 2.5, "source": "x"}"#,
      #"{"id": "2", "prompt": "P", "chosen": "D", "rejected": "R"}"#,
      #"{"id": "t", "prompt": "P", "chosen": "C", "rejected": "R", "tie": true}"#,
      #"{"id": "4", "prompt": "P", "chosen": "E", "rejected": "R", "confidence": 0.75}"#,
    ].joined(separator: "\n")
    let before = try TemporaryFile(rows).read().pairs
    let conversion = try Conversion(rows, to: "openai")
    let sidecar = try PairSidecar(of: conversion.path)
    var after: [Pair] = []
    for pair in try PairReader.read(path: conversion.path).pairs {
      after.append(try sidecar.join(pair))
    }
    try sidecar.finish { pair throws(DataError) in after.append(pair) }
    #expect(sidecar.joined == 2 && sidecar.added == 1)
    #expect(after.map(\.id) == ["a", "2", "4", "t"])
    #expect(after.map(\.weight) == [2.5, nil, nil, nil])
    #expect(after.map(\.confidence) == [nil, nil, 0.75, nil])
    #expect(after.map(\.isTie) == [false, false, false, true])
    #expect(after[0].extra["source"] == "x")
    #expect(after.map(\.chosen.text) == ["C", "D", "E", "C"])
    #expect(before.count == after.count)
  }

  /// What a pair says, without how its tool counted and named votes.
  private func comparable(_ pair: Pair) -> Pair {
    var pair = pair
    pair.source = anywhere
    for key in [
      "annotations", "responses", "winner", "ranking.responses", "ranking.responses.status",
    ] { pair.extra[key] = nil }
    for key in [RankedAnswers.chosenDetails, RankedAnswers.rejectedDetails] {
      if pair.extra[key]?["field"] != nil { pair.extra[key] = nil }
    }
    pair.extra = pair.extra.sorted
    return pair
  }

  private static let turns = #"""
    {"id": "a", "prompt": [{"role": "user", "content": "Q"}], "chosen": [{"role": "assistant", "content": "C"}], "rejected": [{"role": "assistant", "content": "R"}]}
    """#

  /// A question and two answers go through every format of pairs and come back.
  @Test(
    arguments: PairFormats.writable.filter { name in
      ![
        "trl-unpaired", "alpaca-kto", "sharegpt-kto", "messages-kto", "messages", "sharegpt-chat",
        "prompt-completion",
      ]
      .contains(name)
    })
  func oneTurnGoesThroughEveryFormatOfPairs(format: String) throws {
    let conversion = try Conversion(Self.turns, to: format)
    #expect(conversion.report.rows == 1 && conversion.report.unwritable.isEmpty)
    let back = try PairReader.read(path: conversion.path)
    #expect(back.format == format)
    let pair = try #require(back.pairs.first)
    #expect(pair.prompt.text.hasSuffix("Q") || pair.prompt.text.contains("Human: Q"))
    #expect(pair.chosen.text.hasSuffix("C") && pair.rejected?.text.hasSuffix("R") == true)
    // And again as TRL's messages or texts.
    let name = if case .text = pair.prompt { "trl-standard" } else { "trl-conversational" }
    let again = try Conversion(try conversion.rows, to: name)
    #expect(again.report.rows == 1)
  }

  @Test func aPairBecomesTwoLabelledAnswers() throws {
    let conversion = try Conversion(
      #"{"prompt": "Q", "chosen": "C", "rejected": "R"}"#, to: "trl-unpaired")
    #expect(conversion.report.splitPairs == 1 && conversion.report.rows == 2)
    #expect(
      try conversion.rows == """
        {"prompt": "Q", "completion": "C", "label": true, "id": "1+"}
        {"prompt": "Q", "completion": "R", "label": false, "id": "1-"}

        """)
  }

  @Test func tiesGoToTheSidecarAsRowsOfOurOwn() throws {
    let tie = #"{"id": "t", "prompt": "Q", "chosen": "C", "rejected": "R", "tie": true}"#
    let sharegpt = try Conversion(tie, to: "sharegpt")
    #expect(sharegpt.report.rows == 0 && sharegpt.report.unwritable == [.tie: 1])
    #expect(
      try sharegpt.sidecar == [
        #"{"id": "t", "prompt": "Q", "chosen": "C", "rejected": "R", "tie": true}"#
      ])
    let back = try PairReader.read(path: sharegpt.path + ".sidecar.jsonl")
    #expect(back.pairs[0].isTie)
  }

  @Test func strictFormatsKeepTheirRowsClean() throws {
    let conversion = try Conversion(
      #"{"id": "x", "prompt": "Q", "chosen": "C", "rejected": "R", "weight": 2, "rationale": "shorter"}"#,
      to: "openai")
    #expect(
      try conversion.rows
        == #"{"input": {"messages": [{"role": "user", "content": "Q"}]}, "preferred_output": [{"role": "assistant", "content": "C"}], "non_preferred_output": [{"role": "assistant", "content": "R"}]}"#
        + "\n")
    #expect(
      try conversion.sidecar == [#"{"row": 1, "id": "x", "weight": 2, "rationale": "shorter"}"#])
    #expect(conversion.report.apart == ["id": 1, "weight": 1, "rationale": 1])
    #expect(conversion.report.changedKind == 1)
  }

  @Test func openFormatsCarryWhatTheyHaveNoNameFor() throws {
    let conversion = try Conversion(
      #"{"prompt": "Q", "chosen": "C", "rejected": "R", "weight": 2}"#, to: "alpaca")
    #expect(conversion.report.beside == ["weight": 1])
    #expect(try PairReader.read(path: conversion.path).pairs[0].weight == 2)
  }

  @Test func anArrayIsWrittenWhereTheNameSaysSo() throws {
    let conversion = try Conversion(
      Self.turns + "\n" + Self.turns, to: "sharegpt", name: "out.json")
    let value = try FileSystem.readJSON(conversion.path)
    #expect(value.array?.count == 2)
  }

  @Test func severalTurnsHaveNoPlaceInTexts() throws {
    let row = #"""
      {"prompt": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}, {"role": "user", "content": "Q2"}], "chosen": [{"role": "assistant", "content": "C"}], "rejected": [{"role": "assistant", "content": "R"}]}
      """#
    #expect(try Conversion(row, to: "trl-standard").report.unwritable == [.turns: 1])
    let hh = try Conversion(row, to: "hh")
    #expect(
      try PairReader.read(path: hh.path).pairs[0].prompt.text
        == "\n\nHuman: Q\n\nAssistant: A\n\nHuman: Q2\n\nAssistant:")
    #expect(try Conversion(row, to: "alpaca").report.rows == 1)
  }

  @Test func stepwiseIsNotWritten() {
    #expect(throws: DataError.self) {
      try PairConverter(format: "trl-stepwise", path: "/nowhere/x", overwrite: false)
    }
  }
}

extension JSONObject {
  /// The same members in the order of their keys, at every depth.
  fileprivate var sorted: JSONObject { JSON.object(self).sortedByKey.object ?? self }
}
