import PenchantCore

/// Byte pair encoding: turns a word into tokens by merging neighbours in order of rank.
struct BytePairModel: Sendable {
  let vocabulary: Vocabulary
  private let merges: MergeTable
  private let symbols: WordSymbols
  /// A word that is a token is that token, whether or not merges lead to it.
  private let ignoresMerges: Bool
  /// Where a text can be cut before it is encoded without changing a token; nil: nowhere.
  let cuts: IndependentCuts?

  /// Reads `model`.
  /// - Parameter wordsAreBytes: words come as the bytes that the tokens' characters stand for.
  init(_ field: TokenizerField, wordsAreBytes: Bool) throws(TextError) {
    try field.refuse("dropout") { $0.double == 0 }
    let prefix = Array(try field["continuing_subword_prefix"]?.string().utf8 ?? "".utf8)
    let suffix = Array(try field["end_of_word_suffix"]?.string().utf8 ?? "".utf8)
    let vocabulary = try Vocabulary(field.required("vocab"), wordsAreBytes: wordsAreBytes)
    let merges = try MergeTable(
      field.required("merges"), vocabulary: vocabulary, prefix: prefix)
    let symbols = WordSymbols(
      vocabulary, prefix: prefix, suffix: suffix,
      fallsBackToBytes: try field.flag("byte_fallback", default: false),
      unknown: try field.token("unk_token", in: vocabulary),
      fusesUnknown: try field.flag("fuse_unk", default: false))
    self.init(
      vocabulary, merges, symbols, ignoresMerges: try field.flag("ignore_merges", default: false))
  }

  init(
    _ vocabulary: Vocabulary, _ merges: MergeTable, _ symbols: WordSymbols,
    ignoresMerges: Bool = false
  ) {
    self.vocabulary = vocabulary
    self.merges = merges
    self.symbols = symbols
    self.ignoresMerges = ignoresMerges
    cuts = ignoresMerges ? nil : IndependentCuts(vocabulary, merges, symbols)
  }

  /// Whether words of this file's model may be given as bytes: its tokens are spelled in
  /// ``ByteAlphabet`` and nothing depends on how.
  static func canTakeBytes(_ field: TokenizerField) -> Bool {
    field["byte_fallback"]?.value.bool != true
      && ["continuing_subword_prefix", "end_of_word_suffix"].allSatisfy {
        field[$0]?.value.string ?? "" == ""
      }
  }

  /// Appends the tokens of one word.
  func encode(_ word: UnsafeBufferPointer<UInt8>, into ids: inout [Int32]) {
    if ignoresMerges, let id = vocabulary.id(ofBytes: word) {
      ids.append(id)
      return
    }
    let start = ids.count
    symbols.append(word, to: &ids)
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

  /// A symbol of a long word and its neighbours; a token of -1 marks what was merged away.
  private struct Link {
    var token: Int32
    var previous: Int32
    var next: Int32
  }

  /// Merges `ids[start...]` with a heap of pairs: n log n for a word of any length.
  private func mergeLong(_ ids: inout [Int32], from start: Int) {
    let count = ids.count - start
    let kept = ids.withUnsafeMutableBufferPointer { buffer in
      withUnsafeTemporaryAllocation(of: Link.self, capacity: count) { links in
        mergeLong(UnsafeMutableBufferPointer(rebasing: buffer[start...]), links)
      }
    }
    ids.removeLast(count - kept)
  }

  private func mergeLong(
    _ symbols: UnsafeMutableBufferPointer<Int32>, _ links: UnsafeMutableBufferPointer<Link>
  ) -> Int {
    let end = symbols.count
    var heap = MergeHeap()
    heap.reserve(end)
    for index in 0..<end {
      links.initializeElement(
        at: index,
        to: Link(token: symbols[index], previous: Int32(index) - 1, next: Int32(index) + 1))
      if index + 1 < end, let merge = merges.merge(symbols[index], symbols[index + 1]) {
        heap.append(rank: merge.rank, position: index)
      }
    }
    heap.order()
    func push(_ left: Int) {
      let next = Int(links[left].next)
      if next < end, let merge = merges.merge(links[left].token, links[next].token) {
        heap.insert(rank: merge.rank, position: left)
      }
    }
    while let (rank, left) = heap.popFirst() {
      // Pairs that changed since they were pushed are skipped.
      let right = Int(links[left].next)
      guard links[left].token >= 0, right < end,
        let merge = merges.merge(links[left].token, links[right].token), merge.rank == rank
      else { continue }
      links[left].token = merge.token
      links[right].token = -1
      links[left].next = links[right].next
      if Int(links[left].next) < end { links[Int(links[left].next)].previous = Int32(left) }
      if links[left].previous >= 0 { push(Int(links[left].previous)) }
      push(left)
    }
    var kept = 0
    for index in 0..<end where links[index].token >= 0 {
      symbols[kept] = links[index].token
      kept += 1
    }
    return kept
  }
}
