import GRDB
import PenchantCore
import PenchantData

/// Items on their way into the store and out of it.
enum StoredItem {
  /// Puts an item into the store unless it is there.
  /// - Returns: whether it was new.
  static func insert(_ item: StudioItem, _ db: Database, _ round: Round) throws -> Bool {
    let fingerprint = item.fingerprint
    let isDoubled = round.key.share(["overlap", fingerprint]) < round.rules.overlap
    let wanted = item.gold != nil ? 0 : isDoubled ? round.rules.votes : 1
    let gold: Int? =
      switch item.gold {
      case nil: nil
      case .answer(let number): number
      case .tie: -1
      }
    try db.run(
      """
      INSERT INTO items(
        fingerprint, place, gold, original, wanted, room, characters, row, file, line)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(fingerprint) DO NOTHING
      """,
      [
        fingerprint, Int64(round.key.bits(["place", fingerprint]) >> 1), gold, item.original,
        wanted, wanted, item.characters, JSON.object(item.row).text(), item.shared.source.file,
        item.shared.source.line,
      ])
    guard db.changesCount > 0 else { return false }
    let id = db.lastInsertedRowID
    for (number, answer) in item.answers.enumerated() {
      try db.run(
        "INSERT INTO answers(item, number, completion, details) VALUES (?, ?, ?, ?)",
        [id, number, answer.completion.json.text(), JSON.object(answer.details).text()])
    }
    if wanted > 0 {
      try db.run(
        "UPDATE facts SET value = CAST(value AS INTEGER) + 1 WHERE name = 'open_items'")
    }
    return true
  }

  /// An answer as it was put in.
  static func completion(_ text: String) throws -> Completion {
    try passage(JSON.parse(text))
  }

  private static func passage(_ json: JSON) throws -> Passage {
    if let text = json.string { return .text(text) }
    guard let turns = json.array else { throw StudioError(.database(code: -1)) }
    return .messages(
      try turns.map { turn in
        guard var extra = turn.object, let role = extra["role"]?.string else {
          throw StudioError(.database(code: -1))
        }
        let content = extra["content"]
        extra["role"] = nil
        extra["content"] = nil
        return Message(role: role, content: content, extra: extra)
      })
  }

  /// The prompt of a row, as a page shows it.
  static func promptTurns(_ row: String) throws -> [JudgingTask.Turn] {
    let json = try JSON.parse(row)
    guard let prompt = json["prompt"] else { throw StudioError(.database(code: -1)) }
    return try passage(prompt).turns(system: json["system"]?.string)
  }
}
