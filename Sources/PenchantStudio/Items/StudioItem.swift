package import PenchantCore
package import PenchantData

/// What is to be judged: a prompt, its answers, and what the data knew about them.
package struct StudioItem: Sendable, Equatable {
  /// One of the answers.
  package struct Answer: Sendable, Equatable {
    package var completion: Completion
    /// What was said of this answer alone (its model, its score), which nobody who judges sees.
    package var details: JSONObject

    package init(_ completion: Completion, details: JSONObject = JSONObject()) {
      self.completion = completion
      self.details = details
    }
  }

  /// A pair that holds all but the answers: prompt, tools, id, weight, place.
  package var shared: Pair
  /// Two or more.
  package var answers: [Answer]
  /// The answer that the data preferred; nil where it preferred none.
  package var original: Int?
  /// Of a gold question, what is right.
  package var gold: Gold?

  package init(shared: Pair, answers: [Answer], original: Int?, gold: Gold?) {
    self.shared = shared
    self.answers = answers
    self.original = original
    self.gold = gold
  }

  /// The right answer of a gold question.
  package enum Gold: Sendable, Equatable {
    case answer(Int)
    case tie
  }
}

extension StudioItem {
  /// The two answers of a pair.
  ///
  /// Members that speak of one side (`score_chosen`, `rejected_model`, `chosen_details`) go with that side's answer,
  /// so that they are right whichever is preferred in the end. What the data knew of its own label (votes, margin,
  /// confidence, tie) is not carried on: it is about another judgement.
  /// - Throws: `oneAnswer`.
  package init(_ pair: Pair) throws(StudioError) {
    guard let rejected = pair.rejected else {
      throw StudioError(.oneAnswer(file: pair.source.file, line: pair.source.line))
    }
    var rest = pair
    var details = [JSONObject(), JSONObject()]
    for (key, value) in pair.extra.members {
      if Self.aboutLabel.contains(key) {
        rest.extra[key] = nil
      } else if let (side, name) = SideName.split(key) {
        details[side][name] = value
        rest.extra[key] = nil
      }
    }
    rest.margin = nil
    rest.confidence = nil
    rest.isTie = false
    rest.rejected = nil
    rest.chosen = .text("")
    shared = rest
    answers = [
      Answer(pair.chosen, details: details[0]), Answer(rejected, details: details[1]),
    ]
    original = pair.isTie ? nil : 0
  }

  /// Answers of a list, to be put into order; two of them are a pair like any other.
  package init(_ list: RankedAnswers) {
    shared = list.shared
    shared.rejected = nil
    shared.chosen = .text("")
    var seen: [Answer] = []
    // The same text twice in a list would have to be a tie with itself.
    for answer in list.answers where !seen.contains(where: { $0.completion == answer.completion }) {
      var details = JSONObject()
      if !answer.details.isEmpty { details["*_details"] = .object(answer.details) }
      seen.append(Answer(answer.completion, details: details))
    }
    answers = seen
    let best = list.answers.min { $0.rank < $1.rank }
    let isShared = list.answers.count { $0.rank == best?.rank } > 1
    original = isShared ? nil : seen.firstIndex { $0.completion == best?.completion }
  }

  /// True where there is nothing to prefer: answers that are the same byte for byte.
  package var isIdentical: Bool {
    answers.count < 2 || (answers.count == 2 && answers[0].completion == answers[1].completion)
  }

  private static let aboutLabel: Set<String> = ["votes", "confidence", "margin", "tie"]
}

/// A member's name in which one side stands: `score_chosen` is `score_*` of the chosen one.
enum SideName {
  private static let sides = ["chosen", "rejected"]

  /// The side (0 chosen, 1 rejected) and the name with `*` in its place; nil where no side is named as a word.
  static func split(_ key: String) -> (side: Int, name: String)? {
    for separator: Character in ["_", "-"] {
      var words = key.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
      guard words.count > 1 else { continue }
      for (side, word) in sides.enumerated() {
        guard let place = words.firstIndex(of: word) else { continue }
        words[place] = "*"
        return (side, words.joined(separator: String(separator)))
      }
    }
    return nil
  }

  /// The name for a side.
  static func join(_ name: String, side: Int) -> String {
    name.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
      .joined(separator: sides[side])
  }
}
