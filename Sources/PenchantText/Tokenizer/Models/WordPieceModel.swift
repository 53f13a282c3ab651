import PenchantCore

/// WordPiece: the longest token first, then the longest that continues it, and so on.
struct WordPieceModel: Sendable {
  let vocabulary: Vocabulary
  private let unknown: Int32
  /// Stands before every token but a word's first.
  private let prefix: [UInt8]
  /// Longer words, in characters, are unknown.
  private let longestWord: Int

  init(_ field: TokenizerField) throws(TextError) {
    vocabulary = try Vocabulary(field.required("vocab"), wordsAreBytes: false)
    prefix = Array(try field["continuing_subword_prefix"]?.string().utf8 ?? "##".utf8)
    longestWord = try field["max_input_chars_per_word"]?.int() ?? 100
    // A count of characters; a huge one would make long words cost their square.
    guard (0...4096).contains(longestWord) else {
      throw TextError(
        .unsupportedOption(
          path: field.path(of: "max_input_chars_per_word"), value: "\(longestWord)"))
    }
    guard let unknown = try field.token("unk_token", in: vocabulary) else {
      throw TextError(.missingField(path: field.path(of: "unk_token")))
    }
    self.unknown = unknown
  }

  func encode(_ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    let count = ids.count
    guard !word.isEmpty else { return }
    guard characters(of: word) <= longestWord, appendPieces(of: word, to: &ids) else {
      ids.removeSubrange(count...)
      ids.append(unknown)
      return
    }
  }

  private func characters(of word: UnsafeBufferPointer<UInt8>) -> Int {
    word.reduce(0) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) }
  }

  private func appendPieces(
    of word: UnsafeBufferPointer<UInt8>, to ids: inout [Int32]
  ) -> Bool {
    var start = 0
    while start < word.count {
      var candidate = start > 0 ? prefix : []
      let prefixLength = candidate.count
      candidate.append(contentsOf: word[start...])
      var end = word.count
      var found: Int32?
      while end > start, found == nil {
        found = candidate.withUnsafeBufferPointer {
          vocabulary.id(ofBytes: UnsafeBufferPointer(rebasing: $0[..<(prefixLength + end - start)]))
        }
        if found == nil { end -= scalar(before: end, in: word).length }
      }
      guard let found else { return false }
      ids.append(found)
      start = end
    }
    return true
  }
}
