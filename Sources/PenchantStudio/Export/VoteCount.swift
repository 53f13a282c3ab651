import PenchantCore

/// What people said of two answers.
package struct VoteCount: Sendable, Equatable {
  /// For the first answer, for the second, for neither, against both.
  package var first = 0
  package var second = 0
  package var ties = 0
  package var bothBad = 0

  package init(first: Int = 0, second: Int = 0, ties: Int = 0, bothBad: Int = 0) {
    self.first = first
    self.second = second
    self.ties = ties
    self.bothBad = bothBad
  }

  mutating func add(_ judgement: StandingJudgement, _ first: Int, _ second: Int) {
    guard let strength = judgement.strength(first, over: second) else { return }
    if judgement.verdict == .bothBad {
      bothBad += 1
    } else if strength > 0 {
      self.first += 1
    } else if strength < 0 {
      self.second += 1
    } else {
      ties += 1
    }
  }

  package var count: Int { first + second + ties + bothBad }

  /// `{w, l, t, bb}` with the chosen answer's votes under `w`.
  func json(chosen side: Int) -> JSON {
    [
      "w": .count(side == 0 ? first : second), "l": .count(side == 0 ? second : first),
      "t": .count(ties), "bb": .count(bothBad),
    ]
  }
}

/// What a rule makes of votes.
package enum Decision: Sendable, Equatable {
  /// 0 the first answer, 1 the second; `confidence` where the rule gives one.
  case prefers(Int, confidence: Double?)
  /// Neither.
  case tie
  /// The rule leaves the pair out.
  case nothing
}

extension ExportRule {
  /// Decides about two answers that somebody judged.
  package func decide(_ votes: VoteCount) -> Decision {
    guard votes.count > 0 else { return .nothing }
    let (most, least) = (max(votes.first, votes.second), min(votes.first, votes.second))
    let winner = votes.first >= votes.second ? 0 : 1
    let without = votes.ties + votes.bothBad
    switch self {
    case .majority:
      return most > least && most >= without ? .prefers(winner, confidence: nil) : .tie
    case .unanimous:
      return most == votes.count ? .prefers(winner, confidence: nil) : .nothing
    case .soft:
      guard most > least, most >= without else { return .tie }
      let share = (Double(most) + Double(without) / 2) / Double(votes.count)
      return .prefers(winner, confidence: share)
    }
  }
}
