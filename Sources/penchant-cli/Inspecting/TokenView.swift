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

  /// The prompt's tokens.
  func prompt(_ example: TokenizedExample) -> String {
    let scored = Set(example.branches.flatMap(\.scored))
    return marked(example.prompt, from: 0, scored: scored, outside: .dim)
  }

  /// The tokens of a branch.
  func branch(_ index: Int, of example: TokenizedExample) -> String {
    let branch = example.branches[index]
    return marked(
      branch.tokens, from: example.prompt.count, scored: Set(branch.scored), outside: .yellow)
  }

  private func marked(
    _ ids: [Int32], from start: Int, scored: Set<Int>, outside: Terminal.Style
  ) -> String {
    ids.enumerated().map { offset, id in
      let isScored = scored.contains(start + offset)
      guard terminal.hasColors else { return isScored ? "[\(spelling(id))]" : spelling(id) }
      // Neighbours differ in weight so that the seams between tokens show.
      let seam: Terminal.Style = offset % 2 == 0 ? .bold : .underline
      return isScored
        ? terminal.style(spelling(id), .green, seam) : terminal.style(spelling(id), outside)
    }.joined(separator: terminal.hasColors ? "" : " ")
  }
}
