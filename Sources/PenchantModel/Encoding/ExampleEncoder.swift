import PenchantCore
package import PenchantData
import PenchantEngine
import PenchantText

/// Why a pair was left out.
package enum DropReason: Sendable, Equatable {
  /// A sequence exceeds the limit, and `--truncation drop` was chosen (or nothing can be cut).
  case tooLong(tokens: Int, limit: Int)
  /// The prompt alone fills the limit.
  case promptTooLong(tokens: Int, limit: Int)
  /// The prompt's tokens are not a prefix of prompt + answer, and `--on-mismatch drop` was chosen.
  case mismatch
  /// An answer says nothing, or has no token that counts.
  case emptyAnswer
  /// Both answers are the same tokens: nothing to prefer.
  case identical
  /// People preferred neither answer.
  case tie
  /// An answer that was not liked is nothing to learn by heart.
  case notLiked

  /// Its name in dropped.jsonl.
  package var name: String {
    switch self {
    case .tooLong: "too-long"
    case .promptTooLong: "prompt-too-long"
    case .mismatch: "prefix-mismatch"
    case .emptyAnswer: "empty-answer"
    case .identical: "identical-answers"
    case .tie: "tie"
    case .notLiked: "not-liked"
    }
  }
}

/// A pair that was left out.
package struct DroppedPair: Sendable, Equatable {
  package let id: String
  package let row: RowLocation
  package let reason: DropReason

  package init(id: String, row: RowLocation, reason: DropReason) {
    self.id = id
    self.row = row
    self.reason = reason
  }
}

/// Turns pairs into token sequences: template, tokenizer, which tokens count, truncation.
package struct ExampleEncoder: Sendable {
  package enum Outcome: Sendable, Equatable {
    case example(TokenizedExample)
    case dropped(DroppedPair)
  }

  /// Which of a row's answers become branches.
  package enum Answers: Sendable, Equatable {
    /// The chosen and the rejected one, in this order.
    case both
    /// Both, and the third, ideal one.
    case bothAndGold
    /// The chosen one: supervised tuning.
    case chosen
    /// A judged answer, as the first branch where it was liked, else as the second; the other is absent.
    case judged
  }

  package let options: EncodingOptions
  package let answers: Answers
  /// Whether the prompt's tokens are scored with the first branch (ORPO).
  package let scoresPrompt: Bool
  package let conversation: ConversationEncoder
  private let beginToken: Int32?
  /// Tokens of the model's context.
  private let context: Int

  /// - Throws: ``ModelError`` when messages are asked for and the model has no chat template.
  package init(
    _ model: LanguageModel, options: EncodingOptions, answers: Answers = .both,
    scoresPrompt: Bool = false
  ) throws(ModelError) {
    self.options = options
    self.answers = answers
    self.scoresPrompt = scoresPrompt
    conversation = try ConversationEncoder(model, format: options.promptFormat)
    context = model.architecture.maxPositions
    beginToken = model.tokenizerConfiguration.bosToken.flatMap { model.tokenizer.id(of: $0) }
  }

  /// Encodes one pair.
  /// - Parameter index: its place in the data.
  /// - Throws: ``ModelError`` naming the row, for what the options do not allow.
  package func encode(_ pair: Pair, index: Int) throws(ModelError) -> Outcome {
    func dropped(_ reason: DropReason) -> Outcome {
      .dropped(DroppedPair(id: pair.id, row: pair.source, reason: reason))
    }
    // Which answer of a tie stands first means nothing.
    if pair.isTie { return dropped(.tie) }
    if answers == .chosen, pair.isLiked == false { return dropped(.notLiked) }
    let prompt: [Int32]
    let answers: [Answer]
    do { (prompt, answers) = try sequences(of: pair) } catch {
      // A turn inside an answer that does not begin or end where it does alone.
      if case .prefixMismatch = error.code, options.onMismatch == .drop {
        return dropped(.mismatch)
      }
      throw error
    }

    // TRL 1.16: the prompt ends where the three tokenisations part.
    let common = answers.map { Self.commonPrefix(prompt, $0.ids) }.min() ?? 0
    if common < prompt.count {
      switch options.onMismatch {
      case .error:
        throw ModelError(.prefixMismatch(row: pair.source, prompt: prompt.count, common: common))
      case .drop: return dropped(.mismatch)
      case .split: break
      }
    }
    var example = TokenizedExample(
      id: pair.id, index: index, prompt: Array(prompt[..<common]),
      branches: answers.map { answer in
        TokenizedExample.Branch(
          tokens: Array(answer.ids[common...]),
          scored: answer.scored(after: common).filter { $0 > 0 })
      }, weight: pair.weight, margin: pair.margin, confidence: pair.confidence)
    if let reason = try truncate(&example, row: pair.source) { return dropped(reason) }
    if example.branches.contains(where: \.scored.isEmpty) { return dropped(.emptyAnswer) }
    let isCompared = self.answers == .both || self.answers == .bothAndGold
    if isCompared, example.branches[0].tokens == example.branches[1].tokens {
      return dropped(.identical)
    }
    if self.answers == .judged {
      example.branches.insert(.absent, at: pair.isLiked == true ? 1 : 0)
    }
    if scoresPrompt {
      example.branches[0].scored.insert(contentsOf: 1..<max(1, example.prompt.count), at: 0)
    }
    return .example(example)
  }

  /// The answers to encode.
  func completions(_ pair: Pair) throws(ModelError) -> [Completion] {
    switch answers {
    case .chosen: return [pair.chosen]
    case .judged:
      guard pair.isLiked != nil else { throw ModelError(.noLabel(row: pair.source)) }
      return [pair.chosen]
    case .both, .bothAndGold:
      guard let rejected = pair.rejected else {
        throw ModelError(.noRejectedAnswer(row: pair.source))
      }
      guard answers == .bothAndGold else { return [pair.chosen, rejected] }
      guard let gold = pair.gold else { throw ModelError(.noGoldAnswer(row: pair.source)) }
      return [pair.chosen, rejected, gold]
    }
  }

  /// Whether an answer that would be learnt from says nothing: it would teach to end a turn at once, or to fear that.
  package func hasSilentAnswer(_ pair: Pair) -> Bool {
    switch answers {
    case .chosen, .judged: pair.chosen.isSilent
    case .both: pair.chosen.isSilent || pair.rejected?.isSilent == true
    case .bothAndGold:
      pair.chosen.isSilent || pair.rejected?.isSilent == true || pair.gold?.isSilent == true
    }
  }

  /// Brings an example within the limit, or says why it has to go.
  private func truncate(
    _ example: inout TokenizedExample, row: RowLocation
  ) throws(ModelError) -> DropReason? {
    guard let limit = options.maxLength, example.longestSequence > limit else { return nil }
    let longest = example.longestSequence
    switch options.truncation {
    case .drop: return .tooLong(tokens: longest, limit: limit)
    case .error:
      throw ModelError(.tooLong(row: row, tokens: longest, limit: limit, context: context))
    case .keepStart:
      guard example.prompt.count < limit else {
        return .promptTooLong(tokens: example.prompt.count, limit: limit)
      }
      for index in example.branches.indices {
        let kept = limit - example.prompt.count
        let cut = max(0, example.branches[index].tokens.count - kept)
        example.branches[index].tokens.removeLast(cut)
        example.branches[index].scored.removeAll { $0 >= limit }
        example.branches[index].cutTokens = cut
      }
    case .cutPrompt:
      // A beginning-of-text token stays where it is.
      let kept = beginToken != nil && example.prompt.first == beginToken ? 1 : 0
      let cut = longest - limit
      guard cut < example.prompt.count - kept else {
        return .tooLong(tokens: longest, limit: limit)
      }
      example.prompt.removeSubrange(kept..<kept + cut)
      example.cutPromptTokens = cut
      for index in example.branches.indices {
        example.branches[index].scored = example.branches[index].scored.compactMap { token in
          token < kept ? token : token < kept + cut ? nil : token - cut
        }
      }
    }
    return nil
  }

  static func commonPrefix(_ left: [Int32], _ right: [Int32]) -> Int {
    var count = 0
    while count < min(left.count, right.count), left[count] == right[count] { count += 1 }
    return count
  }
}

/// All pairs of a data set, encoded.
package struct EncodedData: Sendable {
  package var examples: [TokenizedExample] = []
  package var dropped: [DroppedPair] = []

  package init() {}

  /// Pairs whose prompt or answers lost tokens.
  package var cutCount: Int {
    examples.count { $0.cutPromptTokens > 0 || $0.branches.contains { $0.cutTokens > 0 } }
  }
}

extension ExampleEncoder {
  /// Encodes pairs in order.
  /// - Parameter progress: called with the number done after each.
  /// - Throws: ``ModelError`` for the first row that the options do not allow.
  package func encode(
    _ pairs: [Pair], progress: (Int) -> Void = { _ in }
  ) throws(ModelError) -> EncodedData {
    var data = EncodedData()
    for (index, pair) in pairs.enumerated() {
      switch try encode(pair, index: index) {
      case .example(let example): data.examples.append(example)
      case .dropped(let pair): data.dropped.append(pair)
      }
      progress(index + 1)
    }
    return data
  }
}
