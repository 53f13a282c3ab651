extension Tokenizer {
  /// The token ids of a text, nothing added to them, and which of them stand for some byte of given spans.
  ///
  /// A token that reaches over an edge of a span is marked. Normalizers and pre-tokenizers change lengths:
  /// an edge is where the text before it ends in what the model sees, and a token as long as the vocabulary
  /// spells it. Where the lengths do not add up (WordPiece, unknown tokens), an edge is where the tokens of the
  /// text before it stop being those of the whole.
  /// - Parameter spans: ranges of UTF-8 bytes of `text`, ascending and apart from each other.
  /// - Throws: ``TextError`` for a text of 2 GiB or more.
  package func encode(
    _ text: String, marking spans: [Range<Int>]
  ) throws(TextError) -> (ids: [Int32], isMarked: [Bool]) {
    let bytes = try Self.bytes(of: text)
    var ids: [Int32] = []
    var marks: [Bool] = []
    var cache = WordCache()
    var spans = spans[...]
    for segment in added.rawMatcher.segments(of: bytes) {
      while let span = spans.first, span.upperBound <= segment.range.lowerBound {
        spans.removeFirst()
      }
      let inside = spans.prefix { $0.lowerBound < segment.range.upperBound }
        .map { $0.clamped(to: segment.range) }.filter { !$0.isEmpty }
      if let id = segment.id {
        ids.append(id)
        marks.append(!inside.isEmpty)
        continue
      }
      let part = try measured(Self.part(segment.range, of: bytes), cache: &cache)
      let start = ids.count
      ids += part.ids
      marks += Array(repeating: inside.first == segment.range, count: part.ids.count)
      for span in inside where span != segment.range {
        let lower = try edge(
          Self.part(segment.range.lowerBound..<span.lowerBound, of: bytes), in: part,
          cache: &cache)
        let upper = try edge(
          Self.part(segment.range.lowerBound..<span.upperBound, of: bytes), in: part,
          cache: &cache)
        for index in lower.from..<max(lower.from, upper.through) { marks[start + index] = true }
      }
    }
    return (ids, marks)
  }

  /// Tokens of a stretch of text, and where each ends in what the model sees; nil where that is unknown.
  private struct MeasuredTokens {
    var ids: [Int32] = []
    var ends: [Int]?
  }

  private func measured(
    _ raw: NormalizedText, cache: inout WordCache
  ) throws(TextError) -> MeasuredTokens {
    var tokens = MeasuredTokens(ends: [])
    var end = 0
    for part in parts(of: raw) {
      let first = tokens.ids.count
      switch part {
      case .added(let id, _): tokens.ids.append(id)
      case .words(let pieces): try encodeWords(pieces, into: &tokens.ids, cache: &cache)
      }
      let expected = end + part.length
      for id in tokens.ids[first...] {
        if case .added(_, let length) = part { end += length } else { end += model.length(of: id) }
        tokens.ends?.append(end)
      }
      if end != expected { tokens.ends = nil }
      end = expected
    }
    return tokens
  }

  /// Where the text before an edge ends among tokens.
  /// - Returns: the first token that reaches beyond the edge, and how many begin before it.
  private func edge(
    _ before: NormalizedText, in tokens: MeasuredTokens, cache: inout WordCache
  ) throws(TextError) -> (from: Int, through: Int) {
    let count = tokens.ids.count
    if let ends = tokens.ends {
      let length = parts(of: before).reduce(0) { $0 + $1.length }
      let through = length == 0 ? 0 : ends.firstIndex { $0 >= length }.map { $0 + 1 } ?? count
      return (ends.firstIndex { $0 > length } ?? count, through)
    }
    let ids = try measured(before, cache: &cache).ids
    let common = zip(ids, tokens.ids).prefix { $0 == $1 }.count
    return (common, min(count, ids.count))
  }
}

extension Tokenizer.Part {
  /// Bytes of what the model sees.
  fileprivate var length: Int {
    switch self {
    case .added(_, let length): length
    case .words(let pieces): pieces.ranges.reduce(0) { $0 + $1.count }
    }
  }
}

extension TokenModel {
  /// How many bytes of a word a token stands for: as many as it spells, one if it is a byte (`<0x41>`).
  fileprivate func length(of id: Int32) -> Int {
    guard let spelling = vocabulary.bytes(of: Int(id)) else { return 0 }
    let isByte =
      !vocabulary.holdsBytes && spelling.count == 6 && spelling.starts(with: "<0x".utf8)
    return isByte ? 1 : spelling.count
  }
}
