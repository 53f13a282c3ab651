import PenchantData

/// The texts of a pair as UTF-8, taken apart once for all checks.
struct PairText {
  let pair: Pair
  /// All the words of the prompt.
  let prompt: [UInt8]
  /// What the user said last.
  let question: [UInt8]
  let chosen: [UInt8]
  let rejected: [UInt8]

  private static let human = Array("\n\nHuman:".utf8)
  private static let assistant = Array("\n\nAssistant:".utf8)

  init(_ pair: Pair) {
    self.pair = pair
    prompt = Array(pair.prompt.text.utf8)
    chosen = Array(pair.chosen.text.utf8)
    rejected = Array((pair.rejected?.text ?? "").utf8)
    switch pair.prompt {
    case .text: question = Self.lastTurn(prompt)
    case .messages(let messages):
      question = messages.last { $0.role == "user" }.map { Array($0.text.utf8) } ?? prompt
    }
  }

  /// The answers with their names.
  var sides: [(name: String, bytes: [UInt8])] { [("chosen", chosen), ("rejected", rejected)] }

  /// All texts with their names.
  var texts: [(name: String, bytes: [UInt8])] {
    [("prompt", prompt), ("chosen answer", chosen), ("rejected answer", rejected)]
  }

  /// What tells a row from another: the last user turn and the answers.
  var rowTexts: [[UInt8]] { [question, chosen, rejected] }

  /// The last human turn of a transcript; the whole text where it is none.
  private static func lastTurn(_ text: [UInt8]) -> [UInt8] {
    guard text.starts(with: human), let start = text.lastOffset(of: human) else { return text }
    let turn = text[(start + human.count)...]
    guard let end = Array(turn).lastOffset(of: assistant) else { return Array(turn) }
    return Array(turn.prefix(end))
  }
}
