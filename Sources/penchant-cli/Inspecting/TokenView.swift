import PenchantModel
import PenchantText

/// Tokens of a pair, marked by what is trained on.
struct TokenView {
  let tokenizer: Tokenizer
  let terminal: Terminal

  /// What the marks mean.
  var legend: String {
    terminal.hasColors
      ? "\(terminal.style("only read", .dim))  \(terminal.style("trained on", .green))  "
        + "\(terminal.style("in the answer, not trained on", .yellow))"
      : "[trained on]  only read"
  }

  /// A token as the vocabulary spells it, harmless to a terminal.
  func spelling(_ id: Int32) -> String {
    Terminal.harmless(tokenizer.token(of: id) ?? "<\(id)>")
      .replacing("\n", with: "␊").replacing("\t", with: "␉")
  }

  /// The prompt's tokens, further lines indented.
  func prompt(_ example: TokenizedExample, indent: Int) -> String {
    let scored = Set(example.branches.flatMap(\.scored))
    return lines(marked(example.prompt, from: 0, scored: scored, outside: .dim), indent)
  }

  /// The tokens of a branch, further lines indented.
  func branch(_ index: Int, of example: TokenizedExample, indent: Int) -> String {
    let branch = example.branches[index]
    return lines(
      marked(
        branch.tokens, from: example.prompt.count, scored: Set(branch.scored), outside: .yellow),
      indent)
  }

  /// A token as it is spelled and as it is shown.
  private typealias Mark = (spelling: String, shown: String)

  private func marked(
    _ ids: [Int32], from start: Int, scored: Set<Int>, outside: Terminal.Style
  ) -> [Mark] {
    ids.enumerated().map { offset, id in
      let isScored = scored.contains(start + offset)
      let spelling = spelling(id)
      guard terminal.hasColors else { return (spelling, isScored ? "[\(spelling)]" : spelling) }
      // Neighbours differ in weight so that the seams between tokens show.
      let seam: Terminal.Style = offset % 2 == 0 ? .bold : .underline
      return (
        spelling,
        isScored ? terminal.style(spelling, .green, seam) : terminal.style(spelling, outside)
      )
    }
  }

  /// Tokens one after another, in lines that break before a word where a person looks: before a token that begins with
  /// the sign of a space.
  private func lines(_ marks: [Mark], _ indent: Int) -> String {
    let separator = terminal.hasColors ? "" : " "
    guard let width = terminal.textWidth else {
      return marks.map(\.shown).joined(separator: separator)
    }
    var words: [[String]] = []
    for mark in marks {
      let begins = mark.spelling.unicodeScalars.first.map { "Ġ▁ <".unicodeScalars.contains($0) }
      if words.isEmpty || begins ?? true { words.append([]) }
      words[words.count - 1].append(mark.shown)
    }
    let room = max(20, width - indent)
    var lines = [""]
    var used = 0
    func add(_ text: String) {
      let needed = DisplayWidth.of(text) + (used > 0 ? separator.count : 0)
      if used > 0, used + needed > room {
        lines.append("")
        used = 0
      }
      lines[lines.count - 1] += (used > 0 ? separator : "") + text
      used += used > 0 ? needed : DisplayWidth.of(text)
    }
    for word in words {
      let whole = word.joined(separator: separator)
      // A word wider than a line is broken between its tokens.
      if DisplayWidth.of(whole) <= room { add(whole) } else { word.forEach(add) }
    }
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }
}
