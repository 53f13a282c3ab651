package import PenchantData
import PenchantText

/// Where a rendering that a longer one should begin with is not its beginning.
package struct PrefixMismatch: Sendable, Equatable {
  /// What the longer rendering should begin with.
  package enum Part: Sendable, Equatable {
    /// The prompt, up to where the assistant is asked to speak.
    case prompt
    /// An answer's turns before one of the assistant's, which is asked to speak; counted from 1.
    case before(turn: Int)
    /// An answer's turns up to this one.
    case through(turn: Int)
  }

  package let part: Part
  /// Which answer follows: 0 the chosen one, 1 the rejected one, 2 the ideal one.
  package let answer: Int
  /// The tokens of the part alone.
  package let alone: [Int32]
  /// The tokens of the whole conversation.
  package let whole: [Int32]
  /// How many of their first tokens agree.
  package let commonTokens: Int
  /// How many of the first characters (Unicode scalars) of the texts agree; nil where the text of the part
  /// is the beginning of the whole text, and only the tokens are cut differently.
  package let commonCharacters: Int?
}

extension ExampleEncoder {
  /// The first place where a pair's prompt, or a turn whose tokens are wanted, is not how prompt + answer begins;
  /// nil where all is well.
  /// - Throws: ``ModelError`` for a pair that cannot be encoded for another reason.
  package func mismatch(of pair: Pair) throws(ModelError) -> PrefixMismatch? {
    let row = pair.source
    let completions = try completions(pair)
    guard let messages = try conversation.messages(pair) else {
      let alone = (pair.prompt.text, try conversation.plain(pair.prompt.text, row: row))
      for (index, completion) in completions.enumerated() {
        let ids = try conversation.plain(alone.0, answer: completion.text, row: row)
        let whole = (alone.0 + completion.text, ids)
        if let found = Self.compare(alone, whole, .prompt, index) { return found }
      }
      return nil
    }
    func rendered(
      _ messages: [Message], generationPrompt: Bool
    ) throws(ModelError) -> (String, [Int32]) {
      (
        try conversation.rendering(messages, generationPrompt: generationPrompt, of: pair).text,
        try conversation.templated(messages, generationPrompt: generationPrompt, of: pair)
      )
    }
    let prompt = try rendered(messages, generationPrompt: true)
    for (index, completion) in completions.enumerated() {
      let turns = conversation.turns(completion)
      let whole = try rendered(messages + turns, generationPrompt: false)
      if let found = Self.compare(prompt, whole, .prompt, index) { return found }
      guard options.trainOn == .lastTurn || assistantSource == .turns else { continue }
      for (turn, message) in turns.enumerated() where message.role == "assistant" {
        let before = messages + turns[..<turn]
        let start = try rendered(before, generationPrompt: true)
        if let found = Self.compare(start, whole, .before(turn: turn + 1), index) { return found }
        let end = try rendered(before + [message], generationPrompt: false)
        if let found = Self.compare(end, whole, .through(turn: turn + 1), index) { return found }
      }
    }
    return nil
  }

  private static func compare(
    _ alone: (text: String, ids: [Int32]), _ whole: (text: String, ids: [Int32]),
    _ part: PrefixMismatch.Part, _ answer: Int
  ) -> PrefixMismatch? {
    let common = commonPrefix(alone.ids, whole.ids)
    guard common < alone.ids.count else { return nil }
    let scalars = zip(alone.text.unicodeScalars, whole.text.unicodeScalars).prefix { $0 == $1 }
    let isBeginning = whole.text.utf8.starts(with: alone.text.utf8)
    return PrefixMismatch(
      part: part, answer: answer, alone: alone.ids, whole: whole.ids, commonTokens: common,
      commonCharacters: isBeginning ? nil : scalars.count)
  }
}
