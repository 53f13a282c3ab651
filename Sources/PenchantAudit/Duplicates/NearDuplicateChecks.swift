import PenchantCore
import PenchantData

/// Texts that are nearly the same as others, by MinHash; and prompts that the evaluation knows already.
enum NearDuplicateChecks {
  /// Data-Juicer's default for word 5-shingles and 256 permutations.
  static let threshold = 0.7
  /// Looking for the best bands takes a tenth of a second, once.
  static let minHash = MinHash(threshold: threshold)

  static let rows = Check(
    "near-duplicate-rows", .warn, "rows are nearly repeated",
    measures: "last user turn and both answers together",
    formula:
      "Jaccard similarity of word 5-shingles (letters one by one in Han, Kana, Hangul, Thai); candidates by MinHash with 256 permutations, decided exactly",
    threshold: "0.7, and not an exact repeat",
    why: "Copies with small changes count several times and leak across a split.",
    remedy: "Keep one row of each cluster.")

  static let prompts = Check(
    "near-duplicate-prompts", .info, "different prompts are nearly the same",
    measures: "the different prompts", formula: "as for near-duplicate rows",
    threshold: "0.7",
    why: "Holding out by exact prompt then measures on questions that were trained on.",
    remedy: "Hold out whole clusters, or take evaluation prompts from elsewhere.")

  static let leak = Check(
    "evaluation-leak", .block, "evaluation prompts are in the training data",
    measures: "prompts of --data and of --eval-data",
    formula: "equal after lower case and collapsed white space", threshold: "any",
    why: "What is measured on them is memory.",
    remedy: "The patch drops the training rows.")

  static let nearLeak = Check(
    "evaluation-near-leak", .warn, "evaluation prompts are nearly in the training data",
    measures: "prompts of --data and of --eval-data", formula: "as for near-duplicate rows",
    threshold: "0.7, and not equal",
    why:
      "Small changes do not make a prompt unseen (Skywork 80K lost 4957 pairs to such overlap with RewardBench).",
    remedy: "Look at the rows; drop the training rows that ask the same.")

  static func findings(_ table: RowTable, evaluation: RowTable?) -> [Finding] {
    var findings: [Finding] = []
    if let finding = nearRows(table) { findings.append(finding) }
    let own = table.differentPrompts
    let theirs = evaluation?.differentPrompts ?? []
    let clusters = Clusters(
      count: own.count + theirs.count, threshold: threshold,
      keys: own.map { table.rows[$0].promptKeys }
        + theirs.map { evaluation?.rows[$0].promptKeys ?? [] },
      bands: table.bands
    ) { item in
      item < own.count
        ? Shingles.of([PairText(table.pairs[own[item]]).prompt])
        : Shingles.of([
          PairText(evaluation?.pairs[theirs[item - own.count]] ?? table.pairs[0]).prompt
        ])
    }
    if let finding = nearPrompts(table, own, clusters) { findings.append(finding) }
    if let evaluation { findings += leaks(table, evaluation, own, theirs, clusters) }
    return findings
  }

  private static func nearRows(_ table: RowTable) -> Finding? {
    let clusters = Clusters(
      count: table.count, threshold: threshold, keys: table.rows.map(\.keys), bands: table.bands
    ) { Shingles.of(PairText(table.pairs[$0]).rowTexts) }
    var found: [Finding.Row] = []
    for index in 0..<table.count where clusters.first[index] != index {
      let (row, other) = (table.rows[index], table.rows[clusters.first[index]])
      // The same answers to the same prompt are the business of the exact checks.
      let isSame =
        row.prompt == other.prompt
        && Set([row.chosen, row.rejected]) == Set([other.chosen, other.rejected])
      if !isSame {
        found.append(.init(index, "much like row \(table.name(of: clusters.first[index]))"))
      }
    }
    guard !found.isEmpty else { return nil }
    return Finding(
      rows, count: found.count, of: table.count,
      summary: counted(found.count, "row shares", "rows share")
        + " 70 % and more of the word 5-grams with an earlier row.",
      rows: found)
  }

  private static func nearPrompts(_ table: RowTable, _ own: [Int], _ clusters: Clusters) -> Finding?
  {
    let near = own.indices.filter { clusters.first[$0] != $0 && clusters.first[$0] < own.count }
    guard !near.isEmpty else { return nil }
    return Finding(
      prompts, count: near.count, of: own.count,
      summary: "\(near.count) of \(own.count) different prompts are nearly those of earlier rows.",
      rows: near.map {
        .init(own[$0], "asks much like row \(table.name(of: own[clusters.first[$0]]))")
      })
  }

  private static func leaks(
    _ table: RowTable, _ evaluation: RowTable, _ own: [Int], _ theirs: [Int], _ clusters: Clusters
  ) -> [Finding] {
    var asked: [UInt64: Int] = [:]
    for index in theirs { asked[evaluation.rows[index].prompt] = index }
    var exact: [Finding.Row] = []
    for (index, row) in table.rows.enumerated() {
      guard let other = asked[row.prompt] else { continue }
      exact.append(.init(index, "asks what evaluation row \(evaluation.name(of: other)) asks"))
    }
    let exactPrompts = Set(exact.map { table.rows[$0.index].prompt })
    var clusterOfEvaluation: [Int: Int] = [:]
    for (offset, index) in theirs.enumerated() {
      clusterOfEvaluation[clusters.first[own.count + offset]] = index
    }
    var nearPrompts: [UInt64: Int] = [:]
    for (offset, index) in own.enumerated() where !exactPrompts.contains(table.rows[index].prompt) {
      nearPrompts[table.rows[index].prompt] = clusterOfEvaluation[clusters.first[offset]]
    }
    let near: [Finding.Row] = table.rows.enumerated().compactMap { index, row in
      nearPrompts[row.prompt].map {
        .init(index, "asks much like evaluation row \(evaluation.name(of: $0))")
      }
    }
    var findings: [Finding] = []
    if !exact.isEmpty {
      findings.append(
        Finding(
          leak, count: exact.count, of: table.count,
          summary:
            counted(exact.count, "training row asks", "training rows ask")
            + " \(exactPrompts.count) of the \(theirs.count) evaluation prompts.",
          rows: exact, edits: exact.map { PatchEdit($0.index, .drop, leak.id) }))
    }
    if !near.isEmpty {
      findings.append(
        Finding(
          nearLeak, count: near.count, of: table.count,
          summary: counted(near.count, "training row asks", "training rows ask")
            + " nearly what the evaluation asks.", rows: near))
    }
    return findings
  }
}
