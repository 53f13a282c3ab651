import GRDB
import PenchantCore

/// A task as the store has it.
struct Assignment {
  let id: Int64
  let task: String
  let item: Int64
  let annotator: Int64
  let round: Int
  let purpose: Purpose
  /// Answer numbers in display order.
  let shown: [Int]
  let seed: String
  let state: LeaseState
  let openedAt: Int64

  static let columns =
    "id, task, item, annotator, round, purpose, shown, seed, state, opened_at"

  init(_ row: Row) throws {
    id = row["id"]
    task = row["task"]
    item = row["item"]
    annotator = row["annotator"]
    round = row["round"]
    seed = row["seed"]
    openedAt = row["opened_at"]
    guard let purpose = Purpose(rawValue: row["purpose"]),
      let state = LeaseState(rawValue: row["state"])
    else { throw StudioError(.database(code: -1)) }
    self.purpose = purpose
    self.state = state
    shown = Self.numbers(row["shown"])
  }

  /// A list of numbers as the store keeps it: `[1, 0]`.
  static func numbers(_ text: String) -> [Int] {
    (try? JSON.parse(text))?.array?.compactMap(\.int) ?? []
  }

  static func text(_ numbers: [Int]) -> String {
    JSON.array(numbers.map { .number(JSONNumber($0)) }).text()
  }

  /// The task of that name.
  static func named(_ task: String, _ db: Database) throws -> Assignment? {
    try db.row("SELECT \(columns) FROM assignments WHERE task = ?", [task]).map(Assignment.init)
  }

  /// The task as its annotator sees it.
  func judgingTask(_ db: Database) throws -> JudgingTask {
    let answers = try db.rows(
      "SELECT number, completion FROM answers WHERE item = ? ORDER BY number", [item])
    let texts = try answers.map { try StoredItem.completion($0["completion"]).shown }
    guard let row = try db.text("SELECT row FROM items WHERE id = ?", [item]),
      shown.count == texts.count, shown.allSatisfy(texts.indices.contains)
    else { throw StudioError(.database(code: -1)) }
    return JudgingTask(
      id: task, kind: shown.count == 2 ? .pair : .ranking,
      prompt: try StoredItem.promptTurns(row), answers: shown.map { texts[$0] },
      shownAt: openedAt)
  }
}
