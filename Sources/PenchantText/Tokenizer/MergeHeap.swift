/// A binary min-heap of candidate merges: lowest rank first, leftmost first among equals.
struct MergeHeap {
  /// `rank << 32 | position`, both not negative and below 2³¹.
  private var keys: [UInt64] = []

  mutating func insert(rank: Int32, position: Int) {
    keys.append(
      UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(truncatingIfNeeded: position)))
    var child = keys.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard keys[child] < keys[parent] else { return }
      keys.swapAt(child, parent)
      child = parent
    }
  }

  mutating func popFirst() -> (rank: Int32, position: Int)? {
    guard let first = keys.first, let last = keys.popLast() else { return nil }
    if !keys.isEmpty {
      keys[0] = last
      var parent = 0
      while true {
        var child = 2 * parent + 1
        guard child < keys.count else { break }
        if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
        guard keys[child] < keys[parent] else { break }
        keys.swapAt(child, parent)
        parent = child
      }
    }
    return (Int32(truncatingIfNeeded: first >> 32), Int(first & 0xffff_ffff))
  }
}
