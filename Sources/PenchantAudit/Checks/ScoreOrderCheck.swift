import PenchantCore
import PenchantData

/// Scores beside the label that contradict it.
struct ScoreOrderCheck: RowCheck {
  let check = Check(
    "score-order", .block, "the row's own scores prefer the rejected answer",
    measures: "score_chosen / score_rejected and their other spellings, and margin",
    formula: "score of chosen < score of rejected, or margin < 0",
    threshold: "any row",
    why:
      "One of the two is wrong. UltraFeedback's famous bug (a score of 1 read as 10) made hundreds of the worst answers chosen.",
    remedy: "Find out which is right; the patch believes the scores and flips the label.")
  let action: PatchAction? = .flip

  func problem(of row: PairText) -> String? {
    if let margin = row.pair.margin, margin < 0 { return "the margin is negative" }
    guard let (chosen, rejected) = Scores.of(row.pair), chosen < rejected else { return nil }
    return "the rejected answer has the higher score"
  }
}

/// Scores that tie, although one answer is marked as better.
struct ScoreTieCheck: RowCheck {
  let check = Check(
    "score-tie", .warn, "the row's own scores are equal",
    measures: "score_chosen / score_rejected and their other spellings, and margin",
    formula: "score of chosen = score of rejected, or margin = 0",
    threshold: "any row that is not marked as a tie",
    why: "The label was drawn by lot or by order of the file; such pairs are noise.",
    remedy: "Drop them, or mark them as ties.")
  let action: PatchAction? = .drop

  func problem(of row: PairText) -> String? {
    if row.pair.isTie { return nil }
    if row.pair.margin == 0 { return "the margin is 0" }
    guard let (chosen, rejected) = Scores.of(row.pair), chosen == rejected else { return nil }
    return "equal scores"
  }
}

/// Scores of both answers, under the names public data sets use.
enum Scores {
  private static let names = [
    ("score_chosen", "score_rejected"), ("chosen_score", "rejected_score"),
    ("chosen-rating", "rejected-rating"), ("chosen_rating", "rejected_rating"),
    ("chosen_avg_rating", "rejected_avg_rating"), ("rating_chosen", "rating_rejected"),
    ("reward_chosen", "reward_rejected"), ("chosen_reward", "rejected_reward"),
  ]

  static func of(_ pair: Pair) -> (chosen: Double, rejected: Double)? {
    guard !pair.extra.isEmpty else { return nil }
    for (first, second) in names {
      if let chosen = pair.extra[first]?.double, let rejected = pair.extra[second]?.double {
        return (chosen, rejected)
      }
    }
    return nil
  }
}
