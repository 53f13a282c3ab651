package import PenchantCore

/// What a row says, before ranked answers have become pairs.
package enum RowContents: Sendable, Equatable {
  /// One pair, or the several rows that one judgement stands for.
  case pairs([Pair])
  /// Several answers to one prompt, each with its rank.
  case ranking(RankedAnswers)
}

/// How a ranked list becomes pairs.
///
/// Answers of equal rank never make a pair. Where all ranks are equal the list becomes one pair that is
/// marked as a tie.
package enum RankingRule: String, Sendable, Codable, CaseIterable {
  /// One pair: the best answer against the worst, the first in the list where ranks are equal.
  ///
  /// Every prompt then counts the same, however long its list.
  case bestWorst = "best-worst"
  /// A pair of every two answers whose ranks differ.
  case all
}

/// Several answers to one prompt, with their ranks.
package struct RankedAnswers: Sendable, Equatable {
  package struct Answer: Sendable, Equatable {
    package var completion: Completion
    /// Lower is better.
    package var rank: Double
    /// What else the row said about the answer: its model, its reward, ….
    package var details: JSONObject

    package init(completion: Completion, rank: Double, details: JSONObject = JSONObject()) {
      self.completion = completion
      self.rank = rank
      self.details = details
    }
  }

  /// What all pairs of the list share; its answers mean nothing.
  package var shared: Pair
  /// Two or more.
  package var answers: [Answer]

  package init(shared: Pair, answers: [Answer]) {
    precondition(answers.count > 1, "RankedAnswers: \(answers.count) answers, expected 2 or more")
    self.shared = shared
    self.answers = answers
  }

  /// The pairs a rule makes of the list; never none.
  package func pairs(_ rule: RankingRule) -> [Pair] {
    var best = 0
    var worst = 0
    for index in answers.indices {
      if answers[index].rank < answers[best].rank { best = index }
      if answers[index].rank > answers[worst].rank { worst = index }
    }
    guard answers[best].rank < answers[worst].rank else {
      var tie = pair(0, 1)
      tie.isTie = true
      return [tie]
    }
    switch rule {
    case .bestWorst: return [pair(best, worst)]
    case .all:
      var pairs: [Pair] = []
      for first in answers.indices {
        for second in answers.indices where answers[first].rank < answers[second].rank {
          var pair = pair(first, second)
          // Several pairs of one row need ids of their own.
          pair.id += "/\(pairs.count + 1)"
          pairs.append(pair)
        }
      }
      return pairs
    }
  }

  private func pair(_ chosen: Int, _ rejected: Int) -> Pair {
    var pair = shared
    pair.chosen = answers[chosen].completion
    pair.rejected = answers[rejected].completion
    for (key, details) in [
      (Self.chosenDetails, answers[chosen].details),
      (Self.rejectedDetails, answers[rejected].details),
    ] where !details.isEmpty { pair.extra[key] = .object(details) }
    return pair
  }

  /// Where a pair keeps what the list said about its answers.
  package static let chosenDetails = "chosen_details"
  package static let rejectedDetails = "rejected_details"
}
