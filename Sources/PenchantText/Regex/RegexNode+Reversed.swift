extension RegexNode {
  /// The same for reading from the end of the text to its beginning.
  var reversed: RegexNode {
    switch self {
    case .set, .look: self
    case .sequence(let parts): .sequence(parts.reversed().map(\.reversed))
    case .alternation(let branches): .alternation(branches.map(\.reversed))
    case .repetition(let body, let minimum, let maximum, let greedy):
      .repetition(body.reversed, minimum: minimum, maximum: maximum, greedy: greedy)
    case .lookahead(let set, let orEnd): .lookbehind(set, orStart: orEnd)
    case .lookbehind(let set, let orStart): .lookahead(set, orEnd: orStart)
    }
  }
}
