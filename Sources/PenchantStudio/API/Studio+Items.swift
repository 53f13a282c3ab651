import GRDB

/// What became of items that were put into a store.
package struct ItemReport: Sendable, Equatable {
  package var added = 0
  /// Those the store had already, and repetitions among them.
  package var known = 0
  /// Those whose answers are the same: there is nothing to judge.
  package var identical = 0

  package init() {}
}

extension Studio {
  /// Puts items in; what is there already is left as it is, so that the same command can be given again.
  /// - Parameter generated: the generation they belong to, and how many of its prompts are answered with them.
  package func add(
    _ items: [StudioItem], generated: (key: String, count: Int)? = nil
  ) async throws(StudioError) -> ItemReport {
    let round = round
    return try await store.committer.perform { db in
      if let generated { try db.setFact("generated:\(generated.key)", "\(generated.count)") }
      var report = ItemReport()
      for item in items {
        if item.isIdentical {
          report.identical += 1
        } else if try StoredItem.insert(item, db, round) {
          report.added += 1
        } else {
          report.known += 1
        }
      }
      return report
    }
  }

  /// How many prompts of a generation have been answered.
  package func generated(_ key: String) async throws(StudioError) -> Int {
    try await store.read { Int(try $0.fact("generated:\(key)") ?? "0") ?? 0 }
  }

  /// The number of items, gold questions not counted.
  package func itemCount() async throws(StudioError) -> Int {
    try await store.read { try Int($0.int("SELECT COUNT(*) FROM items WHERE wanted > 0") ?? 0) }
  }

  /// Judgements that stand, skips not counted.
  package func judgementCount() async throws(StudioError) -> Int {
    try await store.read { try Int($0.int("SELECT SUM(done) FROM annotators") ?? 0) }
  }
}
