import PenchantCore
import PenchantData
import PenchantModel
import PenchantText

/// Pairs whose prompt alone is not how prompt + answer begins, and one of them token by token.
struct MismatchInspection {
  /// The row that is shown.
  let shown: RowLocation
  private let mismatch: PrefixMismatch
  /// The rows that were left out for it, the shown one included; empty where they are not left out.
  private let rows: [RowLocation]
  private let choice: EncodingOptions.Mismatch

  /// Tokens shown before the first that differs, and from it on.
  private static let (before, after) = (6, 8)
  /// Rows that are named.
  private static let named = 5

  /// Looks at the pair that was asked for, else at the first that was left out; nil where both are well.
  init?(
    _ dropped: [DroppedPair], shown pair: Pair, in pairs: PairIndex, _ encoder: ExampleEncoder,
    choice: EncodingOptions.Mismatch
  ) throws {
    rows = dropped.filter { $0.reason == .mismatch }.map(\.row)
    self.choice = choice
    if let mismatch = try encoder.mismatch(of: pair) {
      (shown, self.mismatch) = (pair.source, mismatch)
      return
    }
    guard let first = rows.first else { return nil }
    for index in 0..<pairs.count {
      let pair = try pairs[index]
      if pair.source == first, let mismatch = try encoder.mismatch(of: pair) {
        (shown, self.mismatch) = (first, mismatch)
        return
      }
    }
    return nil
  }

  private var answer: String { ["chosen", "rejected", "ideal"][mismatch.answer] }

  /// The part that should be the beginning, for people.
  private var part: String {
    switch mismatch.part {
    case .prompt: "the prompt alone"
    case .before(let turn): "what comes before turn \(turn) of the answer"
    case .through(let turn): "what goes to the end of turn \(turn) of the answer"
    }
  }

  private var consequence: String {
    switch choice {
    case .error: "tune stops there unless --on-mismatch split or drop is chosen"
    case .drop: "they are left out, as --on-mismatch drop says"
    case .split: "the prompt ends where they part, as --on-mismatch split says"
    }
  }

  func text(_ view: TokenView) -> String {
    let terminal = view.terminal
    var text = terminal.style("prompts that are not how prompt + answer begins", .bold) + "\n"
    if rows.isEmpty {
      text += "  \(consequence)\n"
    } else {
      let names = rows.prefix(Self.named).map(\.description).joined(separator: ", ")
      let more = rows.count > Self.named ? ", …" : ""
      text += "  \(rows.count) \(rows.count == 1 ? "pair" : "pairs"): \(names)\(more)\n"
      text += "  \(consequence)\n"
    }
    let place =
      mismatch.commonCharacters.map { "the text differs from character \($0 + 1) on" }
      ?? "the text is the same, the tokens are cut differently"
    text += "  \(shown), \(answer) answer: token \(mismatch.commonTokens + 1) is the first that "
    text += "differs; \(place)\n"
    let label = part
    let width = max(label.count, Self.whole.count)
    for (name, ids) in [(label, mismatch.alone), (Self.whole, mismatch.whole)] {
      let gap = String(repeating: " ", count: width - name.count + 2)
      text += "    \(name)\(gap)\(tokens(ids, view))\n"
    }
    return text
  }

  private static let whole = "with the answer"

  /// Tokens around the first that differs; from there on they stand in brackets.
  private func tokens(_ ids: [Int32], _ view: TokenView) -> String {
    let common = mismatch.commonTokens
    let start = max(0, common - Self.before)
    let end = min(ids.count, common + Self.after)
    let shown = (start..<end).map { index in
      let spelling = view.spelling(ids[index])
      guard index >= common else { return view.terminal.style(spelling, .dim) }
      return view.terminal.hasColors
        ? view.terminal.style(spelling, .yellow, index % 2 == 0 ? .bold : .underline)
        : "[\(spelling)]"
    }
    return (start > 0 ? "… " : "") + shown.joined(separator: " ") + (end < ids.count ? " …" : "")
      + (common >= ids.count ? " (ends here)" : "")
  }

  var json: JSON {
    func number(_ value: Int) -> JSON { .number(JSONNumber(value)) }
    func list(_ ids: [Int32]) -> JSON { .array(ids.map { number(Int($0)) }) }
    return .object(
      JSONObject([
        "left_out": number(rows.count),
        "row": .string(shown.description), "answer": .string(answer), "part": .string(part),
        "common_tokens": number(mismatch.commonTokens),
        "common_characters": mismatch.commonCharacters.map(number) ?? .null,
        "part_token_ids": list(mismatch.alone), "whole_token_ids": list(mismatch.whole),
      ]))
  }
}
