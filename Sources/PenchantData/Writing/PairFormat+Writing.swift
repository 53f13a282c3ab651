import PenchantCore

/// Why a format cannot say what a pair says.
package enum Unwritable: Error, Sendable, Equatable, CaseIterable {
  /// Neither answer is preferred, and the format knows preferences only.
  case tie
  /// The row has one answer that is called good or bad, and the format wants two.
  case unpaired
  /// The row has one answer to learn from, and the format wants two.
  case single
  /// A conversation of several turns, or with more than words in a turn, and the format has texts only.
  case turns
  /// The transcript would be cut elsewhere when it is read again.
  case ambiguous

  /// Completes "12 … have no place in hh".
  package var plural: String {
    switch self {
    case .tie: "ties"
    case .unpaired: "labelled answers"
    case .single: "rows with one answer"
    case .turns: "conversations of several turns, or with more than words in a turn,"
    case .ambiguous: "rows whose texts would be cut elsewhere"
    }
  }
}

/// How a format is written; see ``PairFormat/row(taking:)``.
package enum RowWriting: Sendable {
  /// Rows are pairs; its readers pass over members they do not know.
  case pairs
  /// Rows are pairs, and a member that is not the format's own is an error for its readers.
  case strictPairs
  /// Rows are single answers with a label; a pair becomes two of them.
  case labelledAnswers
  /// Rows are single answers to learn from.
  case answers
  /// It is read, or recognised, but not written.
  case none
}

extension Pair {
  /// What the format has a place for is taken out of the pair; what is left is for others to keep.
  mutating func take(_ key: String) -> JSON? {
    defer { extra[key] = nil }
    return extra[key]
  }

  /// Prompt and answers as turns: a plain prompt becomes a system turn, if there is one, and one of the user.
  mutating func takeTurns() -> (prompt: [Message], chosen: [Message], rejected: [Message]?) {
    let answers = [chosen, rejected].map { answer -> [Message]? in
      switch answer {
      case .text(let text): [Message(role: "assistant", content: text)]
      case .messages(let turns): turns
      case nil: nil
      }
    }
    var turns: [Message] = []
    switch prompt {
    case .messages(let messages): turns = messages
    case .text(let text):
      if let system = systemPrompt { turns.append(Message(role: "system", content: system)) }
      turns.append(Message(role: "user", content: text))
      systemPrompt = nil
    }
    return (turns, answers[0] ?? [], answers[1])
  }

  /// Prompt and answers as texts, and the system prompt; possible where the prompt is one question and each
  /// answer one turn, all of words alone.
  mutating func takeTexts() throws(Unwritable) -> (
    system: String?, prompt: String, chosen: String, rejected: String?
  ) {
    var system: String?
    let question: String
    switch prompt {
    case .text(let text):
      question = text
      system = systemPrompt
      systemPrompt = nil
    case .messages(var turns):
      if turns.first?.role == "system", let words = turns.first?.words {
        system = words
        turns.removeFirst()
      }
      guard turns.count == 1, turns[0].role == "user", let words = turns[0].words else {
        throw .turns
      }
      question = words
    }
    return (
      system, question, try chosen.answerText(), try rejected?.answerText()
    )
  }

  /// The rejected answer of a pair.
  func required<Answer>(_ rejected: Answer?) throws(Unwritable) -> Answer {
    guard let rejected else { throw isLiked == nil ? .single : .unpaired }
    return rejected
  }
}

extension Message {
  /// The words of a turn that has nothing else; nil for others.
  var words: String? { extra.isEmpty ? content?.string : nil }
}

extension Completion {
  fileprivate func answerText() throws(Unwritable) -> String {
    switch self {
    case .text(let text): return text
    case .messages(let turns):
      guard turns.count == 1, turns[0].role == "assistant", let words = turns[0].words else {
        throw .turns
      }
      return words
    }
  }
}

extension [Message] {
  var json: JSON { .array(map(\.json)) }
}
