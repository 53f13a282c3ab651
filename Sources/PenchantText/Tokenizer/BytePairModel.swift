import PenchantCore

/// The byte-level BPE model: turns the bytes of a word into tokens by merging neighbours in order
/// of rank.
struct BytePairModel: Sendable {
  let vocabulary: Vocabulary
  private let merges: MergeTable
  /// A word that is a token is that token, whether or not merges lead to it.
  private let ignoresMerges: Bool
  /// Byte → its token; -1 where the vocabulary has none.
  private let byteTokens: [Int32]
  /// What a byte without a token becomes; nil: nothing.
  private let unknownToken: Int32?
  /// Whether neighbouring unknown characters become one token.
  private let fusesUnknown: Bool

  /// Reads `model`.
  init(_ field: TokenizerField) throws(TextError) {
    // Files from before 2020 leave the type out.
    guard field["type"] == nil || field.value["type"]?.string == "BPE" else {
      throw field.unsupportedComponent()
    }
    try field.refuse("dropout") { $0.double == 0 }
    try field.refuse("continuing_subword_prefix") { $0.string == "" }
    try field.refuse("end_of_word_suffix") { $0.string == "" }
    try field.refuse("byte_fallback") { $0.bool == false }
    vocabulary = try Vocabulary(field.required("vocab"))
    merges = try MergeTable(field.required("merges"), vocabulary: vocabulary)
    ignoresMerges = try field.flag("ignore_merges", default: false)
    fusesUnknown = try field.flag("fuse_unk", default: false)
    if let unknown = field["unk_token"] {
      let token = try unknown.string()
      guard let id = vocabulary.id(of: token) else {
        throw TextError(.unknownToken(path: unknown.path, token: token))
      }
      unknownToken = id
    } else {
      unknownToken = nil
    }
    byteTokens = (UInt8.min...UInt8.max).map { [vocabulary] byte in
      [byte].withUnsafeBufferPointer { vocabulary.id(ofBytes: $0) } ?? -1
    }
  }

  /// Appends the tokens of one word.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    if ignoresMerges, let id = vocabulary.id(ofBytes: word) {
      ids.append(id)
      return
    }
    let start = ids.count
    var lastIsUnknown = false
    for byte in word {
      let token = byteTokens[Int(byte)]
      if token >= 0 {
        ids.append(token)
        lastIsUnknown = false
      } else if let unknownToken, !(fusesUnknown && lastIsUnknown) {
        ids.append(unknownToken)
        lastIsUnknown = true
      }
    }
    if ids.count - start <= Self.shortWord {
      mergeShort(&ids, from: start)
    } else {
      mergeLong(&ids, from: start)
    }
  }
}

// MARK: - Merging

extension BytePairModel {
  /// Up to this many tokens a search through all pairs beats a heap.
  private static let shortWord = 40

  /// Merges `ids[start...]` by searching for the best pair each time.
  private func mergeShort(_ ids: inout [Int32], from start: Int) {
    let count = ids.count - start
    guard count > 1 else { return }
    let kept = ids.withUnsafeMutableBufferPointer { buffer in
      withUnsafeTemporaryAllocation(of: MergeTable.Merge.self, capacity: count) { pairs in
        mergeShort(
          UnsafeMutableBufferPointer(rebasing: buffer[start...]), pairs)
      }
    }
    ids.removeLast(count - kept)
  }

  /// `pairs[i]` is how `symbols[i]` merges with its neighbour; returns how many symbols are left.
  private func mergeShort(
    _ symbols: UnsafeMutableBufferPointer<Int32>,
    _ pairs: UnsafeMutableBufferPointer<MergeTable.Merge>
  ) -> Int {
    let none = MergeTable.Merge(rank: .max, token: -1)
    var count = symbols.count
    for index in 0..<count - 1 {
      pairs[index] = merges.merge(symbols[index], symbols[index + 1]) ?? none
    }
    while count > 1 {
      var best = 0
      for index in 1..<max(count - 1, 1) where pairs[index].rank < pairs[best].rank { best = index }
      guard pairs[best].rank != .max else { break }
      symbols[best] = pairs[best].token
      count -= 1
      // The symbol after `best` is gone, and with it the pair that it began.
      for index in best + 1..<max(count, best + 1) { symbols[index] = symbols[index + 1] }
      for index in best..<max(count - 1, best) { pairs[index] = pairs[index + 1] }
      if best > 0 { pairs[best - 1] = merges.merge(symbols[best - 1], symbols[best]) ?? none }
      if best + 1 < count { pairs[best] = merges.merge(symbols[best], symbols[best + 1]) ?? none }
    }
    return count
  }

  /// Merges `ids[start...]` with a heap of pairs: n log n for a word of any length.
  private func mergeLong(_ ids: inout [Int32], from start: Int) {
    var symbols = Array(ids[start...])
    let end = symbols.count
    var previous = (0..<end).map { $0 - 1 }
    var next = (1...end).map { $0 }
    var heap = MergeHeap()
    func push(_ left: Int) {
      guard left >= 0, next[left] < end,
        let merge = merges.merge(symbols[left], symbols[next[left]])
      else { return }
      heap.insert(rank: merge.rank, position: left)
    }
    for index in 0..<end { push(index) }
    while let (rank, left) = heap.popFirst() {
      // Pairs that changed since they were pushed are skipped; -1 marks what was merged away.
      guard symbols[left] >= 0, next[left] < end,
        let merge = merges.merge(symbols[left], symbols[next[left]]), merge.rank == rank
      else { continue }
      let right = next[left]
      symbols[left] = merge.token
      symbols[right] = -1
      next[left] = next[right]
      if next[left] < end { previous[next[left]] = left }
      push(previous[left])
      push(left)
    }
    ids.removeSubrange(start...)
    ids.append(contentsOf: symbols.lazy.filter { $0 >= 0 })
  }
}
