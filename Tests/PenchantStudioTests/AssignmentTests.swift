import Foundation
import GRDB
import PenchantCore
import PenchantStudio
import Testing

@Suite("Assignment") struct AssignmentTests {
  /// Everything that must hold of a store whatever happened, by brute force.
  private func check(_ studio: Studio, _ people: [Annotator], _ rules: RoundRules) async throws {
    // Judgements that stand plus tasks under way never exceed what an item wants.
    let over = try await studio.peek(
      """
      SELECT COUNT(*) FROM items WHERE wanted < (
        SELECT COUNT(*) FROM assignments
        WHERE item = items.id AND purpose = 'vote' AND state IN ('open', 'done'))
      """)
    #expect(over == 0, "over-collected")
    let wrongRoom = try await studio.peek(
      """
      SELECT COUNT(*) FROM items WHERE room <> wanted - (
        SELECT COUNT(*) FROM assignments
        WHERE item = items.id AND purpose = 'vote' AND state IN ('open', 'done'))
      """)
    #expect(wrongRoom == 0, "room is not what is left")
    let twice = try await studio.peek(
      """
      SELECT COUNT(*) FROM (
        SELECT 1 FROM assignments WHERE purpose = 'vote' AND state <> 'expired'
        GROUP BY item, annotator HAVING COUNT(*) > 1)
      """)
    #expect(twice == 0, "one annotator twice on an item")
    // The events say the same as the states of the tasks.
    let standing = try await studio.peek(
      """
      SELECT COUNT(*) FROM events WHERE kind = 'judgement' AND verdict <> 'skip'
        AND id NOT IN (SELECT supersedes FROM events WHERE supersedes IS NOT NULL)
      """)
    let done = try await studio.peek("SELECT COUNT(*) FROM assignments WHERE state = 'done'")
    #expect(standing == done)
    for person in people {
      let progress = try await studio.session(for: person).progress
      let left = try await studio.peek(
        """
        SELECT COUNT(*) FROM items WHERE room > 0 AND NOT EXISTS (
          SELECT 1 FROM assignments WHERE item = items.id AND annotator = \(person.id)
            AND purpose = 'vote' AND state <> 'expired')
        """)
      func tasks(_ state: String) async throws -> Int {
        Int(
          try await studio.peek(
            """
            SELECT COUNT(*) FROM assignments WHERE annotator = \(person.id) AND state = '\(state)'
            """))
      }
      let (done, skipped) = (try await tasks("done"), try await tasks("skipped"))
      let open = try await tasks("open")
      #expect(
        progress
          == PenchantStudio.Progress(
            done: done, total: done + skipped + open + Int(left), skipped: skipped))
    }
  }

  @Test(
    "whatever annotators do in whatever order, nothing is judged too often or twice",
    arguments: 0..<6 as Range<UInt64>)
  func anything(seed: UInt64) async throws {
    var random = Philox(seed: seed, stream: .synthetic).generator()
    let rules = RoundRules(
      votes: 2 + Int(seed % 2), overlap: [0, 0.3, 1][Int(seed % 3)], goldShare: 0.1,
      repeatShare: 0.15)
    let folder = Folder()
    let clock = Clock()
    var items = try Made.pairs(14) + [Made.ranking(90, answers: 3), Made.ranking(91, answers: 5)]
    for number in 50..<54 {
      var gold = try Made.pair(number)
      gold.gold = .answer(0)
      items.append(gold)
    }
    let (studio, people) = try await Made.studio(
      folder, items: items, people: 4, rules: rules, clock: clock)
    var tasks = [Int64: [JudgingTask]]()
    var said = [Int64: [String]]()
    for step in 0..<260 {
      let person = people[random.nextInt(below: people.count)]
      switch random.nextInt(below: 20) {
      case 0: clock.advance(seconds: 1000)
      case 1: clock.advance(seconds: Int64(random.nextInt(below: 600)) - 100)
      case 2, 3:
        guard let uuid = said[person.id]?.randomElement(using: &random) else { continue }
        if let undone = try? await studio.undo(
          Undo(clientUUID: UUID().uuidString, judgement: uuid), for: person)
        {
          tasks[person.id, default: []].append(undone.task)
          said[person.id]?.removeAll { $0 == uuid }
        }
      case 4:
        // An old task, closed, lent to somebody else, or still good.
        guard let task = tasks[person.id]?.randomElement(using: &random) else { continue }
        let judgement = Made.judgement(task, .tie)
        if (try? await studio.submit(judgement, for: person)) != nil {
          said[person.id, default: []].append(judgement.clientUUID)
        }
      default:
        guard case .task(let task) = try await studio.next(for: person) else { continue }
        tasks[person.id, default: []].append(task)
        guard random.nextInt(below: 4) > 0 else { continue }
        let verdict: Verdict = [.left, .right, .tie, .bothBad, .skip][random.nextInt(below: 5)]
        let judgement = Made.judgement(task, verdict)
        _ = try await studio.submit(judgement, for: person)
        said[person.id, default: []].append(judgement.clientUUID)
      }
      if step % 20 == 0 { try await check(studio, people, rules) }
    }
    try await check(studio, people, rules)
    // Everybody works to the end: every item then has what it wants, or was skipped.
    for person in people {
      while case .task(let task) = try await studio.next(for: person) {
        _ = try await studio.submit(Made.judgement(task), for: person)
      }
    }
    try await check(studio, people, rules)
    let open = try await studio.peek(
      """
      SELECT COUNT(*) FROM items WHERE room > 0 AND (
        SELECT COUNT(DISTINCT annotator) FROM assignments
        WHERE item = items.id AND purpose = 'vote' AND state IN ('done', 'skipped')) < 4
      """)
    #expect(open == 0, "an item was left although somebody could have judged it")
  }

  @Test("each annotator sees both orders equally often, to within two, and not by a pattern")
  func sides() async throws {
    let folder = Folder()
    let rules = RoundRules(votes: 3, overlap: 1, goldShare: 0, repeatShare: 0)
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(60), people: 3, rules: rules)
    var orders: [String] = []
    for person in people {
      var order = ""
      var balance = 0
      while case .task(let task) = try await studio.next(for: person) {
        let isDataOrder = task.answers[0].hasPrefix("Good")
        order += isDataOrder ? "1" : "0"
        balance += isDataOrder ? 1 : -1
        #expect(abs(balance) <= 2)
        _ = try await studio.submit(Made.judgement(task), for: person)
      }
      #expect(order.count == 60)
      orders.append(order)
    }
    #expect(Set(orders).count == 3)
    // In strict alternation nothing would be random; here runs of two occur.
    #expect(orders.allSatisfy { $0.contains("11") && $0.contains("00") })
    // What was stored as shown is what was shown.
    let wrong = try await studio.peek(
      "SELECT COUNT(*) FROM events WHERE shown NOT IN ('[0, 1]', '[1, 0]')")
    #expect(wrong == 0)
  }

  @Test("the keyed bit is fair, and differs between annotators, rounds and stores") func keyed() {
    let key = DigestKey(Array(repeating: 7, count: 32))
    var first = 0
    var changed = 0
    for number in 0..<2000 {
      let one = Sides(
        key, fingerprint: "\(number)", annotator: 1, round: 1, answers: 2, balance: 0)
      let other = Sides(
        key, fingerprint: "\(number)", annotator: 2, round: 1, answers: 2, balance: 0)
      first += one.shown == [0, 1] ? 1 : 0
      changed += one.shown == other.shown ? 0 : 1
    }
    // Four standard deviations of 2000 fair coins are 89.
    #expect(abs(first - 1000) < 90)
    #expect(abs(changed - 1000) < 90)
    let ranking = Sides(key, fingerprint: "x", annotator: 1, round: 1, answers: 6, balance: 9)
    #expect(ranking.shown.sorted() == Array(0..<6))
    #expect(ranking.balance == 0)
  }

  @Test("a repeat shows an own earlier pair with its sides changed, ten tasks later or more")
  func repeats() async throws {
    let folder = Folder()
    let rules = RoundRules(votes: 1, overlap: 0, goldShare: 0, repeatShare: 0.3)
    let (studio, people) = try await Made.studio(
      folder, items: try Made.pairs(80), people: 1, rules: rules)
    var seen: [String: (place: Int, answers: [String])] = [:]
    var repeats = 0
    var place = 0
    while case .task(let task) = try await studio.next(for: people[0]) {
      let question = task.prompt[0].content
      if let before = seen[question] {
        repeats += 1
        #expect(task.answers == before.answers.reversed())
        #expect(place - before.place >= 10)
      } else {
        seen[question] = (place, task.answers)
      }
      place += 1
      _ = try await studio.submit(Made.judgement(task, .left), for: people[0])
    }
    #expect(seen.count == 80)
    #expect(repeats > 10)
    // Always "left": of a repeat that is the other answer.
    let person = try #require(try await studio.results().people.first)
    #expect(person.selfConsistency == .init(right: 0, count: repeats))
  }

  @Test("gold questions come to everybody, and are no votes") func gold() async throws {
    let folder = Folder()
    var items = try Made.pairs(40)
    for number in 60..<64 {
      var gold = try Made.pair(number)
      gold.gold = number == 63 ? .tie : .answer(0)
      items.append(gold)
    }
    let rules = RoundRules(votes: 2, overlap: 1, goldShare: 0.5, repeatShare: 0)
    let (studio, people) = try await Made.studio(folder, items: items, people: 2, rules: rules)
    for person in people {
      while case .task(let task) = try await studio.next(for: person) {
        let verdict: Verdict = task.answers[0].hasPrefix("Good") ? .left : .right
        _ = try await studio.submit(Made.judgement(task, verdict), for: person)
      }
    }
    let results = try await studio.results()
    #expect(results.items == 40)
    #expect(results.goldItems == 4)
    for person in results.people { #expect(person.gold == .init(right: 3, count: 4)) }
    #expect(results.agreement.items == 40)
    #expect(results.exports.allSatisfy { $0.pairs == 40 })
  }

  @Test("the share of doubled items is what was asked for") func overlap() async throws {
    let folder = Folder()
    let rules = RoundRules(votes: 3, overlap: 0.2, goldShare: 0, repeatShare: 0)
    let (studio, _) = try await Made.studio(
      folder, items: try Made.pairs(1000), people: 0, rules: rules)
    let doubled = try await studio.peek("SELECT COUNT(*) FROM items WHERE wanted = 3")
    // Four standard deviations of 1000 draws at 0.2 are 51.
    #expect(abs(doubled - 200) <= 51)
    #expect(try await studio.peek("SELECT COUNT(*) FROM items WHERE wanted = 1") == 1000 - doubled)
  }
}
