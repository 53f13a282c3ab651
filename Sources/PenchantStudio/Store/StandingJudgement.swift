import GRDB
import PenchantCore

/// A judgement that nobody took back, in terms of answers instead of sides.
package struct StandingJudgement: Sendable {
  package let event: Int64
  package let item: Int64
  package let annotator: Int64
  package let purpose: Purpose
  /// Answer numbers in display order.
  package let shown: [Int]
  package let verdict: Verdict
  /// Tiers of answer numbers, best first; only of `ranked`.
  package let tiers: [[Int]]?
  package let millisecondsVisible: Int
  package let comment: String?
  /// The answer that was edited, and how it then read.
  package let edited: (answer: Int, text: String)?
  package let guidelines: String
  /// Milliseconds since 1970.
  package let at: Int64

  static let columns = """
    id, item, annotator, purpose, shown, verdict, ranking, ms_visible, comment, edited_slot,
    edited_text, guidelines, at
    """

  /// Completes a query for judgements as they stood when the event `bound` was the last.
  static let stands = """
    kind = 'judgement' AND NOT EXISTS (
      SELECT 1 FROM events AS undo WHERE undo.supersedes = events.id AND undo.id <= :bound)
    """

  init(_ row: Row) throws {
    guard let purpose = Purpose(rawValue: row["purpose"]),
      let verdict = Verdict(rawValue: row["verdict"])
    else { throw StudioError(.database(code: -1)) }
    event = row["id"]
    item = row["item"]
    annotator = row["annotator"]
    self.purpose = purpose
    let shown = Assignment.numbers(row["shown"])
    self.shown = shown
    self.verdict = verdict
    tiers = (row["ranking"] as String?).flatMap { try? JSON.parse($0).array }?.map { tier in
      (tier.array ?? []).compactMap(\.int).filter(shown.indices.contains).map { shown[$0] }
    }
    millisecondsVisible = row["ms_visible"]
    comment = row["comment"]
    let slot: Int? = row["edited_slot"]
    let text: String? = row["edited_text"]
    if let slot, let text, shown.indices.contains(slot) {
      edited = (shown[slot], text)
    } else {
      edited = nil
    }
    guidelines = row["guidelines"]
    at = row["at"]
  }

  /// By how much the first of two answers is preferred to the second, −2…2; 0 where neither is, nil of a skip.
  package func strength(_ first: Int, over second: Int) -> Int? {
    let leftIsFirst = shown.first == first
    switch verdict {
    case .leftMuch: return leftIsFirst ? 2 : -2
    case .left: return leftIsFirst ? 1 : -1
    case .right: return leftIsFirst ? -1 : 1
    case .rightMuch: return leftIsFirst ? -2 : 2
    case .tie, .bothBad: return 0
    case .skip: return nil
    case .ranked:
      let place = tiers.map { tiers in
        (tiers.firstIndex { $0.contains(first) }, tiers.firstIndex { $0.contains(second) })
      }
      guard let one = place?.0, let other = place?.1 else { return nil }
      return one < other ? 1 : one > other ? -1 : 0
    }
  }

  /// 1 where the left answer won, −1 where the right one did; 0 for everything else.
  package var side: Int {
    switch verdict {
    case .leftMuch, .left: 1
    case .rightMuch, .right: -1
    case .tie, .bothBad, .ranked, .skip: 0
    }
  }
}

extension LabelStore {
  /// The number of the last event; what stood then can be read while more is being said.
  package func lastEvent() async throws(StudioError) -> Int64 {
    try await read { try $0.int("SELECT MAX(id) FROM events") ?? 0 }
  }

  /// Everything that stood when `bound` was the last event, in order.
  ///
  /// Read in pieces, so that nobody who judges has to wait for all of it.
  package func standing(at bound: Int64) async throws(StudioError) -> [StandingJudgement] {
    let piece = 2000
    var all: [StandingJudgement] = []
    var cursor: Int64 = 0
    while cursor < bound {
      let after = cursor
      let (judgements, last) = try await read { db in
        let rows = try db.rows(
          """
          SELECT \(StandingJudgement.columns) FROM events
          WHERE id > :after AND id <= :bound AND id <= :after + \(piece) AND \(StandingJudgement.stands)
          ORDER BY id
          """, ["after": after, "bound": bound])
        return (try rows.map(StandingJudgement.init), min(bound, after + Int64(piece)))
      }
      all += judgements
      cursor = last
    }
    return all
  }
}
