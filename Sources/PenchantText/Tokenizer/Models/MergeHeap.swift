/// A binary min-heap of candidate merges: lowest rank first, leftmost first among equals.
struct MergeHeap {
  /// `rank << 32 | position`, both not negative and below 2³¹.
  private var keys: [UInt64] = []

  /// Makes room, so that a word of known length needs one allocation.
  mutating func reserve(_ count: Int) { keys.reserveCapacity(count) }

  /// Adds a candidate without keeping the order; ``order()`` must follow.
  mutating func append(rank: Int32, position: Int) { keys.append(Self.key(rank, position)) }

  /// Puts everything that was appended in order, in linear time.
  mutating func order() {
    for parent in stride(from: keys.count / 2 - 1, through: 0, by: -1) { sink(parent) }
  }

  @inline(__always)
  private static func key(_ rank: Int32, _ position: Int) -> UInt64 {
    UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(truncatingIfNeeded: position))
  }

  mutating func insert(rank: Int32, position: Int) {
    keys.append(Self.key(rank, position))
    keys.withUnsafeMutableBufferPointer { keys in
      var child = keys.count - 1
      let key = keys[child]
      while child > 0 {
        let parent = (child - 1) / 2
        guard key < keys[parent] else { break }
        keys[child] = keys[parent]
        child = parent
      }
      keys[child] = key
    }
  }

  mutating func popFirst() -> (rank: Int32, position: Int)? {
    guard let first = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      sink(0)
    }
    return (Int32(truncatingIfNeeded: first >> 32), Int(first & 0xffff_ffff))
  }

  private mutating func sink(_ start: Int) {
    keys.withUnsafeMutableBufferPointer { keys in
      var parent = start
      let key = keys[parent]
      while true {
        var child = 2 * parent + 1
        guard child < keys.count else { break }
        if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
        guard keys[child] < key else { break }
        keys[parent] = keys[child]
        parent = child
      }
      keys[parent] = key
    }
  }
}
