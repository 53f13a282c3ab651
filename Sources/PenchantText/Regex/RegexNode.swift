/// A parsed pattern.
indirect enum RegexNode: Sendable, Equatable {
  /// One scalar of a set.
  case set(ScalarSet)
  case sequence([RegexNode])
  /// Alternatives; an earlier one is preferred.
  case alternation([RegexNode])
  /// `minimum` to `maximum` (nil: any number) copies; greedy prefers more of them.
  case repetition(RegexNode, minimum: Int, maximum: Int?, greedy: Bool)
  /// Holds where the next scalar is in the set, or, if `orEnd`, at the end of the text.
  case lookahead(ScalarSet, orEnd: Bool)
  /// Holds where the scalar before is in the set, or, if `orStart`, at the beginning of the text.
  case lookbehind(ScalarSet, orStart: Bool)
  /// Holds where something of any length begins (ahead) or ends (behind), or does not.
  case look(RegexNode, ahead: Bool, negated: Bool)

  /// Matches the empty text.
  static let empty = RegexNode.sequence([])

  /// Matches a text as it is written.
  static func literal(_ text: String) -> RegexNode {
    .sequence(text.unicodeScalars.map { .set(ScalarSet($0)) })
  }

  /// The set of scalars of which this matches exactly one; nil when it is longer or shorter.
  var singleScalarSet: ScalarSet? {
    switch self {
    case .set(let set): return set
    case .sequence(let parts): return parts.count == 1 ? parts[0].singleScalarSet : nil
    case .alternation(let branches):
      var union = ScalarSet()
      for branch in branches {
        guard let set = branch.singleScalarSet else { return nil }
        union = union.union(set)
      }
      return union
    case .repetition, .lookahead, .lookbehind, .look: return nil
    }
  }

  /// Whether it can match the empty text.
  var isNullable: Bool {
    switch self {
    case .set: false
    case .sequence(let parts): parts.allSatisfy(\.isNullable)
    case .alternation(let branches): branches.contains(where: \.isNullable)
    case .repetition(let body, let minimum, _, _): minimum == 0 || body.isNullable
    case .lookahead, .lookbehind, .look: true
    }
  }
}

// MARK: - Anchors

extension RegexNode {
  static let textStart = RegexNode.lookbehind(ScalarSet(), orStart: true)
  static let textEnd = RegexNode.lookahead(ScalarSet(), orEnd: true)
  /// What `^` stands for: the beginning, or after a line end that is not the last.
  static let lineStart = RegexNode.alternation([
    textStart,
    .sequence([.lookbehind(ScalarSet("\n"), orStart: false), .lookahead(.all, orEnd: false)]),
  ])
  /// What `$` stands for.
  static let lineEnd = RegexNode.lookahead(ScalarSet("\n"), orEnd: true)
  /// What `\Z` stands for: the end, or before a line end that is the end.
  static let lastLineEnd = RegexNode.alternation([
    textEnd, .look(.sequence([.set(ScalarSet("\n")), textEnd]), ahead: true, negated: false),
  ])

  /// `\b`, or `\B`: whether a word begins or ends here.
  static func wordBoundary(_ isBoundary: Bool) -> RegexNode {
    let (word, other) = (ScalarSet.onigurumaWord, ScalarSet.onigurumaWord.complement)
    return .alternation([
      .sequence([
        .lookbehind(word, orStart: false),
        .lookahead(isBoundary ? other : word, orEnd: isBoundary),
      ]),
      .sequence([
        .lookbehind(other, orStart: true),
        .lookahead(isBoundary ? word : other, orEnd: !isBoundary),
      ]),
    ])
  }
}
