import GRDB

/// Keeps account of how many judgements each item still wants, and of what that leaves to whom.
///
/// `items.room` never falls below zero (the schema refuses it): that is what keeps an item from being judged
/// more often than wanted. `open_items` and `annotators.open_touched` follow it, so that progress costs no counting.
enum Room {
  /// An annotator was given an item for a vote.
  static func take(_ db: Database, item: Int64, annotator: Int64) throws {
    // Before the change the item has room: else it would not have been given out.
    try db.run(
      "UPDATE annotators SET open_touched = open_touched + 1 WHERE id = ?", [annotator])
    try change(db, item: item, by: -1)
    try db.run(
      "UPDATE items SET first_annotator = ? WHERE id = ? AND first_annotator IS NULL",
      [annotator, item])
  }

  /// A task lay too long: the annotator has the item no longer, as if it had never been given out.
  static func release(
    _ db: Database, assignment: Int64, item: Int64, annotator: Int64
  ) throws {
    if try room(db, item) > 0 {
      try db.run(
        "UPDATE annotators SET open_touched = open_touched - 1 WHERE id = ?", [annotator])
    }
    try Leases.setState(db, assignment, .expired)
    try change(db, item: item, by: 1)
    try db.run(
      """
      UPDATE items SET first_annotator = (
        SELECT annotator FROM assignments
        WHERE item = ?1 AND purpose = 'vote' AND state <> 'expired' ORDER BY id LIMIT 1)
      WHERE id = ?1
      """, [item])
  }

  /// The judgements that an item still wants.
  static func room(_ db: Database, _ item: Int64) throws -> Int64 {
    try db.int("SELECT room FROM items WHERE id = ?", [item]) ?? 0
  }

  /// Changes the room of an item whose annotators stay the same.
  static func change(_ db: Database, item: Int64, by difference: Int64) throws {
    let before = try room(db, item)
    let after = before + difference
    try db.run("UPDATE items SET room = ? WHERE id = ?", [after, item])
    guard (before > 0) != (after > 0) else { return }
    let sign = after > 0 ? 1 : -1
    try db.run(
      "UPDATE facts SET value = CAST(value AS INTEGER) + ? WHERE name = 'open_items'", [sign])
    try db.run(
      """
      UPDATE annotators SET open_touched = open_touched + ?1 WHERE id IN (
        SELECT annotator FROM assignments
        WHERE item = ?2 AND purpose = 'vote' AND state <> 'expired')
      """, [sign, item])
  }
}
