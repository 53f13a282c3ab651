/// A regular expression whose search takes time linear in the text, whatever the pattern.
///
/// Matches are those of a backtracking engine (leftmost; among those the first by preference), in
/// the dialect that ``RegexParser`` reads. The text is valid UTF-8; positions are byte offsets.
package struct LinearRegex: Sendable {
  let core: RegexCore
  /// Class of each ASCII byte.
  let asciiClasses: [UInt8]

  /// Compiles a pattern.
  /// - Throws: ``LinearRegexError`` naming what cannot be used and where.
  package init(_ pattern: String) throws(LinearRegexError) {
    try self.init(RegexParser.parse(pattern))
  }

  /// Compiles a parsed pattern.
  init(_ node: RegexNode) throws(LinearRegexError) {
    let core = try RegexCore(node, wanted: .first)
    self.core = core
    asciiClasses = (0..<128).map { core.classes.map[$0] }
  }

  /// The first match that begins at `start` (a scalar boundary) or later; nil when there is none.
  package func firstMatch(
    in text: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Range<Int>? {
    var search = RegexSearch(self, text: text)
    return search.firstMatch(from: start)
  }

  /// Calls `body` with each match in order, as Oniguruma's bindings find them.
  ///
  /// A match may be empty, but not directly at the end of the one before it.
  package func forEachMatch(
    in text: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void
  ) {
    var search = RegexSearch(self, text: text)
    var position = 0
    var lastEnd: Int?
    while let match = search.firstMatch(from: position) {
      if match.isEmpty, match.lowerBound == lastEnd {
        guard position < text.count else { return }
        position += scalar(at: position, in: text).length
        continue
      }
      body(match)
      position = match.upperBound
      lastEnd = match.upperBound
    }
  }
}
