import PenchantCore
import PenchantData

/// What is kept of a row for the checks that look at all rows together.
struct RowFacts: Sendable {
  /// Hashes of the folded texts; the prompt's includes the system prompt.
  var prompt: UInt64
  var chosen: UInt64
  var rejected: UInt64
  /// Band keys of the row, and of its prompt.
  var keys: [UInt32]
  var promptKeys: [UInt32]
  var chosenFacts: AnswerFacts
  var rejectedFacts: AnswerFacts
  /// Whether the last user turn states an opinion.
  var statesOpinion: Bool
}

/// All rows of a set, read through once.
struct RowTable {
  let pairs: [Pair]
  let rows: [RowFacts]
  let bands: Int
  /// By row check, the rows with a problem.
  let problems: [[Finding.Row]]
  /// How often answers begin with a run of words, by its hash.
  let openers: OpenerCounts

  var count: Int { pairs.count }

  private static let chunk = 128

  /// - Parameter checks: row checks to run on the way.
  init(
    _ pairs: [Pair], checks: [any RowCheck], minHash: MinHash, stage: String,
    threads: Int = Parallel.threads, progress: ProgressHandler? = nil
  ) {
    struct Piece: Sendable {
      var rows: [RowFacts] = []
      var problems: [[Finding.Row]]
      var openers = OpenerCounts()
    }
    let total = pairs.count
    let chunks = (total + Self.chunk - 1) / Self.chunk
    let done = Counter()
    let pieces = Parallel.map(count: chunks, threads: threads) { chunk in
      var piece = Piece(problems: Array(repeating: [], count: checks.count))
      for index in (chunk * Self.chunk)..<min(total, (chunk + 1) * Self.chunk) {
        let text = PairText(pairs[index])
        for (position, check) in checks.enumerated() {
          if let note = check.problem(of: text) {
            piece.problems[position].append(.init(index, note))
          }
        }
        piece.openers.add(text)
        piece.rows.append(RowFacts(text, minHash))
      }
      let completed = done.add(piece.rows.count)
      progress?(ProgressEvent(stage: stage, completed: completed, total: total, unit: "pairs"))
      return piece
    }
    self.pairs = pairs
    bands = minHash.bands
    rows = pieces.flatMap(\.rows)
    problems = checks.indices.map { check in pieces.flatMap { $0.problems[check] } }
    openers = pieces.reduce(into: OpenerCounts()) { $0.merge($1.openers) }
  }

  /// Which row it is, for people: its id where it has one, else its number.
  func name(of index: Int) -> String { "\(pairs[index].source.row)" }

  /// The first row of each different prompt.
  var differentPrompts: [Int] {
    var seen: Set<UInt64> = []
    return rows.indices.filter { seen.insert(rows[$0].prompt).inserted }
  }
}

extension RowFacts {
  init(_ text: PairText, _ minHash: MinHash) {
    func hash(_ bytes: [UInt8]) -> UInt64 {
      var hash = StableHash()
      for byte in Folded.bytes(bytes) { hash.combine(byte) }
      return hash.value
    }
    var prompt = hash(text.prompt)
    if let system = text.pair.systemPrompt { prompt ^= WordHashes.mixed(hash(Array(system.utf8))) }
    self.prompt = prompt
    chosen = hash(text.chosen)
    rejected = hash(text.rejected)
    keys = minHash.keys(Shingles.of(text.rowTexts))
    promptKeys = minHash.keys(Shingles.of([text.prompt]))
    chosenFacts = AnswerFacts(text.chosen)
    rejectedFacts = AnswerFacts(text.rejected)
    statesOpinion = Phrases.opinion.isIn(text.question.lowercasedPrefix(600))
  }
}
