package import PenchantCore

/// What a run's pairs.jsonl says of each pair, and which pairs deserve a look.
///
/// A margin counts relative to the mean margin of its step, because early margins are small for every pair: the score of
/// a pair is the mean of these differences over its visits (after the area under the margin; G. Pleiss et al., "Identifying
/// Mislabeled Data using the Area Under the Margin Ranking", arXiv 2001.10528). A pair is *suspect* if its last margin is
/// below 0 although it was trained on, and its score lies more than two standard deviations below the mean score. That
/// is a reason to look at it, not a proof.
package struct PairLedger: Sendable {
  package struct Entry: Sendable, Equatable {
    package let id: String
    package var visits = 0
    package var lastMargin = 0.0
    package var lastLoss = 0.0
    package var score = 0.0
  }

  /// Fewer pairs have no mean to lie below.
  static let fewest = 20
  static let deviations = 2.0

  package let entries: [Entry]
  /// Lines without a margin: rows with one answer.
  package let hasMargins: Bool

  /// - Throws: `CoreError` for a file that cannot be read or a line that is no JSON.
  package init(_ path: String) throws(CoreError) {
    var places: [String: Int] = [:]
    var entries: [Entry] = []
    var pending: [(place: Int, margin: Double)] = []
    var step = -1
    var hasMargins = false
    func close() {
      let mean = pending.reduce(0) { $0 + $1.margin } / Double(max(1, pending.count))
      for (place, margin) in pending {
        let visits = Double(entries[place].visits)
        entries[place].score += (margin - mean - entries[place].score) / (visits + 1)
        entries[place].visits += 1
      }
      pending.removeAll(keepingCapacity: true)
    }
    try JSONLines.read(path) { line in
      guard let id = line["id"]?.string else { return }
      let lineStep = line["step"]?.int ?? 0
      if lineStep != step {
        close()
        step = lineStep
      }
      let place: Int
      if let known = places[id] {
        place = known
      } else {
        place = entries.count
        places[id] = place
        entries.append(Entry(id: id))
      }
      hasMargins = hasMargins || line["margin"] != nil
      entries[place].lastMargin = line["margin"]?.double ?? 0
      entries[place].lastLoss = line["loss"]?.double ?? 0
      pending.append((place, entries[place].lastMargin))
    }
    close()
    self.entries = entries
    self.hasMargins = hasMargins
  }

  /// The pairs with the highest loss at their last visit.
  package func worst(_ count: Int = 10) -> [Entry] {
    Array(
      entries.sorted { ($0.lastLoss, $0.id) > ($1.lastLoss, $1.id) }.prefix(count))
  }

  /// The pairs whose label looks wrong, most suspect first.
  package func suspects(_ count: Int = 10) -> [Entry] {
    guard hasMargins, entries.count >= Self.fewest else { return [] }
    let n = Double(entries.count)
    let mean = entries.reduce(0) { $0 + $1.score } / n
    let variance = entries.reduce(0) { $0 + ($1.score - mean) * ($1.score - mean) } / n
    let bound = mean - Self.deviations * variance.squareRoot()
    return Array(
      entries.filter { $0.lastMargin < 0 && $0.score < bound && variance > 0 }
        .sorted { ($0.score, $0.id) < ($1.score, $1.id) }.prefix(count))
  }
}

/// What heldout.jsonl says.
package struct HeldOutLedger: Sendable {
  package let records: [HeldOutRecord]

  /// Empty where there is no such file.
  package init(_ path: String) throws(CoreError) {
    var records: [HeldOutRecord] = []
    if FileSystem.isRegularFile(path) {
      try JSONLines.read(path) { line in
        if let record = HeldOutRecord(.object(line)) { records.append(record) }
      }
    }
    self.records = records
  }

  /// Pairs on which reference and tuned model agree against the label, lowest margin first: before tuning the rejected
  /// answer was the likelier one a token, and what was learnt from the others moves it further that way.
  package func suspects(_ count: Int = 10) -> [HeldOutRecord] {
    Array(
      records.filter { $0.margin < 0 && $0.referenceMargin ?? 0 < 0 }
        .sorted { ($0.margin, $0.id) < ($1.margin, $1.id) }.prefix(count))
  }
}
