import PenchantCore
import PenchantData

/// People whose judgements say more about how they were made than about the answers.
enum CarelessAnnotatorCheck {
  static let check = Check(
    "careless-annotators", .warn, "somebody judges without reading",
    measures:
      "`judgements` of a row as penchant label writes them: who preferred which answer, on which side it stood, how long it was visible",
    formula:
      "of each annotator with at least 20 judgements: left against right, two-sided sign test with Holm's correction over annotators; share of judgements made faster than 80 characters a second; chance of the longest run on one side among fair choices",
    threshold:
      "corrected p < 0.001, or more than 25 % too fast, or a run of chance below 0.001 divided by the number of annotators",
    why:
      "Sides are drawn by lot, so whoever reads takes both equally often; labels of one who does not are coin flips that look like preferences.",
    remedy:
      "Have their rows judged by somebody else, or drop them; gold questions show the same sooner.")

  private static let fewest = 20
  private static let significance = 0.001
  private static let mostFast = 0.25

  /// Everything one annotator said, in the order of the rows.
  private struct Person {
    let name: String
    var rows: [Int] = []
    var sides: [Int] = []
    var fast = 0
    var timed = 0

    var left: Int { sides.count { $0 > 0 } }
    var right: Int { sides.count { $0 < 0 } }
  }

  static func finding(_ rows: [RowJudgements], _ table: RowTable) -> Finding? {
    let people = people(rows, table.pairs).filter { $0.rows.count >= fewest }
    let sides = RaterMeasures.holm(
      people.map { $0.left + $0.right == 0 ? nil : Statistics.signTest($0.left, $0.right) })
    var (notes, listed) = ([String](), [Finding.Row]())
    for (index, person) in people.enumerated() {
      let reasons = reasons(person, sideP: sides[index] ?? 1, among: people.count)
      guard !reasons.isEmpty else { continue }
      notes.append("\(person.name): \(reasons.joined(separator: ", "))")
      listed += person.rows.map { Finding.Row($0, "judged by \(person.name)") }
    }
    guard !notes.isEmpty else { return nil }
    listed.sort { ($0.index, $0.note) < ($1.index, $1.note) }
    return Finding(
      check, count: Set(listed.map(\.index)).count, of: table.count,
      summary: "Of \(people.count) annotators \(notes.count): \(notes.joined(separator: "; ")).",
      figures: [.init("annotators", Double(people.count)), .init("careless", Double(notes.count))],
      rows: listed)
  }

  private static func reasons(_ person: Person, sideP: Double, among count: Int) -> [String] {
    var reasons: [String] = []
    if sideP < significance {
      reasons.append("\(person.left) times left and \(person.right) times right")
    }
    if person.timed >= fewest, Double(person.fast) > mostFast * Double(person.timed) {
      let share = Double(person.fast) / Double(person.timed)
      reasons.append("\(NumberText.percent(share)) faster than anybody reads")
    }
    let run = RaterMeasures.longestRun(person.sides.filter { $0 != 0 })
    if run.p < significance / Double(count), sideP >= significance {
      reasons.append("\(run.length) times one side in a row")
    }
    return reasons
  }

  private static func people(_ rows: [RowJudgements], _ pairs: [Pair]) -> [Person] {
    var people: [String: Person] = [:]
    for row in rows {
      let pair = pairs[row.row]
      let characters =
        pair.lastUserLength + pair.chosen.characterCount + (pair.rejected?.characterCount ?? 0)
      for judgement in row.judgements {
        var person = people[judgement.annotator] ?? Person(name: judgement.annotator)
        person.rows.append(row.row)
        person.sides.append(judgement.side)
        if let seconds = judgement.seconds {
          person.timed += 1
          if seconds * 1000 < RaterMeasures.floor(characters: characters) { person.fast += 1 }
        }
        people[judgement.annotator] = person
      }
    }
    return people.values.sorted { $0.name < $1.name }
  }
}

extension Pair {
  /// Code points of what the answers reply to: a text, or the last turn.
  fileprivate var lastUserLength: Int {
    switch prompt {
    case .text: prompt.characterCount
    case .messages(let turns): turns.last?.text.unicodeScalars.count ?? 0
    }
  }
}
