import PenchantCore

/// What a splitting pre-tokenizer does with what it finds.
enum SplitBehavior: String, Sendable {
  /// A match is a piece of its own.
  case isolated = "Isolated"
  /// Matches are dropped.
  case removed = "Removed"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  /// Neighbouring matches are one piece.
  case contiguous = "Contiguous"

  /// Reads a `behavior`.
  init(_ field: TokenizerField) throws(TextError) {
    let name = try field.string()
    guard let behavior = SplitBehavior(rawValue: name) else {
      throw TextError(.unsupportedOption(path: field.path, value: "'\(name)'"))
    }
    self = behavior
  }

  /// A part of the text, found by the pattern or lying between two finds.
  struct Segment {
    var range: Range<Int>
    var isMatch: Bool
  }

  /// Appends the pieces that segments, which cover a text in order, make; empty pieces are left
  /// out.
  func appendPieces(of segments: [Segment], to pieces: inout [Range<Int>]) {
    switch self {
    case .isolated: for segment in segments { Self.append(segment.range, to: &pieces) }
    case .removed:
      for segment in segments where !segment.isMatch { Self.append(segment.range, to: &pieces) }
    case .contiguous:
      Self.join(segments, to: &pieces) { $0.isMatch == $1.isMatch }
    case .mergedWithPrevious:
      Self.join(segments, to: &pieces) { !$0.isMatch && $1.isMatch }
    case .mergedWithNext:
      // Of several matches in a row only the last joins what follows.
      Self.join(segments, to: &pieces) { $0.isMatch && !$1.isMatch }
    }
  }

  private static func append(_ range: Range<Int>, to pieces: inout [Range<Int>]) {
    if !range.isEmpty { pieces.append(range) }
  }

  /// Joins neighbours for which `joins` holds.
  private static func join(
    _ segments: [Segment], to pieces: inout [Range<Int>], _ joins: (Segment, Segment) -> Bool
  ) {
    guard var current = segments.first?.range else { return }
    for (segment, following) in zip(segments, segments.dropFirst()) {
      if joins(segment, following) {
        current = current.lowerBound..<following.range.upperBound
      } else {
        append(current, to: &pieces)
        current = following.range
      }
    }
    append(current, to: &pieces)
  }
}
