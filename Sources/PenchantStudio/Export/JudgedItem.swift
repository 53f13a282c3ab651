import GRDB
import PenchantCore
import PenchantData

/// An item with everything that stands about it.
struct JudgedItem: Sendable {
  struct Answer: Sendable {
    let completion: Completion
    let details: JSONObject
  }

  /// Everything the data said but for the answers.
  let row: JSONObject
  let original: Int?
  let answers: [Answer]
  /// Votes alone, no skips, in order.
  let judgements: [StandingJudgement]

  /// The next items after `cursor` that somebody judged; at most `count`.
  static func page(
    _ db: Database, after cursor: Int64, count: Int, bound: Int64
  ) throws -> (items: [JudgedItem], last: Int64?) {
    let rows = try db.rows(
      """
      SELECT id, row, original FROM items WHERE id > :after AND gold IS NULL AND EXISTS (
        SELECT 1 FROM events WHERE item = items.id AND id <= :bound)
      ORDER BY id LIMIT :count
      """, ["after": cursor, "bound": bound, "count": count])
    let items = try rows.map { row in
      let id: Int64 = row["id"]
      let answers = try db.rows(
        "SELECT completion, details FROM answers WHERE item = ? ORDER BY number", [id])
      let said = try db.rows(
        """
        SELECT \(StandingJudgement.columns) FROM events
        WHERE item = :item AND id <= :bound AND purpose = 'vote' AND verdict <> 'skip'
          AND \(StandingJudgement.stands)
        ORDER BY id
        """, ["item": id, "bound": bound])
      return JudgedItem(
        row: try JSON.parse(row["row"] as String).object ?? JSONObject(),
        original: row["original"],
        answers: try answers.map {
          Answer(
            completion: try StoredItem.completion($0["completion"]),
            details: try JSON.parse($0["details"] as String).object ?? JSONObject())
        }, judgements: try said.map(StandingJudgement.init))
    }
    return (items, rows.last?["id"])
  }
}
