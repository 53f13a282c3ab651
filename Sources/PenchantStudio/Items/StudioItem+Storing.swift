import PenchantCore
import PenchantData

extension StudioItem {
  /// A digest of what is judged, the same whichever answer stands first.
  var fingerprint: String {
    var hasher = Digest.Hasher()
    hasher.update(shared.prompt.json.text())
    hasher.update("\n" + (shared.systemPrompt ?? "") + "\n")
    for text in answers.map({ $0.completion.json.text() }).sorted(by: {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }) {
      hasher.update(text + "\n")
    }
    return hasher.finish().hex
  }

  /// Everything but the answers, as the row of a file.
  var row: JSONObject {
    var row = PairWriter.json(shared).object ?? JSONObject()
    for key in ["chosen", "rejected", "completion"] { row[key] = nil }
    return row
  }

  /// Code points that have to be read before judging: the last turn of the prompt and the answers.
  var characters: Int {
    let question: Int
    switch shared.prompt {
    case .text: question = shared.prompt.characterCount
    case .messages(let turns): question = turns.last?.text.unicodeScalars.count ?? 0
    }
    return answers.reduce(question) { $0 + $1.completion.characterCount }
  }
}

extension Prompt {
  /// The prompt as a page shows it.
  func turns(system: String?) -> [JudgingTask.Turn] {
    var turns: [JudgingTask.Turn] = []
    if let system { turns.append(.init(role: "system", content: system)) }
    switch self {
    case .text(let text): turns.append(.init(role: "user", content: text))
    case .messages(let messages):
      turns += messages.map { .init(role: $0.role, content: $0.shown) }
    }
    return turns
  }
}

extension Completion {
  /// The answer as a page shows it: its words; of several turns all, each but a first one of the assistant under
  /// its speaker's name.
  var shown: String {
    switch self {
    case .text(let text): return text
    case .messages(let turns):
      return turns.enumerated().map { index, turn in
        index == 0 && turn.role == "assistant" ? turn.shown : "[\(turn.role)]\n\(turn.shown)"
      }.joined(separator: "\n\n")
    }
  }
}

extension Message {
  /// The words, and the calls of tools as JSON.
  fileprivate var shown: String {
    guard let calls = extra["tool_calls"], calls.array?.isEmpty == false else { return text }
    return text.isEmpty ? calls.text() : text + "\n" + calls.text()
  }
}
