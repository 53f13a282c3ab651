import PenchantCore

/// Which pairs of tokens merge, in what order, and to what: a hash table with open addressing.
struct MergeTable: Sendable {
  /// A merge; a lower rank goes first.
  struct Merge: Sendable, Equatable {
    var rank: Int32
    var token: Int32
  }

  private struct Slot: Sendable {
    var pair: UInt64
    var merge: Merge
  }

  /// No pair of tokens: ids are not negative.
  private static let free = UInt64.max

  private var slots: [Slot]

  /// Reads `model.merges`: strings `"a b"`, or pairs `["a", "b"]`.
  /// - Parameter prefix: what tokens within a word begin with, which their left neighbour replaces.
  init(_ field: TokenizerField, vocabulary: Vocabulary, prefix: [UInt8] = []) throws(TextError) {
    guard let merges = field.value.array else { throw field.wrongType("an array") }
    self.init(capacity: merges.count)
    var left: [UInt8] = []
    var right: [UInt8] = []
    for (index, merge) in merges.enumerated() {
      left.removeAll(keepingCapacity: true)
      right.removeAll(keepingCapacity: true)
      guard let parts = Self.parts(of: merge) else {
        throw TextError(.malformedMerge(index: index))
      }
      guard Self.append(parts.left, of: vocabulary, to: &left),
        Self.append(parts.right, of: vocabulary, to: &right),
        let first = left.withUnsafeBufferPointer({ vocabulary.id(ofBytes: $0) }),
        let second = right.withUnsafeBufferPointer({ vocabulary.id(ofBytes: $0) }),
        right.count >= prefix.count
      else { throw TextError(.mergeOfUnknownToken(index: index)) }
      left += right.dropFirst(prefix.count)
      guard let token = left.withUnsafeBufferPointer({ vocabulary.id(ofBytes: $0) }) else {
        throw TextError(.mergeOfUnknownToken(index: index))
      }
      insert(first, second, Merge(rank: Int32(index), token: token))
    }
  }

  /// A table to be filled with up to `capacity` merges.
  init(capacity count: Int) {
    var capacity = 16
    while capacity < 2 * count { capacity *= 2 }
    let empty = Slot(pair: Self.free, merge: Merge(rank: 0, token: 0))
    slots = Array(repeating: empty, count: capacity)
  }

  /// Appends what words have where the token stands; false for text that no word has.
  private static func append(
    _ token: String, of vocabulary: Vocabulary, to bytes: inout [UInt8]
  ) -> Bool {
    guard vocabulary.holdsBytes else {
      bytes += token.utf8
      return true
    }
    return withUTF8(of: token) { ByteAlphabet.appendBytes(of: $0, to: &bytes) }
  }

  private static func parts(of merge: JSON) -> (left: String, right: String)? {
    switch merge {
    case .string(let text):
      let parts = text.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
      return (String(Substring(parts[0])), String(Substring(parts[1])))
    case .array(let parts):
      guard parts.count == 2, let left = parts[0].string, let right = parts[1].string,
        !left.isEmpty, !right.isEmpty
      else { return nil }
      return (left, right)
    default: return nil
    }
  }

  @inline(__always)
  private static func pair(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// A pair that is listed twice has the rank of its last mention.
  mutating func insert(_ left: Int32, _ right: Int32, _ merge: Merge) {
    let pair = Self.pair(left, right)
    var slot = Int(truncatingIfNeeded: ByteHash.of(pair)) & (slots.count - 1)
    while slots[slot].pair != Self.free, slots[slot].pair != pair {
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Slot(pair: pair, merge: merge)
  }

  /// All merges, in no particular order.
  var all: some Sequence<(left: Int32, right: Int32, token: Int32)> {
    slots.lazy.filter { $0.pair != Self.free }.map {
      (
        Int32(truncatingIfNeeded: $0.pair >> 32), Int32(truncatingIfNeeded: $0.pair),
        $0.merge.token
      )
    }
  }

  /// How two neighbouring tokens merge; nil when they do not.
  @inline(__always)
  func merge(_ left: Int32, _ right: Int32) -> Merge? {
    let pair = Self.pair(left, right)
    return slots.withUnsafeBufferPointer { slots in
      var slot = Int(truncatingIfNeeded: ByteHash.of(pair)) & (slots.count - 1)
      while slots[slot].pair != Self.free {
        if slots[slot].pair == pair { return slots[slot].merge }
        slot = (slot + 1) & (slots.count - 1)
      }
      return nil
    }
  }
}
