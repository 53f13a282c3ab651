import GRDB

extension Progress {
  /// How far an annotator is; all of it is kept up to date, nothing is counted but open tasks.
  static func of(_ annotator: Int64, _ db: Database) throws -> Progress {
    let row = try db.row(
      """
      SELECT done, skipped, open_touched,
        (SELECT CAST(value AS INTEGER) FROM facts WHERE name = 'open_items') AS open_items,
        (SELECT COUNT(*) FROM assignments WHERE annotator = ?1 AND state = 'open') AS tasks
      FROM annotators WHERE id = ?1
      """, [annotator])
    guard let row else { throw StudioError(.notAdmitted) }
    let (done, skipped): (Int, Int) = (row["done"], row["skipped"])
    let (open, touched, tasks): (Int, Int, Int) = (
      row["open_items"], row["open_touched"], row["tasks"]
    )
    return Progress(done: done, total: done + skipped + tasks + open - touched, skipped: skipped)
  }
}
