import GRDB
import PenchantCore
import Synchronization

extension Studio {
  /// Everything about the round, votes of named people included: for the host alone.
  ///
  /// Costs a pass over all judgements, outside the connection that judging uses; the same judgements are not
  /// gone through twice.
  package func results() async throws(StudioError) -> StudioResults {
    let bound = try await store.lastEvent()
    var results = try await figures(at: bound)
    // Links and progress change without a judgement.
    for person in try await people() {
      if let index = results.people.firstIndex(where: { $0.name == person.annotator.name }) {
        results.people[index].linkIsActive = person.linkIsActive
        results.people[index].progress = person.progress
      }
    }
    return results
  }

  private func figures(at bound: Int64) async throws(StudioError) -> StudioResults {
    let people = try await people()
    let count = try await store.read { try $0.int("SELECT COUNT(*) FROM items") ?? 0 }
    let key = ResultsKey(event: bound, people: people.count, items: count)
    if let known = lastResults.withLock({ $0 }), known.key == key { return known.results }
    let items = try await resultItems()
    let judgements = try await store.standing(at: bound)
    var results = ResultsBuilder(items: items, people: people, judgements: judgements).results()
    for rule in ExportRule.allCases {
      let report: ExportReport
      do { report = try await export(rule) { _ in } } catch {
        throw StudioError(error, path: store.path)
      }
      results.exports.append(
        .init(rule: rule, pairs: report.pairs, dropped: report.dropped))
    }
    lastResults.withLock { [results] in $0 = (key, results) }
    return results
  }

  /// All items, read in pieces so that nobody who judges has to wait for all of them.
  private func resultItems() async throws(StudioError) -> [Int64: ResultsBuilder.Item] {
    var items: [Int64: ResultsBuilder.Item] = [:]
    var cursor: Int64 = 0
    while true {
      let after = cursor
      let piece = try await store.read { db in
        try db.rows(
          """
          SELECT id, gold, characters,
            (SELECT COUNT(*) FROM answers WHERE item = items.id) AS answers
          FROM items WHERE id > ? ORDER BY id LIMIT 2000
          """, [after]
        ).map { row in
          (
            id: row["id"] as Int64,
            item: ResultsBuilder.Item(
              answers: row["answers"], characters: row["characters"], gold: row["gold"])
          )
        }
      }
      guard let last = piece.last else { return items }
      for (id, item) in piece { items[id] = item }
      cursor = last.id
    }
  }

  private func people() async throws(StudioError) -> [ResultsBuilder.Person] {
    try await store.read { db in
      try db.rows(
        """
        SELECT id, name, role, link_digest IS NOT NULL AND link_used = 0 AS active
        FROM annotators ORDER BY id
        """
      ).map { row in
        let annotator = Admissions.annotator(row)
        return ResultsBuilder.Person(
          annotator: annotator, linkIsActive: row["active"],
          progress: try Progress.of(annotator.id, db))
      }
    }
  }
}

/// What results depend on.
struct ResultsKey: Sendable, Equatable {
  let event: Int64
  let people: Int
  let items: Int64
}
