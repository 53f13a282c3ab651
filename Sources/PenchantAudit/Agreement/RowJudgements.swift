import PenchantCore
import PenchantData

/// What a row says of the people who judged it: `judgements`, as `penchant label --export` writes them.
struct RowJudgements: Sendable {
  /// One judgement: `{annotator, preferred, chosen_side, seconds}`; other members are passed over.
  struct Judgement: Sendable {
    let annotator: String
    /// 1 for the chosen answer, −1 for the rejected one, 0 for neither.
    let preference: Int
    /// 1 where the left answer won, −1 where the right one did, 0 where neither did or the sides are unknown.
    let side: Int
    let seconds: Double?
  }

  /// Index of the row.
  let row: Int
  let judgements: [Judgement]

  /// The judgements of all rows that have some.
  static func all(_ pairs: [Pair]) -> [RowJudgements] {
    pairs.indices.compactMap { index in
      guard let list = pairs[index].extra["judgements"]?.array else { return nil }
      let judgements = list.compactMap(Judgement.init)
      return judgements.isEmpty ? nil : RowJudgements(row: index, judgements: judgements)
    }
  }
}

extension RowJudgements.Judgement {
  fileprivate init?(_ json: JSON) {
    guard let annotator = json["annotator"]?.string, !annotator.isEmpty,
      let preferred = json["preferred"]?.string
    else { return nil }
    self.annotator = annotator
    switch preferred {
    case "chosen": preference = 1
    case "rejected": preference = -1
    case "tie", "both_bad": preference = 0
    default: return nil
    }
    switch json["chosen_side"]?.string {
    case "left": side = preference
    case "right": side = -preference
    default: side = 0
    }
    seconds = json["seconds"]?.double
  }
}
