import PenchantCore

/// What several people said of the same two answers.
struct Votes: Equatable {
  var first = 0
  var second = 0
  var ties = 0
  var bothBad = 0

  mutating func add(_ verdict: Verdict) {
    switch verdict {
    case .first: first += 1
    case .second: second += 1
    case .tie: ties += 1
    case .bothBad: bothBad += 1
    }
  }

  var count: Int { first + second + ties + bothBad }

  /// The answer that more people prefer; where as many prefer the other, a tie, or two bad answers if most
  /// of those without a preference called them that.
  var verdict: Verdict {
    if first != second { return first > second ? .first : .second }
    return bothBad > ties && first == 0 ? .bothBad : .tie
  }

  /// `{w, l, t, bb}`: votes for the chosen answer, for the rejected one, for neither, against both.
  var json: JSON {
    let (won, lost) = first >= second ? (first, second) : (second, first)
    return .object(
      JSONObject([
        "w": .number(JSONNumber(won)), "l": .number(JSONNumber(lost)),
        "t": .number(JSONNumber(ties)), "bb": .number(JSONNumber(bothBad)),
      ]))
  }

  /// Where a pair keeps them.
  static let key = "votes"
}
