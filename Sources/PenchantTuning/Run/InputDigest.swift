import PenchantCore
package import PenchantModel

/// Digests of what a run is made from, to notice on resume that it changed.
package enum InputDigest {
  /// Of encoded pairs: ids, tokens, which of them count, weights.
  ///
  /// It covers data, tokenizer and template alike.
  package static func data(_ training: [TokenizedExample], heldOut: [TokenizedExample]) -> String {
    var data = Data()
    for example in training { data.add(example, to: "training") }
    for example in heldOut { data.add(example, to: "held out") }
    return data.finish()
  }

  /// The digest of encoded pairs that come one by one.
  package struct Data {
    private var hasher = Digest.Hasher()

    package init() {}

    /// Adds the next example.
    /// - Parameter set: the name of the set it belongs to.
    package mutating func add(_ example: TokenizedExample, to set: String) {
      hasher.update("\(set) \(example.id.utf8.count) \(example.id) \(example.prompt.count)\n")
      update(example.prompt)
      for branch in example.branches {
        hasher.update("\(branch.tokens.count) \(branch.scored.count)\n")
        update(branch.tokens)
        update(branch.scored.map { Int32(truncatingIfNeeded: $0) })
      }
      for value in [example.weight, example.margin, example.confidence] {
        hasher.update(value.map { String($0.bitPattern, radix: 16) } ?? "-")
        hasher.update(" ")
      }
    }

    package func finish() -> String { hasher.finish().hex }

    private mutating func update(_ values: [Int32]) {
      values.withUnsafeBytes { hasher.update($0) }
    }
  }

  /// Of digests, in the order given.
  package static func combined(_ digests: [String]) -> String {
    var hasher = Digest.Hasher()
    for digest in digests { hasher.update(digest + "\n") }
    return hasher.finish().hex
  }
}
