import GRDB
import PenchantCore

/// Gives an annotator the next task, inside a transaction of the caller's.
struct Assigner {
  let round: Round
  let db: Database
  let annotator: Int64
  private let now: Int64

  init(_ round: Round, _ db: Database, annotator: Int64) {
    self.round = round
    self.db = db
    self.annotator = annotator
    now = round.now()
  }

  /// The annotator's open task, the one touched last if there are several, or a new one.
  func next() throws -> NextTask {
    if let open = try openTask() { return .task(try open.judgingTask(db)) }
    try Leases.release(db, now: now)
    guard let given = try special() ?? vote() else {
      return .nothing(try isWaiting() ? .waiting : .done)
    }
    return .task(try given.judgingTask(db))
  }

  /// Asking again keeps a task, also one that nobody took although it lay long.
  private func openTask() throws -> Assignment? {
    let row = try db.row(
      """
      SELECT \(Assignment.columns) FROM assignments
      WHERE annotator = ? AND state = 'open' ORDER BY touched_at DESC, id DESC LIMIT 1
      """, [annotator])
    guard let open = try row.map(Assignment.init) else { return nil }
    try db.run(
      "UPDATE assignments SET expires_at = ? WHERE id = ?",
      [now + round.leaseMilliseconds, open.id])
    return open
  }

  /// Whether what is with others may come to this annotator.
  private func isWaiting() throws -> Bool {
    try db.int(
      """
      SELECT 1 FROM assignments AS other WHERE state = 'open' AND purpose = 'vote' AND NOT EXISTS (
        SELECT 1 FROM assignments WHERE item = other.item AND annotator = ? AND state <> 'expired')
      LIMIT 1
      """, [annotator]) != nil
  }

  // MARK: - Votes

  /// An item that wants another judgement: one that others began first, so that doubles get done.
  private func vote() throws -> Assignment? {
    let item =
      try db.int(
        """
        SELECT id FROM items
        WHERE room > 0 AND first_annotator IS NOT NULL AND first_annotator <> ?1
          AND NOT EXISTS (
            SELECT 1 FROM assignments WHERE item = items.id AND annotator = ?1
              AND purpose <> 'repeat' AND state <> 'expired')
        ORDER BY place LIMIT 1
        """, [annotator])
      ?? db.int(
        """
        SELECT id FROM items WHERE room > 0 AND first_annotator IS NULL ORDER BY place LIMIT 1
        """)
    return try item.map { try give($0, .vote) }
  }

  // MARK: - Gold and repeats

  /// A gold question or a repeat, if it is time for one and there is one.
  private func special() throws -> Assignment? {
    let number = try assigned()
    let draw = round.key.share(["purpose", "\(annotator)", "\(number)"])
    if draw < round.rules.goldShare { return try gold() }
    if draw < round.rules.goldShare + round.rules.repeatShare { return try again(number) }
    return nil
  }

  private func assigned() throws -> Int64 {
    try db.int("SELECT assigned FROM annotators WHERE id = ?", [annotator]) ?? 0
  }

  private func gold() throws -> Assignment? {
    try db.int(
      """
      SELECT id FROM items WHERE gold IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM assignments
        WHERE item = items.id AND annotator = ? AND state <> 'expired')
      ORDER BY place LIMIT 1
      """, [annotator]
    ).map { try give($0, .gold) }
  }

  /// Tasks that must lie between a pair and its repeat.
  private static let repeatDistance: Int64 = 10

  /// An own earlier judgement that was not repeated yet, from a random place on.
  private func again(_ number: Int64) throws -> Assignment? {
    let last = number - Self.repeatDistance
    guard last >= 0 else { return nil }
    let start = Int64(
      round.key.share(["repeat", "\(annotator)", "\(number)"]) * Double(last + 1))
    func search(_ range: ClosedRange<Int64>) throws -> Row? {
      try db.row(
        """
        SELECT item, shown FROM assignments AS earlier
        WHERE annotator = ?1 AND number BETWEEN ?2 AND ?3 AND purpose = 'vote' AND state = 'done'
          AND NOT EXISTS (
            SELECT 1 FROM assignments
            WHERE item = earlier.item AND annotator = ?1 AND purpose = 'repeat')
        ORDER BY number LIMIT 1
        """, [annotator, range.lowerBound, range.upperBound])
    }
    guard let row = try search(start...last) ?? search(0...start) else { return nil }
    let shown = Assignment.numbers(row["shown"])
    return try give(row["item"], .again, shown: shown.reversed())
  }

  // MARK: - Handing out

  /// Lends an item to the annotator.
  /// - Parameter shown: the order to show the answers in; nil draws it.
  private func give(_ item: Int64, _ purpose: Purpose, shown: [Int]? = nil) throws -> Assignment {
    let facts = try db.row("SELECT assigned, balance FROM annotators WHERE id = ?", [annotator])
    let number: Int64 = facts?["assigned"] ?? 0
    let fingerprint = try db.text("SELECT fingerprint FROM items WHERE id = ?", [item]) ?? ""
    let answers = try db.int("SELECT COUNT(*) FROM answers WHERE item = ?", [item]) ?? 0
    let earlier =
      try db.int(
        "SELECT MAX(round) FROM assignments WHERE item = ? AND annotator = ?", [item, annotator])
      ?? 0
    let drawn = Sides(
      round.key, fingerprint: fingerprint, annotator: annotator, round: Int(earlier) + 1,
      answers: Int(answers), balance: facts?["balance"] ?? 0)
    let order = shown ?? drawn.shown
    let task = Secrets.random(16)
    try db.run(
      """
      INSERT INTO assignments(
        task, item, annotator, round, number, purpose, shown, seed, state,
        opened_at, touched_at, expires_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)
      """,
      [
        task, item, annotator, earlier + 1, number, purpose.rawValue, Assignment.text(order),
        drawn.seed, now, now, now + round.leaseMilliseconds,
      ])
    // A repeat's order is given: it says nothing about what the annotator sees by chance.
    try db.run(
      "UPDATE annotators SET assigned = assigned + 1, balance = balance + ? WHERE id = ?",
      [shown == nil ? drawn.balance : 0, annotator])
    if purpose == .vote { try Room.take(db, item: item, annotator: annotator) }
    guard let given = try Assignment.named(task, db) else {
      throw StudioError(.database(code: -1))
    }
    return given
  }
}
