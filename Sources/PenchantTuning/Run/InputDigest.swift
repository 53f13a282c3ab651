package import PenchantCore
package import PenchantModel

/// Digests of what a run is made from, to notice on resume that it changed.
package enum InputDigest {
  /// Of encoded pairs: ids, tokens, which of them count, weights.
  ///
  /// It covers data, tokenizer and template alike.
  package static func data(_ training: [TokenizedExample], heldOut: [TokenizedExample]) -> String {
    var hasher = Digest.Hasher()
    for (name, set) in [("training", training), ("held out", heldOut)] {
      hasher.update("\(name) \(set.count)\n")
      for example in set {
        hasher.update("\(example.id.utf8.count) \(example.id) \(example.prompt.count)\n")
        update(&hasher, example.prompt)
        for branch in example.branches {
          hasher.update("\(branch.tokens.count) \(branch.scored.count)\n")
          update(&hasher, branch.tokens)
          update(&hasher, branch.scored.map { Int32(truncatingIfNeeded: $0) })
        }
        for value in [example.weight, example.margin, example.confidence] {
          hasher.update(value.map { String($0.bitPattern, radix: 16) } ?? "-")
          hasher.update(" ")
        }
      }
    }
    return hasher.finish().hex
  }

  /// Of files, by their contents, in the order given.
  package static func files(_ paths: [String]) throws(CoreError) -> String {
    var digests: [String] = []
    for path in paths { digests.append(try Digest.sha256(file: path).hex) }
    return combined(digests)
  }

  /// Of digests, in the order given.
  package static func combined(_ digests: [String]) -> String {
    var hasher = Digest.Hasher()
    for digest in digests { hasher.update(digest + "\n") }
    return hasher.finish().hex
  }

  private static func update(_ hasher: inout Digest.Hasher, _ values: [Int32]) {
    values.withUnsafeBytes { hasher.update($0) }
  }
}
