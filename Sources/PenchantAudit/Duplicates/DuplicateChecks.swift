import PenchantData

/// Rows that say again, or deny, what others say.
enum DuplicateChecks {
  static let repeated = Check(
    "duplicate-rows", .warn, "rows are repeated",
    measures: "system prompt, prompt and both answers of all rows",
    formula: "equal after lower case and collapsed white space",
    threshold: "any row that stood before",
    why: "Repeated rows count double, and land on both sides of a split by rows.",
    remedy: "Drop all but the first, unless each stands for another person's judgement.")

  static let contradiction = Check(
    "contradictions", .warn, "the same two answers are preferred both ways",
    measures: "rows with the same prompt and the same two answers",
    formula: "some rows prefer A to B and some B to A, after lower case and collapsed white space",
    threshold: "any",
    why:
      "Their gradients cancel; what remains is noise. They also bound what any model can get right.",
    remedy: "The patch drops as many rows of each side as cancel out.")

  static let cycle = Check(
    "preference-cycles", .warn, "preferences go round in a circle",
    measures: "rows with the same prompt and at least three different answers",
    formula: "A over B, B over C and C over A",
    threshold: "any",
    why:
      "No score of single answers can agree with all three; a third of the evidence is wrong whatever is learnt.",
    remedy: "Have the three answers ranked again.")

  static func findings(_ table: RowTable) -> [Finding] {
    var first: [UInt64: Int] = [:]
    var repeats: [Finding.Row] = []
    var edges: [UInt64: (forth: [Int], back: [Int])] = [:]
    for (index, row) in table.rows.enumerated() {
      if row.chosen == row.rejected || table.pairs[index].isTie { continue }
      let key = WordHashes.mixed(
        row.prompt ^ WordHashes.mixed(row.chosen &+ 1) &+ WordHashes.mixed(row.rejected &+ 2))
      if let earlier = first[key] {
        repeats.append(.init(index, "repeats row \(table.name(of: earlier))"))
      } else {
        first[key] = index
      }
      let (low, high) = (min(row.chosen, row.rejected), max(row.chosen, row.rejected))
      let edge = WordHashes.mixed(
        row.prompt ^ WordHashes.mixed(low &+ 1) &+ WordHashes.mixed(high &+ 2))
      if row.chosen == low {
        edges[edge, default: ([], [])].forth.append(index)
      } else {
        edges[edge, default: ([], [])].back.append(index)
      }
    }
    var findings: [Finding] = []
    if !repeats.isEmpty {
      findings.append(
        Finding(
          repeated, count: repeats.count, of: table.count,
          summary:
            counted(repeats.count, "row says", "rows say") + " again what an earlier row says.",
          rows: repeats,
          edits: repeats.map { PatchEdit($0.index, .drop, repeated.id) }))
    }
    if let finding = contradictions(
      edges.values.filter { !$0.forth.isEmpty && !$0.back.isEmpty }, table)
    {
      findings.append(finding)
    }
    if let finding = cycles(table) { findings.append(finding) }
    return findings
  }

  private static func contradictions(
    _ edges: [(forth: [Int], back: [Int])], _ table: RowTable
  ) -> Finding? {
    guard !edges.isEmpty else { return nil }
    var (rows, edits) = ([Finding.Row](), [PatchEdit]())
    for edge in edges {
      let cancelled = min(edge.forth.count, edge.back.count)
      for (own, other) in [(edge.forth, edge.back), (edge.back, edge.forth)] {
        rows += own.map { .init($0, "denied by row \(table.name(of: other[0]))") }
        edits += own.suffix(cancelled).map { PatchEdit($0, .drop, contradiction.id) }
      }
    }
    rows.sort { $0.index < $1.index }
    return Finding(
      contradiction, count: rows.count, of: table.count,
      summary:
        "\(rows.count) rows disagree about \(counted(edges.count, "pair", "pairs")) of answers.",
      rows: rows,
      edits: edits.sorted { $0.index < $1.index })
  }

  /// Three answers of one prompt in a circle; each circle is named once.
  private static func cycles(_ table: RowTable) -> Finding? {
    var byPrompt: [UInt64: [Int]] = [:]
    for (index, row) in table.rows.enumerated() where row.chosen != row.rejected {
      byPrompt[row.prompt, default: []].append(index)
    }
    var rows: [Finding.Row] = []
    var count = 0
    // Above this many rows a prompt is no ranking but a constant, and circles would take cubic time.
    for indices in byPrompt.values where indices.count >= 3 && indices.count <= 200 {
      var better: [UInt64: [UInt64: Int]] = [:]
      for index in indices {
        better[table.rows[index].chosen, default: [:]][table.rows[index].rejected] = index
      }
      for (a, losers) in better {
        for (b, ab) in losers where a < b {
          for (c, bc) in better[b] ?? [:] where a < c && c != a {
            guard let ca = better[c]?[a] else { continue }
            count += 1
            rows += [ab, bc, ca].map { .init($0, "part of a circle of three") }
          }
        }
      }
    }
    guard count > 0 else { return nil }
    rows.sort { $0.index < $1.index }
    return Finding(
      cycle, count: rows.count, of: table.count,
      summary: counted(count, "time", "times")
        + " three answers to one prompt are preferred in a circle.", rows: rows)
  }
}
