import GRDB
import PenchantCore

extension Studio {
  /// What an export wrote.
  package struct ExportReport: Sendable, Equatable {
    package var pairs = 0
    /// Those of them that are ties.
    package var ties = 0
    /// Those of them that prefer an edited answer to what it was made of.
    package var edits = 0
    /// Pairs of answers that were judged and that the rule leaves out.
    package var dropped = 0
  }

  /// The pairs that a rule makes of the judgements, as JSON lines in the order of the items.
  ///
  /// Of what is said after the call began nothing is in it, so that the same judgements give the same bytes.
  /// - Parameter body: gets the next lines, some hundreds at a time.
  /// - Throws: ``StudioError``, or what `body` throws.
  @discardableResult
  package func export(
    _ rule: ExportRule, _ body: (String) async throws -> Void
  ) async throws -> ExportReport {
    let bound = try await store.lastEvent()
    let names = try await annotatorNames()
    var report = ExportReport()
    var cursor: Int64 = 0
    while true {
      let after = cursor
      let (items, last) = try await store.read { db in
        try JudgedItem.page(db, after: after, count: 200, bound: bound)
      }
      guard let last else { return report }
      cursor = last
      var lines = ""
      for item in items {
        let outcome = item.outcome(rule, names: names)
        report.dropped += outcome.dropped
        for row in outcome.rows {
          report.pairs += 1
          if row["tie"] == true { report.ties += 1 }
          if row["source"] == "human-edit" { report.edits += 1 }
          lines += JSON.object(row).text() + "\n"
        }
      }
      if !lines.isEmpty { try await body(lines) }
    }
  }

  func annotatorNames() async throws(StudioError) -> [Int64: String] {
    try await store.read { db in
      Dictionary(
        uniqueKeysWithValues: try db.rows("SELECT id, name FROM annotators")
          .map { ($0["id"], $0["name"]) })
    }
  }
}
