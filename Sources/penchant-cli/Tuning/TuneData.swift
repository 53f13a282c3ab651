import PenchantAudit
import PenchantCore
import PenchantData
import PenchantModel
import PenchantTuning

/// Pairs read once: where each is, what they are made of, and what decides whether one is held out.
struct SurveyedPairs {
  let index: PairIndex
  let census: PairCensus
  /// A hash of each pair's prompt.
  let promptHashes: [UInt64]
  /// A hash of each pair, where pairs to measure on will be held against them; else empty.
  let rowHashes: [UInt64]
  /// Whether some have plain text for a prompt and answers.
  let hasPlainPairs: Bool
  /// Rows that a patch left out, as lines of dropped.jsonl.
  var patchedOut: [JSON] = []

  /// Reads the files and says what was found in each.
  /// - Parameters:
  ///   - judged: whether pairs are taken apart into answers that are judged one by one.
  ///   - patch: path of a patch to apply to them.
  ///   - audits: whether to say what the blocking checks of the audit find.
  ///   - hashesRows: whether pairs to measure on will be held against them.
  ///   - comparesAnswers: whether a rejected answer makes a row another one.
  /// - Throws: `AuditError` for a patch that does not fit the pairs, and what reading throws.
  init(
    _ paths: [String], _ reading: ReadingOptions, judged: Bool = false, patch: String? = nil,
    audits: Bool = false, hashesRows: Bool = false, comparesAnswers: Bool = true,
    note: (String) -> Void
  ) throws {
    let editor = try patch.map { path throws(AuditError) in PatchEditor(try Patch(path: path)) }
    var tally = BlockingTally()
    var (hashes, rowHashes): ([UInt64], [UInt64]) = ([], [])
    var builder = PairCensus.Builder()
    var hasPlainPairs = false
    index = try reading.index(paths, judged: judged, edit: editor?.edit, note: note) { pair in
      if audits { tally.add(pair) }
      hashes.append(HoldOut.promptHash(pair))
      if hashesRows {
        rowHashes.append(EvaluationOverlap.rowHash(pair, comparesAnswers: comparesAnswers))
      }
      builder.add(pair)
      hasPlainPairs = hasPlainPairs || pair.isPlain
    }
    let index = index
    census = try builder.finish { place throws(DataError) in try index[place] }
    if let editor, let patch {
      patchedOut = try editor.finish().map(\.json)
      note("\(patch): \(editor.patch.summary)")
    }
    if audits { note("audit: \(tally.verdict)") }
    promptHashes = hashes
    self.rowHashes = rowHashes
    self.hasPlainPairs = hasPlainPairs
  }
}

/// Pairs to measure on from files of their own, held against those that are trained on.
struct EvaluationPairs {
  let index: PairIndex
  let overlap: EvaluationOverlap

  /// Reads the files and says what was found in each.
  /// - Throws: `DataError` where a pair is trained on as it stands, and what reading throws.
  init(
    _ paths: [String], _ reading: ReadingOptions, against pairs: SurveyedPairs, judged: Bool,
    comparesAnswers: Bool, note: (String) -> Void
  ) throws {
    var search = EvaluationOverlap.Search(
      prompts: pairs.promptHashes, rows: pairs.rowHashes, comparesAnswers: comparesAnswers)
    index = try reading.index(paths, judged: judged, note: note) { search.add($0) }
    overlap = try search.finish { row throws(DataError) in try pairs.index[row] }
    if let sentence = overlap.sentence { note("  \(sentence)") }
  }
}

/// The pairs of a run: read, counted, split, encoded.
///
/// They stay on the disk: what is kept of a pair is where it is.
struct TuneData {
  let pairs: PairIndex
  /// Pairs to measure on from files of their own.
  let evaluation: PairIndex?
  /// What they have in common with those that are trained on.
  let overlap: EvaluationOverlap?
  /// The pairs that are held out, ascending; empty with `evaluation`.
  let heldOutRows: [Int]
  let census: PairCensus
  private let patchedOut: [JSON]

  /// Puts a share of the prompts aside.
  /// - Parameters:
  ///   - configuration: with `holdout` resolved.
  ///   - evaluation: pairs to measure on in place of held-out ones.
  ///   - holdoutWasChosen: whether a share was asked for, however few the pairs are.
  init(
    _ configuration: TuneConfiguration, pairs: SurveyedPairs, evaluation: EvaluationPairs?,
    holdoutWasChosen: Bool
  ) throws {
    self.pairs = pairs.index
    self.evaluation = evaluation?.index
    overlap = evaluation?.overlap
    census = pairs.census
    patchedOut = pairs.patchedOut
    guard evaluation == nil else {
      heldOutRows = []
      return
    }
    heldOutRows = try HoldOut(
      fraction: configuration.holdout ?? 0, minimumPairs: holdoutWasChosen ? 2 : 100,
      seed: UInt64(configuration.seed)
    ).heldOut(pairs.promptHashes).pairs
  }

  /// The pairs to measure on.
  private var heldOut: (index: PairIndex, rows: [Int]) {
    if let evaluation { (evaluation, Array(0..<evaluation.count)) } else { (pairs, heldOutRows) }
  }

  /// Pairs to show: the first that are measured on, else the first of all.
  func shown() throws -> [Pair] {
    let (index, rows) = heldOut
    let few = 64
    return rows.isEmpty
      ? try (0..<min(few, pairs.count)).map { try pairs[$0] }
      : try rows.prefix(few).map { try index[$0] }
  }

  /// Pairs by their names, the first of each; reads on until all are found.
  func pairs(named names: Set<String>) throws -> [String: Pair] {
    var found: [String: Pair] = [:]
    for index in [pairs, evaluation].compactMap({ $0 }) {
      for row in 0..<index.count where found.count < names.count {
        let pair = try index[row]
        if names.contains(pair.id), found[pair.id] == nil { found[pair.id] = pair }
      }
    }
    return found
  }

  /// Whether there is something to measure on.
  var hasHeldOut: Bool { !heldOut.rows.isEmpty }

  /// What the pairs of ``shown()`` are called: held out only where no prompt is trained on.
  var shownName: String {
    guard hasHeldOut else { return "training" }
    return overlap?.sentence == nil ? "held-out" : "evaluation"
  }

  /// The pairs as tokens.
  struct Encoded {
    let training: ExampleList
    let heldOut: ExampleList
    let dropped: [DroppedPair]
    /// Rows that could not be read, the first thousand of each file.
    var unreadable: [SkippedRow] = []
    /// Rows that a patch left out, as lines of dropped.jsonl.
    var patchedOut: [JSON] = []
    /// Pairs that lost tokens.
    let cutCount: Int
    /// Of all tokens, to notice on resume that they changed.
    let digest: String
  }

  /// Encodes every pair once: counts what is left out and what a plan needs to know.
  /// - Parameters:
  ///   - context: tokens of the model's context.
  ///   - readsEnds: whether a scalar head reads the last token of each answer.
  ///   - check: refuses an example that carries what the objective would ignore.
  ///   - each: sees every example that is kept, the training ones first.
  /// - Throws: `ModelError` for a row the options do not allow; `TuningError` when too many rows are too long.
  func encode(
    _ encoder: ExampleEncoder, context: Int, truncationWasChosen: Bool, readsEnds: Bool = false,
    check: (TokenizedExample) throws -> Void = { _ in },
    each: (TokenizedExample) -> Void = { _ in }, progress: (Int, Int) -> Void
  ) throws -> Encoded {
    var dropped: [DroppedPair] = []
    var cutCount = 0
    var digest = InputDigest.Data()
    var done = 0
    let (heldOutIndex, heldOutRows) = heldOut
    let total = pairs.count + (evaluation?.count ?? 0)

    func list(_ index: PairIndex, _ rows: some Sequence<Int>, _ set: String) throws -> ExampleList {
      var list = ExampleList { row in
        let example = try Self.example(encoder, index, row)
        return readsEnds ? example.scoredAtEnds : example
      }
      for row in rows {
        try Interruption.check()
        switch try Self.encode(try index[row], row, encoder) {
        case .dropped(let pair): dropped.append(pair)
        case .example(let whole):
          let example = readsEnds ? whole.scoredAtEnds : whole
          try check(example)
          digest.add(example, to: set)
          if example.cutTokens > 0 { cutCount += 1 }
          list.append(example, row: row)
          each(example)
        }
        done += 1
        progress(done, total)
      }
      return list
    }
    let held = Set(self.heldOutRows)
    let training = try list(pairs, (0..<pairs.count).lazy.filter { !held.contains($0) }, "training")
    let measured = try list(heldOutIndex, heldOutRows, "held out")
    try DroppedRows.check(
      dropped, of: total, maxLength: encoder.options.maxLength ?? .max, context: context,
      wasChosen: truncationWasChosen)
    return Encoded(
      training: training, heldOut: measured, dropped: dropped,
      unreadable: (pairs.reports + (evaluation?.reports ?? [])).flatMap(\.skipped),
      patchedOut: patchedOut,
      cutCount: cutCount,
      digest: digest.finish())
  }

  /// Encodes a pair; one with an answer that says nothing is left out, as one with equal answers is.
  private static func encode(
    _ pair: Pair, _ row: Int, _ encoder: ExampleEncoder
  ) throws(ModelError) -> ExampleEncoder.Outcome {
    guard !encoder.hasSilentAnswer(pair) else {
      return .dropped(DroppedPair(id: pair.id, row: pair.source, reason: .emptyAnswer))
    }
    return try encoder.encode(pair, index: row)
  }

  /// Makes an example that was kept before once more.
  private static func example(
    _ encoder: ExampleEncoder, _ index: PairIndex, _ row: Int
  ) throws -> TokenizedExample {
    let pair = try index[row]
    guard case .example(let example) = try encoder.encode(pair, index: row) else {
      throw DataError(.unreadable(CoreError(.fileChanged(path: pair.source.file))))
    }
    return example
  }
}
