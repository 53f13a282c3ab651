/// Finds added tokens in text: leftmost, and the longest of those that begin there.
struct AddedTokenMatcher: Sendable {
  private let tokens: [AddedToken]
  /// `node << 8 | byte` → node, the root being 0.
  private var edges: [UInt32: UInt32] = [:]
  /// Node → index of the token that ends there, -1 for none.
  private var accepted: [Int32] = [-1]
  private var isFirstByte = [Bool](repeating: false, count: 256)

  /// Finds tokens by the bytes that `spelling` gives for each; of two with the same bytes the first
  /// counts.
  init(_ tokens: [AddedToken], spelling: (AddedToken) -> [UInt8]) {
    self.tokens = tokens
    for (index, token) in tokens.enumerated() {
      var node: UInt32 = 0
      let bytes = spelling(token)
      guard let first = bytes.first else { continue }
      isFirstByte[Int(first)] = true
      for byte in bytes {
        let key = node << 8 | UInt32(byte)
        if let next = edges[key] {
          node = next
        } else {
          node = UInt32(accepted.count)
          edges[key] = node
          accepted.append(-1)
        }
      }
      if accepted[Int(node)] < 0 { accepted[Int(node)] = Int32(index) }
    }
  }

  /// A stretch of text: an added token, or what lies between two.
  struct Segment: Equatable {
    var range: Range<Int>
    var id: Int32?
  }

  /// Cuts the text; the segments without an id are not empty.
  func segments(of bytes: [UInt8]) -> [Segment] {
    guard !edges.isEmpty else {
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
      guard isFirstByte[Int(text[position])], let match = longestMatch(in: text, at: position)
      else {
        position += 1
        continue
      }
      let token = tokens[match.token]
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

  private func longestMatch(
    in text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (token: Int, end: Int)? {
    var node: UInt32 = 0
    var best: (token: Int, end: Int)?
    for position in start..<text.count {
      guard let next = edges[node << 8 | UInt32(text[position])] else { break }
      node = next
      if accepted[Int(node)] >= 0 { best = (Int(accepted[Int(node)]), position + 1) }
    }
    return best
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
