import GRDB
import PenchantCore

/// Keeps what an annotator says, inside a transaction of the caller's.
struct Recorder {
  let round: Round
  let db: Database
  let annotator: Int64

  // MARK: - Judging

  func submit(_ judgement: Judgement) throws -> Receipt {
    if let receipt = try earlierReceipt(judgement) { return receipt }
    guard var task = try Assignment.named(judgement.taskID, db), task.annotator == annotator else {
      throw StudioError(.unknownTask)
    }
    try check(judgement, fits: task)
    switch task.state {
    case .open: break
    case .done, .skipped: throw StudioError(.taskClosed)
    case .expired: task = try revive(task)
    }
    let isSkip = judgement.verdict == .skip
    try Leases.setState(db, task.id, isSkip ? .skipped : .done)
    if isSkip, task.purpose == .vote { try Room.change(db, item: task.item, by: 1) }
    try count(isSkip, by: 1)
    let receipt = Receipt(
      progress: try Progress.of(annotator, db), undo: judgement.clientUUID)
    try insert(judgement, task, receipt)
    return receipt
  }

  /// The receipt of the same judgement, if it is here already.
  private func earlierReceipt(_ judgement: Judgement) throws -> Receipt? {
    let row = try db.row(
      """
      SELECT kind, events.annotator AS annotator, task, receipt
      FROM events JOIN assignments ON assignments.id = assignment WHERE uuid = ?
      """, [judgement.clientUUID])
    guard let row else { return nil }
    guard row["kind"] == "judgement", row["annotator"] == annotator,
      row["task"] == judgement.taskID, let progress = Progress(stored: row["receipt"])
    else { throw StudioError(.uuidReused) }
    return Receipt(progress: progress, undo: judgement.clientUUID)
  }

  /// A task that lay too long is as good as any, as long as the item has room.
  private func revive(_ task: Assignment) throws -> Assignment {
    let isTaken =
      try db.int(
        """
        SELECT 1 FROM assignments WHERE item = ? AND annotator = ? AND state <> 'expired'
          AND purpose <> 'repeat' LIMIT 1
        """, [task.item, annotator]) != nil
    switch task.purpose {
    case .vote:
      guard !isTaken, try Room.room(db, task.item) > 0 else {
        throw StudioError(.taskExpired)
      }
      try Leases.setState(db, task.id, .open)
      try Room.take(db, item: task.item, annotator: annotator)
    case .gold:
      guard !isTaken else { throw StudioError(.taskExpired) }
    case .again: break
    }
    return task
  }

  private func check(_ judgement: Judgement, fits task: Assignment) throws(StudioError) {
    let count = task.shown.count
    func wrong(_ key: String, _ expected: String) -> StudioError {
      StudioError(.malformedRequest(key: key, expected: expected))
    }
    if count == 2 {
      guard judgement.verdict != .ranked else {
        throw wrong("verdict", "left, right or one of the others: there are two answers")
      }
    } else {
      guard [.ranked, .bothBad, .skip].contains(judgement.verdict) else {
        throw wrong("verdict", "ranked, both_bad or skip: there are \(count) answers")
      }
    }
    if judgement.verdict == .ranked {
      guard let tiers = judgement.ranking, !tiers.contains([]),
        tiers.flatMap({ $0 }).sorted() == Array(0..<count)
      else { throw wrong("ranking", "tiers that hold every slot from 0 to \(count - 1) once") }
    } else if judgement.ranking != nil {
      throw wrong("ranking", "left out unless the verdict is ranked")
    }
    if let edit = judgement.edited {
      guard edit.slot < count else { throw wrong("edited.slot", "below \(count)") }
      guard edit.text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
        throw wrong("edited.text", "not empty")
      }
    }
  }

  private func count(_ isSkip: Bool, by difference: Int) throws {
    try db.run(
      "UPDATE annotators SET \(isSkip ? "skipped = skipped" : "done = done") + ? WHERE id = ?",
      [difference, annotator])
  }

  private func insert(_ judgement: Judgement, _ task: Assignment, _ receipt: Receipt) throws {
    let ranking = judgement.ranking.map { tiers in
      JSON.array(tiers.map { .array($0.map { .number(JSONNumber($0)) }) }).text()
    }
    try db.run(
      """
      INSERT INTO events(
        uuid, kind, assignment, item, annotator, purpose, round, shown, seed, verdict, ranking,
        ms_visible, comment, edited_slot, edited_text, guidelines, receipt, at)
      VALUES (?, 'judgement', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        judgement.clientUUID, task.id, task.item, annotator, task.purpose.rawValue, task.round,
        Assignment.text(task.shown), task.seed, judgement.verdict.rawValue, ranking,
        judgement.millisecondsVisible, judgement.comment, judgement.edited?.slot,
        judgement.edited?.text, round.guidelines, receipt.progress.json.text(), round.now(),
      ])
  }

  // MARK: - Taking back

  func undo(_ undo: Undo) throws -> Undone {
    if let task = try earlierUndo(undo) {
      return Undone(
        task: try task.judgingTask(db), progress: try Progress.of(annotator, db))
    }
    let row = try db.row(
      """
      SELECT id, assignment, verdict FROM events AS said
      WHERE uuid = ? AND kind = 'judgement' AND annotator = ?
        AND NOT EXISTS (SELECT 1 FROM events WHERE supersedes = said.id)
      """, [undo.judgement, annotator])
    guard let row else { throw StudioError(.unknownJudgement) }
    guard let task = try self.task(row["assignment"]) else {
      throw StudioError(.unknownJudgement)
    }
    let isSkip = task.state == .skipped
    if isSkip, task.purpose == .vote {
      // Somebody else may have taken what was skipped.
      guard try Room.room(db, task.item) > 0 else { throw StudioError(.taskExpired) }
      try Room.change(db, item: task.item, by: -1)
    }
    let now = round.now()
    try db.run(
      "UPDATE assignments SET state = 'open', touched_at = ?, expires_at = ? WHERE id = ?",
      [now, now + round.leaseMilliseconds, task.id])
    try count(isSkip, by: -1)
    let progress = try Progress.of(annotator, db)
    try db.run(
      """
      INSERT INTO events(
        uuid, kind, supersedes, assignment, item, annotator, purpose, round, shown, seed,
        guidelines, receipt, at)
      VALUES (?, 'undo', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        undo.clientUUID, row["id"] as Int64, task.id, task.item, annotator, task.purpose.rawValue,
        task.round, Assignment.text(task.shown), task.seed, round.guidelines,
        progress.json.text(), now,
      ])
    return Undone(task: try task.judgingTask(db), progress: progress)
  }

  /// The task of the same undo, if it is here already.
  private func earlierUndo(_ undo: Undo) throws -> Assignment? {
    let row = try db.row(
      """
      SELECT undo.kind AS kind, undo.annotator AS annotator, undo.assignment AS assignment,
        said.uuid AS judgement
      FROM events AS undo LEFT JOIN events AS said ON said.id = undo.supersedes
      WHERE undo.uuid = ?
      """, [undo.clientUUID])
    guard let row else { return nil }
    guard row["kind"] == "undo", row["annotator"] == annotator,
      row["judgement"] == undo.judgement
    else { throw StudioError(.uuidReused) }
    return try task(row["assignment"])
  }

  private func task(_ id: Int64) throws -> Assignment? {
    try db.row("SELECT \(Assignment.columns) FROM assignments WHERE id = ?", [id])
      .map(Assignment.init)
  }
}

extension Progress {
  /// As a receipt keeps it.
  init?(stored text: String) {
    guard let json = try? JSON.parse(text), let done = json["done"]?.int,
      let total = json["total"]?.int, let skipped = json["skipped"]?.int
    else { return nil }
    self.init(done: done, total: total, skipped: skipped)
  }
}
