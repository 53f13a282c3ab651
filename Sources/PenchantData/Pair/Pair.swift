package import PenchantCore

/// Two answers to one prompt, the preferred one marked, and everything the row knew about them.
///
/// A row may have one answer only, which is then `chosen`: of supervised data, or an unpaired answer that
/// ``isLiked`` calls good or bad (KTO, BCO).
package struct Pair: Sendable, Equatable {
  /// The row's `id`, or its 1-based number in the file where it has none.
  package var id: String
  package var prompt: Prompt
  package var chosen: Completion
  /// nil where the row has one answer only.
  package var rejected: Completion?
  /// A third, ideal answer (TPO); nil where the row has none.
  package var gold: Completion?
  /// Of a row with one answer that was judged on its own: whether people liked it; nil for all others.
  ///
  /// Where it is false, `chosen` is chosen in name only.
  package var isLiked: Bool?
  /// The system prompt that goes with a plain-text prompt.
  ///
  /// Formats made of turns put theirs into `prompt` as its first message and leave this nil.
  package var systemPrompt: String?
  /// Tools the chat template is told about, as a list of JSON schemas.
  package var tools: JSON?
  /// Per-row arguments of the chat template (`chat_template_kwargs`).
  package var chatTemplateArguments: JSONObject?
  /// How much the pair counts, ≥ 0; nil means 1.
  package var weight: Double?
  /// By how much the chosen answer is better, in the row's own unit; nil where it does not say.
  package var margin: Double?
  /// Probability that the label is right, 0…1; nil where it does not say.
  package var confidence: Double?
  /// True where people found neither answer better; `chosen` is then chosen in name only.
  package var isTie: Bool
  /// Where the pair comes from.
  package var source: RowLocation
  /// Every member of the row that nothing above holds, in order.
  package var extra: JSONObject

  package init(
    id: String, prompt: Prompt, chosen: Completion, rejected: Completion?,
    gold: Completion? = nil, isLiked: Bool? = nil, systemPrompt: String? = nil, tools: JSON? = nil,
    chatTemplateArguments: JSONObject? = nil,
    weight: Double? = nil, margin: Double? = nil, confidence: Double? = nil, isTie: Bool = false,
    source: RowLocation, extra: JSONObject = JSONObject()
  ) {
    self.id = id
    self.prompt = prompt
    self.chosen = chosen
    self.rejected = rejected
    self.gold = gold
    self.isLiked = isLiked
    self.systemPrompt = systemPrompt
    self.tools = tools
    self.chatTemplateArguments = chatTemplateArguments
    self.weight = weight
    self.margin = margin
    self.confidence = confidence
    self.isTie = isTie
    self.source = source
    self.extra = extra
  }

  /// The answers as judged ones: a pair's chosen answer was liked, its rejected one was not.
  ///
  /// A row that was judged on its own is returned as it is, and so is one that says nothing about its answer.
  package var judgedAnswers: [Pair] {
    guard let rejected else { return [self] }
    func judged(_ answer: Completion, _ isLiked: Bool) -> Pair {
      var pair = self
      pair.id = "\(id)\(isLiked ? "+" : "-")"
      pair.chosen = answer
      pair.rejected = nil
      pair.gold = nil
      pair.isLiked = isLiked
      return pair
    }
    return [judged(chosen, true), judged(rejected, false)]
  }

  /// True where both answers are the same, byte for byte: such a pair has no gradient.
  package var isIdentical: Bool { chosen == rejected }
}

/// Where a row stands, for messages and for tracing a pair back to its file.
package struct RowLocation: Sendable, Equatable, Hashable, CustomStringConvertible {
  /// The path as it was given.
  package var file: String
  /// Number of the row, from 1; blank lines are not rows.
  package var row: Int
  /// Number of the line the row begins on, from 1.
  package var line: Int

  package init(file: String, row: Int, line: Int) {
    self.file = file
    self.row = row
    self.line = line
  }

  /// `file:line`, which editors and terminals understand.
  package var description: String { "\(file):\(line)" }
}
