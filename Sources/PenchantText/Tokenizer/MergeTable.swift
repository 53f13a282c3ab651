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
  init(_ field: TokenizerField, vocabulary: Vocabulary) throws(TextError) {
    guard let merges = field.value.array else { throw field.wrongType("an array") }
    var capacity = 16
    while capacity < 2 * merges.count { capacity *= 2 }
    let empty = Slot(pair: Self.free, merge: Merge(rank: 0, token: 0))
    slots = Array(repeating: empty, count: capacity)
    var left: [UInt8] = []
    var right: [UInt8] = []
    for (index, merge) in merges.enumerated() {
      left.removeAll(keepingCapacity: true)
      right.removeAll(keepingCapacity: true)
      guard let parts = Self.parts(of: merge) else {
        throw TextError(.malformedMerge(index: index))
      }
      let isAlphabetic =
        withUTF8(of: parts.left) { ByteAlphabet.appendBytes(of: $0, to: &left) }
        && withUTF8(of: parts.right) { ByteAlphabet.appendBytes(of: $0, to: &right) }
      guard isAlphabetic,
        let first = left.withUnsafeBufferPointer({ vocabulary.id(ofBytes: $0) }),
        let second = right.withUnsafeBufferPointer({ vocabulary.id(ofBytes: $0) })
      else { throw TextError(.mergeOfUnknownToken(index: index)) }
      left += right
      guard let token = left.withUnsafeBufferPointer({ vocabulary.id(ofBytes: $0) }) else {
        throw TextError(.mergeOfUnknownToken(index: index))
      }
      insert(Self.pair(first, second), Merge(rank: Int32(index), token: token))
    }
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
  private mutating func insert(_ pair: UInt64, _ merge: Merge) {
    var slot = Int(truncatingIfNeeded: ByteHash.of(pair)) & (slots.count - 1)
    while slots[slot].pair != Self.free, slots[slot].pair != pair {
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = Slot(pair: pair, merge: merge)
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
