package import PenchantCore
package import PenchantData
package import PenchantModel

/// Pairs left out while encoding: dropped.jsonl, and the limit beyond which nobody would want it unasked.
package enum DroppedRows {
  /// The share of over-long pairs above which a run stops and offers the choices.
  package static let limit = 0.05

  /// One line of dropped.jsonl.
  package static func json(_ pair: DroppedPair) -> JSON {
    var object = JSONObject()
    object["id"] = .string(pair.id)
    object["row"] = .string(pair.row.description)
    object["reason"] = .string(pair.reason.name)
    switch pair.reason {
    case .tooLong(let tokens, let limit), .promptTooLong(let tokens, let limit):
      object["tokens"] = .number(JSONNumber(tokens))
      object["limit"] = .number(JSONNumber(limit))
    case .mismatch, .emptyAnswer, .identical, .tie, .notLiked: break
    }
    return .object(object)
  }

  /// One line of dropped.jsonl for a row that could not be read.
  package static func json(_ row: SkippedRow) -> JSON {
    .object(
      JSONObject([
        "row": .string(row.location.description), "reason": .string(row.reason.identifier),
      ]))
  }

  /// - Parameters:
  ///   - context: tokens of the model's context.
  ///   - wasChosen: whether `--truncation drop` was asked for rather than a default.
  /// - Throws: ``TuningError`` when too many pairs are too long.
  package static func check(
    _ dropped: [DroppedPair], of total: Int, maxLength: Int, context: Int, wasChosen: Bool
  ) throws(TuningError) {
    let long = dropped.count { pair in
      switch pair.reason {
      case .tooLong, .promptTooLong: true
      case .mismatch, .emptyAnswer, .identical, .tie, .notLiked: false
      }
    }
    guard !wasChosen, Double(long) > limit * Double(total) else { return }
    throw TuningError(
      .tooManyDropped(dropped: long, of: total, maxLength: maxLength, context: context))
  }
}
