import PenchantCore
import PenchantData

/// Answers of one side that begin alike.
enum OpenerCheck {
  static let check = Check(
    "openers", .warn, "one side's answers begin alike",
    measures: "the first one to four words of each answer",
    formula:
      "pairs where only the chosen answer begins so (b) against only the rejected (c); two-sided sign test, Bonferroni over the openers tried",
    threshold:
      "|b − c| at least 3 % of the pairs and 10 pairs, corrected p < 0.001; the longest run of words that explains 80 % of the excess",
    why:
      "Less than 1 % of biased pairs plants a habit (2409.11704), and nothing is easier to learn than a first word.",
    remedy:
      "The patch drops as many pairs with the opener on that side alone as outnumber the others.")

  static let leastShare = 0.03
  static let leastPairs = 10
  static let significance = 0.001
  private static let explained = 0.8
  private static let most = 8

  private struct Candidate {
    var hash: UInt64
    var chosen: Int
    var rejected: Int
    var excess: Int { chosen - rejected }
  }

  static func findings(_ table: RowTable) -> [Finding] {
    let least = max(leastPairs, Int((leastShare * Double(table.count)).rounded(.up)))
    let tried = table.openers.sides.values.count { Int($0.chosen + $0.rejected) >= leastPairs }
    var candidates: [Candidate] = []
    for (hash, sides) in table.openers.sides {
      let candidate = Candidate(
        hash: hash, chosen: Int(sides.chosen), rejected: Int(sides.rejected))
      guard abs(candidate.excess) >= least,
        Statistics.signTest(candidate.chosen, candidate.rejected) * Double(tried) < significance
      else { continue }
      candidates.append(candidate)
    }
    guard !candidates.isEmpty else { return [] }
    let kept = longest(candidates, table)
    return kept.prefix(most).map { finding($0.candidate, name: $0.name, table) }
  }

  /// Of nested openers with nearly the same excess, the longest; the largest excess first.
  private static func longest(
    _ candidates: [Candidate], _ table: RowTable
  ) -> [(candidate: Candidate, name: String)] {
    // Words are read back from the first answer that begins so.
    var byHash: [UInt64: Candidate] = [:]
    for candidate in candidates { byHash[candidate.hash] = candidate }
    var (words, parents) = ([UInt64: String](), [UInt64: UInt64]())
    for pair in table.pairs where words.count < byHash.count {
      let text = PairText(pair)
      for side in text.sides {
        let (runs, hashes) = (Opener.words(side.bytes), Opener.hashes(side.bytes))
        for (length, hash) in hashes.enumerated() where byHash[hash] != nil && words[hash] == nil {
          words[hash] = runs[...length].map { String(decoding: $0, as: UTF8.self) }.joined(
            separator: " ")
          if length > 0 { parents[hash] = hashes[length - 1] }
        }
      }
    }
    var hidden: Set<UInt64> = []
    for candidate in candidates {
      // A run that explains most of a shorter one stands for it; else the shorter one stands for both.
      guard let parent = parents[candidate.hash].flatMap({ byHash[$0] }) else { continue }
      if abs(Double(candidate.excess)) >= explained * abs(Double(parent.excess)) {
        hidden.insert(parent.hash)
      } else {
        hidden.insert(candidate.hash)
      }
    }
    return candidates.filter { !hidden.contains($0.hash) }
      .sorted { (abs($0.excess), $0.hash) > (abs($1.excess), $1.hash) }
      .map { ($0, words[$0.hash] ?? "") }
  }

  private static func finding(_ candidate: Candidate, name: String, _ table: RowTable) -> Finding {
    let onChosen = candidate.excess > 0
    var rows: [Finding.Row] = []
    for (index, pair) in table.pairs.enumerated() {
      let text = PairText(pair)
      let chosen = Opener.hashes(text.chosen).contains(candidate.hash)
      let rejected = Opener.hashes(text.rejected).contains(candidate.hash)
      if chosen != rejected, chosen == onChosen {
        rows.append(.init(index, "only the \(onChosen ? "chosen" : "rejected") answer begins so"))
      }
    }
    // Which of them go is decided by their texts, not by their place in the file.
    let dropped = rows.sorted { rank($0.index, table) < rank($1.index, table) }
      .prefix(abs(candidate.excess))
    let share = Double(abs(candidate.excess)) / Double(max(1, table.count))
    return Finding(
      check, count: rows.count, of: table.count,
      summary:
        "“\(name)” opens the chosen answer alone in \(candidate.chosen) pairs and the rejected alone in "
        + "\(candidate.rejected): an excess of \(NumberText.percent(share)) of the pairs.",
      figures: [
        .init("chosen only", Double(candidate.chosen)),
        .init("rejected only", Double(candidate.rejected)),
        .init("p", Statistics.signTest(candidate.chosen, candidate.rejected)),
      ], rows: rows,
      edits: dropped.map { PatchEdit($0.index, .drop, check.id) }.sorted { $0.index < $1.index })
  }

  private static func rank(_ index: Int, _ table: RowTable) -> UInt64 {
    WordHashes.mixed(table.rows[index].prompt ^ table.rows[index].chosen)
  }
}
