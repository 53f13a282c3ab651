import PenchantCore

/// Splits text where a pattern matches; every pre-tokenizer that is supported comes down to this.
struct PatternSplit: Sendable {
  let pattern: LinearRegex
  let behavior: SplitBehavior
  /// Treats what lies between matches as the matches.
  let isInverted: Bool

  init(_ pattern: LinearRegex, _ behavior: SplitBehavior, isInverted: Bool = false) {
    self.pattern = pattern
    self.behavior = behavior
    self.isInverted = isInverted
  }

  /// Appends the pieces of a part of the text; the pattern sees nothing outside of the part.
  func appendPieces(
    of range: Range<Int>, in text: UnsafeBufferPointer<UInt8>, to pieces: inout [Range<Int>]
  ) {
    let part = UnsafeBufferPointer(rebasing: text[range])
    let offset = range.lowerBound
    var end = 0
    if behavior == .isolated {
      pattern.forEachMatch(in: part) { match in
        if match.lowerBound > end { pieces.append(offset + end..<offset + match.lowerBound) }
        if !match.isEmpty { pieces.append(offset + match.lowerBound..<offset + match.upperBound) }
        end = match.upperBound
      }
      if end < part.count { pieces.append(offset + end..<range.upperBound) }
      return
    }
    var segments: [SplitBehavior.Segment] = []
    func add(_ lower: Int, _ upper: Int, _ isMatch: Bool) {
      segments.append(
        .init(range: offset + lower..<offset + upper, isMatch: isMatch != isInverted))
    }
    pattern.forEachMatch(in: part) { match in
      if match.lowerBound > end { add(end, match.lowerBound, false) }
      add(match.lowerBound, match.upperBound, true)
      end = match.upperBound
    }
    if end < part.count { add(end, part.count, false) }
    behavior.appendPieces(of: segments, to: &pieces)
  }
}
