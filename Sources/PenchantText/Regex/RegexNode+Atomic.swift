extension RegexNode {
  /// A node that matches from every place what this one prefers there and nothing else, as `(?>…)` and possessive
  /// quantifiers ask for; nil where that is not known to be regular.
  ///
  /// What was passed over is ruled out by a lookahead: `(?>A|B)` is `A|(?!A)B`, `(?>A*)` is `A*(?!A)`, with A itself
  /// atomic.
  var atomic: RegexNode? {
    switch self {
    case .set, .lookahead, .lookbehind, .look: return self
    case .alternation(let branches):
      var guards: [RegexNode] = []
      var result: [RegexNode] = []
      for branch in branches {
        guard let only = branch.atomic else { return nil }
        result.append(.sequence(guards + [only]))
        guards.append(Self.not(branch))
      }
      return .alternation(result)
    case .repetition(let body, let minimum, let maximum, let greedy):
      // To reach the least number, an earlier copy may end elsewhere than it prefers.
      guard let only = body.atomic, minimum < 2 || body.hasOneEnd else { return nil }
      let least = Array(repeating: only, count: minimum)
      guard greedy else { return .sequence(least) }
      guard let maximum else {
        return .sequence([
          .repetition(only, minimum: minimum, maximum: nil, greedy: true), Self.not(body),
        ])
      }
      // Each copy is nested in the one before it.
      guard maximum - minimum <= Self.nestedCopies else { return nil }
      var rest = RegexNode.empty
      for _ in minimum..<maximum {
        rest = .alternation([.sequence([only, rest]), Self.not(body)])
      }
      return .sequence(least + [rest])
    case .sequence(let parts):
      guard let last = parts.last else { return self }
      var result: [RegexNode] = []
      for (index, part) in parts.dropLast().enumerated() {
        guard let only = part.atomic else { return nil }
        // What a part gives back must be of no use to what follows.
        guard part.hasOneEnd || part.givesNothing(to: parts[(index + 1)...]) else { return nil }
        result.append(only)
      }
      guard let only = last.atomic else { return nil }
      return .sequence(result + [only])
    }
  }

  private static let nestedCopies = 50

  /// Holds where a match of the node does not begin.
  private static func not(_ node: RegexNode) -> RegexNode {
    node.singleScalarSet.map { .lookahead($0.complement, orEnd: true) }
      ?? .look(node, ahead: true, negated: true)
  }

  /// Whether all its matches from one place end at the same.
  private var hasOneEnd: Bool {
    switch self {
    case .set, .lookahead, .lookbehind, .look: true
    case .sequence(let parts): parts.allSatisfy(\.hasOneEnd)
    case .alternation: singleScalarSet != nil
    case .repetition(let body, let minimum, let maximum, _): minimum == maximum && body.hasOneEnd
    }
  }

  /// Whether this is a run of one set, and what follows begins with none of it.
  private func givesNothing(to following: ArraySlice<RegexNode>) -> Bool {
    guard case .repetition(let body, _, _, true) = self, let set = body.singleScalarSet else {
      return false
    }
    for part in following {
      switch part {
      case .set(let next): return next.intersection(set).isEmpty
      case .repetition(let body, let minimum, _, _):
        guard let next = body.singleScalarSet, next.intersection(set).isEmpty else { return false }
        if minimum > 0 { return true }
      default: return false
      }
    }
    // Nothing has to follow: the longest run is as good as any.
    return true
  }
}
