import GRDB

/// Tasks that are with somebody.
///
/// A task is lent, not locked: who goes away gives nothing back, so time does. A clock that was set back would
/// keep tasks for ever; one that lies in the future counts as expired too.
enum Leases {
  /// Milliseconds by which two readings of the clock may differ without meaning anything.
  private static let clockSlack: Int64 = 60_000

  /// Gives back what lay too long.
  static func release(_ db: Database, now: Int64) throws {
    let late = try db.rows(
      """
      SELECT id, item, annotator, purpose FROM assignments
      WHERE state = 'open' AND expires_at <= ?
      UNION ALL
      SELECT id, item, annotator, purpose FROM assignments
      WHERE state = 'open' AND expires_at > ? AND touched_at > ?
      """, [now, now, now + clockSlack])
    for row in late {
      let item: Int64 = row["item"]
      let annotator: Int64 = row["annotator"]
      switch row["purpose"] as String {
      case Purpose.vote.rawValue:
        try Room.release(db, assignment: row["id"], item: item, annotator: annotator)
      default: try setState(db, row["id"], .expired)
      }
    }
  }

  static func setState(_ db: Database, _ assignment: Int64, _ state: LeaseState) throws {
    try db.run("UPDATE assignments SET state = ? WHERE id = ?", [state.rawValue, assignment])
  }
}

/// What became of a task.
enum LeaseState: String {
  case open, done, skipped, expired
}

/// Why an annotator was given an item.
package enum Purpose: String, Sendable {
  /// Its judgement counts.
  case vote
  /// The right answer is known.
  case gold
  /// The annotator judged it before; the sides are changed.
  case again = "repeat"
}
