/// Finds added tokens in text: leftmost, and the longest of those that begin there.
struct AddedTokenMatcher: Sendable {
  private let tokens: [AddedToken]
  /// The tokens' spellings with their index in `tokens`.
  private let tree: PrefixTree

  /// Finds tokens by the bytes that `spelling` gives for each; of two with the same bytes the first
  /// counts.
  init(_ tokens: [AddedToken], spelling: (AddedToken) -> [UInt8]) {
    self.tokens = tokens
    tree = PrefixTree(
      tokens.enumerated().reversed().map { (spelling($0.element)[...], Int32($0.offset)) })
  }

  /// A stretch of text: an added token, or what lies between two.
  struct Segment: Equatable {
    var range: Range<Int>
    var id: Int32?
  }

  /// Cuts the text; the segments without an id are not empty.
  func segments(of bytes: [UInt8]) -> [Segment] {
    guard !tree.isEmpty else {
      return bytes.isEmpty ? [] : [Segment(range: 0..<bytes.count, id: nil)]
    }
    return bytes.withUnsafeBufferPointer { segments(of: $0) }
  }

  private func segments(of text: UnsafeBufferPointer<UInt8>) -> [Segment] {
    var result: [Segment] = []
    // End of the last segment; white space taken by `stripsRight` can put it beyond `position`.
    var covered = 0
    var position = 0
    while position < text.count {
      guard tree.canBegin(with: text[position]),
        let match = tree.longestPrefix(of: text, at: position)
      else {
        position += 1
        continue
      }
      let token = tokens[Int(match.value)]
      var (start, end) = (position, match.end)
      position = end
      if token.isSingleWord, touchesWord(start..<end, in: text) { continue }
      if token.stripsLeft {
        while start > covered {
          let (value, length) = scalar(before: start, in: text)
          guard ScalarSet.whitespace.contains(value) else { break }
          start -= length
        }
        // White space that the token before took is not taken again; nor is this token then left
        // with less than nothing.
        start = max(start, covered)
        end = max(end, start)
      }
      if token.stripsRight {
        while end < text.count {
          let (value, length) = scalar(at: end, in: text)
          guard ScalarSet.whitespace.contains(value) else { break }
          end += length
        }
      }
      if start > covered { result.append(Segment(range: covered..<start, id: nil)) }
      result.append(Segment(range: start..<end, id: token.id))
      covered = end
    }
    if covered < text.count { result.append(Segment(range: covered..<text.count, id: nil)) }
    return result
  }

  private func touchesWord(_ range: Range<Int>, in text: UnsafeBufferPointer<UInt8>) -> Bool {
    if range.lowerBound > 0,
      ScalarSet.word.contains(scalar(before: range.lowerBound, in: text).value)
    {
      return true
    }
    return range.upperBound < text.count
      && ScalarSet.word.contains(scalar(at: range.upperBound, in: text).value)
  }
}
