import Foundation
import GRDB
import PenchantCore
import PenchantData
import PenchantStudio
import Synchronization
import Testing

@Suite("Export") struct ExportTests {
  private func lines(_ studio: Studio, _ rule: ExportRule) async throws -> [JSON] {
    let text = Mutex("")
    _ = try await studio.export(rule) { piece in text.withLock { $0 += piece } }
    return try text.withLock { $0 }.split(separator: "\n").map { try JSON.parse(String($0)) }
  }

  /// Everybody judges everything as `verdict` says of (item's question, annotator's name).
  private func judge(
    _ studio: Studio, _ people: [Annotator],
    _ prefersGood: (String, String) -> Int?
  ) async throws {
    for person in people {
      while case .task(let task) = try await studio.next(for: person) {
        let isGoodLeft = task.answers[0].hasPrefix("Good")
        let verdict: Verdict =
          switch prefersGood(task.prompt.last?.content ?? "", person.name) {
          case nil: .bothBad
          case 0?: .tie
          case let strength?: (strength > 0) == isGoodLeft ? .left : .right
          }
        _ = try await studio.submit(Made.judgement(task, verdict), for: person)
      }
    }
  }

  static let triple = RoundRules(votes: 3, overlap: 1, goldShare: 0, repeatShare: 0)

  @Test(
    "the rules decide as they say",
    arguments: [
      (
        VoteCount(first: 2, second: 1), Decision.prefers(0, confidence: nil), Decision.nothing,
        2.0 / 3
      ),
      (
        VoteCount(first: 0, second: 3), .prefers(1, confidence: nil), .prefers(1, confidence: nil),
        1
      ),
      (VoteCount(first: 1, second: 1, ties: 1), .tie, .nothing, nil),
      (VoteCount(first: 2, ties: 1), .prefers(0, confidence: nil), .nothing, 2.5 / 3),
      (VoteCount(first: 1, ties: 2), .tie, .nothing, nil),
      (VoteCount(first: 1, bothBad: 2), .tie, .nothing, nil),
      (VoteCount(ties: 2), .tie, .nothing, nil),
      (VoteCount(), .nothing, .nothing, -1),
    ] as [(VoteCount, Decision, Decision, Double?)])
  func rules(votes: VoteCount, majority: Decision, unanimous: Decision, soft: Double?) {
    #expect(ExportRule.majority.decide(votes) == majority)
    #expect(ExportRule.unanimous.decide(votes) == unanimous)
    switch ExportRule.soft.decide(votes) {
    case .prefers(let side, let confidence):
      #expect(side == (votes.first > votes.second ? 0 : 1))
      #expect(confidence == soft)
    case .tie: #expect(soft == nil)
    case .nothing: #expect(soft == -1)
    }
  }

  @Test("pairs come out as people judged them, with votes and judgements, and read in again")
  func pairs() async throws {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(4), people: 3, rules: Self.triple)
    // 1: all for the good one. 2: two for the poor one. 3: one each, one tie. 4: both bad.
    try await judge(studio, people) { question, name in
      switch question {
      case "Question 1?": 1
      case "Question 2?": name == "a1" ? 1 : -1
      case "Question 3?": ["a1": 1, "a2": -1, "a3": 0][name] ?? 0
      default: nil
      }
    }
    let rows = try await lines(studio, .majority)
    #expect(rows.map { $0["id"]?.string } == ["row-1", "row-2", "row-3", "row-4"])
    #expect(rows[0]["chosen"] == "Good answer 1")
    #expect(rows[0]["votes"] == ["w": 3, "l": 0, "t": 0, "bb": 0])
    #expect(rows[0]["label_before"] == "chosen")
    #expect(rows[1]["chosen"] == "Poor answer 2")
    #expect(rows[1]["votes"] == ["w": 2, "l": 1, "t": 0, "bb": 0])
    #expect(rows[1]["label_before"] == "rejected")
    #expect(
      rows[1]["judgements"]?.array?.compactMap { $0["preferred"]?.string } == [
        "rejected", "chosen", "chosen",
      ])
    #expect(rows[2]["tie"] == true)
    #expect(rows[3]["tie"] == true)
    #expect(rows[3]["votes"] == ["w": 0, "l": 0, "t": 0, "bb": 3])
    #expect(try await lines(studio, .unanimous).map { $0["id"]?.string } == ["row-1"])
    let soft = try await lines(studio, .soft)
    #expect(soft[1]["confidence"]?.double == 2.0 / 3)

    let path = folder.path + "/pairs.jsonl"
    try AtomicFile.write(path: path, text: rows.map { $0.text() + "\n" }.joined())
    let read = try PairReader.read(path: path)
    #expect(read.pairs.map(\.isTie) == [false, false, true, true])
    #expect(read.pairs[1].chosen == .text("Poor answer 2"))
    #expect(read.pairs[0].extra["judgements"]?.array?.count == 3)
    // The same judgements give the same bytes.
    #expect(try await lines(studio, .majority) == rows)
  }

  @Test(
    "what the data said of one side follows its answer; what it said of its label is not repeated")
  func sides() async throws {
    let folder = Folder()
    let row = """
      {"id":"x","system":"Be brief","prompt":"Q?","chosen":"Good one","rejected":"Poor one",\
      "score_chosen":5,"rejected_model":"small","chosen-model":"large","margin":2,"votes":{"w":3,"l":0},\
      "weight":0.5,"topic":"sums"}
      """
    try AtomicFile.write(path: folder.path + "/in.jsonl", text: row + "\n")
    let pair = try #require(try PairReader.read(path: folder.path + "/in.jsonl").pairs.first)
    let (studio, people) = try await Made.studio(
      folder, items: [try StudioItem(pair)], people: 1, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    // Nothing of it reaches whoever judges.
    #expect(task.prompt.map(\.content) == ["Be brief", "Q?"])
    let shown = task.json.text()
    for hidden in ["large", "small", "score", "sums"] { #expect(!shown.contains(hidden)) }
    let verdict: Verdict = task.answers[0] == "Poor one" ? .leftMuch : .rightMuch
    _ = try await studio.submit(Made.judgement(task, verdict), for: people[0])
    let out = try #require(try await lines(studio, .majority).first)
    #expect(out["chosen"] == "Poor one")
    #expect(out["score_rejected"] == 5)
    #expect(out["chosen_model"] == "small")
    #expect(out["rejected-model"] == "large")
    #expect(out["margin"] == nil)
    #expect(out["weight"]?.double == 0.5)
    #expect(out["topic"] == "sums")
    #expect(out["system"] == "Be brief")
    #expect(out["votes"] == ["w": 1, "l": 0, "t": 0, "bb": 0])
    #expect(out["judgements"]?.array?.first?["strength"] == 2)
  }

  @Test("an edited answer becomes a pair of its own, preferred to what it was made of") func edits()
    async throws
  {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(1), people: 1, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    var judgement = Made.judgement(task, .left)
    judgement.edited = .init(slot: 1, text: "Better than both")
    judgement.comment = "the right one nearly had it"
    _ = try await studio.submit(judgement, for: people[0])
    let rows = try await lines(studio, .majority)
    #expect(rows.count == 2)
    #expect(rows[0]["chosen"]?.string == task.answers[0])
    #expect(
      rows[0]["judgements"]?.array?.first?["comment"] == "the right one nearly had it")
    #expect(rows[1]["chosen"] == "Better than both")
    #expect(rows[1]["rejected"]?.string == task.answers[1])
    #expect(rows[1]["source"] == "human-edit")
    #expect(rows[1]["id"] == "row-1/edit-1")
  }

  @Test("an order of k answers becomes pairs that weigh 1/(k − 1) each") func rankings()
    async throws
  {
    let folder = Folder()
    let (studio, people) = try await Made.studio(
      folder, items: [Made.ranking(1, answers: 3)], people: 1, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    var judgement = Made.judgement(task)
    // The answers' own numbers, best first: 2, then 0 and 1 together.
    func slot(_ answer: Int) throws -> Int {
      try #require(task.answers.firstIndex(of: "answer \(answer)"))
    }
    judgement.ranking = [[try slot(2)], [try slot(0), try slot(1)]]
    _ = try await studio.submit(judgement, for: people[0])
    let rows = try await lines(studio, .majority)
    #expect(rows.map { $0["id"]?.string } == ["list-1/1", "list-1/2"])
    #expect(rows.map { $0["chosen"]?.string } == ["answer 2", "answer 2"])
    #expect(rows.map { $0["rejected"]?.string } == ["answer 0", "answer 1"])
    #expect(rows.allSatisfy { $0["weight"]?.double == 0.5 })
  }

  @Test("a circle of majorities is opened at its weakest place") func circle() {
    let circle: [RankedPairs.Majority] = [
      .init(winner: 0, loser: 1, margin: 5), .init(winner: 1, loser: 2, margin: 3),
      .init(winner: 2, loser: 0, margin: 1),
    ]
    #expect(RankedPairs.locked(circle, answers: 3) == Array(circle.prefix(2)))
    #expect(RankedPairs.locked([], answers: 3) == [])
  }

  @Test("conversations come out as conversations") func turns() async throws {
    let folder = Folder()
    let prompt: [Message] = [
      Message(role: "system", content: "S"), Message(role: "user", content: "U"),
    ]
    let pair = Pair(
      id: "c", prompt: .messages(prompt),
      chosen: .messages([Message(role: "assistant", content: "Good")]),
      rejected: .messages([Message(role: "assistant", content: "Poor")]),
      source: RowLocation(file: "f", row: 1, line: 1))
    let (studio, people) = try await Made.studio(
      folder, items: [try StudioItem(pair)], people: 1, rules: Made.plain)
    let task = try await studio.task(for: people[0])
    #expect(task.prompt.map(\.role) == ["system", "user"])
    #expect(Set(task.answers) == ["Good", "Poor"])
    _ = try await studio.submit(
      Made.judgement(task, task.answers[0] == "Good" ? .left : .right), for: people[0])
    let path = folder.path + "/pairs.jsonl"
    let text = try await lines(studio, .majority).map { $0.text() + "\n" }.joined()
    try AtomicFile.write(path: path, text: text)
    let read = try PairReader.read(path: path)
    #expect(read.format == "trl-conversational")
    #expect(read.pairs.first?.prompt == pair.prompt)
    #expect(read.pairs.first?.chosen == pair.chosen)
  }
}
