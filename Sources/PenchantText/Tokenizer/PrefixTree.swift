/// Byte strings, each with a number, found by following a text byte by byte.
///
/// Nodes are numbered breadth first, so the children of one lie side by side, sorted by their byte.
struct PrefixTree: Sendable {
  /// Node → its first child; one entry more marks the end of the last.
  private var firstChild: [UInt32] = []
  /// Node → the byte that leads to it.
  private var labels: [UInt8] = [0]
  /// Node → the number of the string that ends there, -1 for none.
  private var values: [Int32] = [-1]
  /// The root's children by their byte, -1 for none.
  private var rootChildren = [Int32](repeating: -1, count: 256)
  let isEmpty: Bool

  /// Builds the tree; of equal strings the last counts, and the empty string is left out.
  ///
  /// Takes time in proportion to the bytes, times the logarithm of the number of strings.
  init(_ entries: [(key: ArraySlice<UInt8>, value: Int32)]) {
    let entries = entries.filter { !$0.key.isEmpty }
    isEmpty = entries.isEmpty
    let order = entries.indices.sorted { left, right in
      let (first, second) = (entries[left].key, entries[right].key)
      if first.lexicographicallyPrecedes(second) { return true }
      return first.elementsEqual(second) && left < right
    }
    // Each node stands for the run of sorted keys that share its prefix.
    var runs = [(lower: 0, upper: order.count, depth: 0)]
    var node = 0
    while node < runs.count {
      let (lower, upper, depth) = runs[node]
      var position = lower
      while position < upper, entries[order[position]].key.count == depth {
        values[node] = entries[order[position]].value
        position += 1
      }
      firstChild.append(UInt32(runs.count))
      while position < upper {
        let byte = Self.byte(entries[order[position]].key, depth)
        var end = position + 1
        while end < upper, Self.byte(entries[order[end]].key, depth) == byte { end += 1 }
        if node == 0 { rootChildren[Int(byte)] = Int32(runs.count) }
        runs.append((position, end, depth + 1))
        labels.append(byte)
        values.append(-1)
        position = end
      }
      node += 1
    }
    firstChild.append(UInt32(runs.count))
  }

  private static func byte(_ key: ArraySlice<UInt8>, _ depth: Int) -> UInt8 {
    key[key.startIndex + depth]
  }

  /// Whether some string begins with this byte.
  @inline(__always)
  func canBegin(with byte: UInt8) -> Bool { rootChildren[Int(byte)] >= 0 }

  /// Where a byte leads from a node; nil where no string goes on with it.
  @inline(__always)
  private func child(of node: Int, _ byte: UInt8) -> Int? {
    if node == 0 {
      let child = rootChildren[Int(byte)]
      return child < 0 ? nil : Int(child)
    }
    var low = Int(firstChild[node])
    var high = Int(firstChild[node + 1])
    while high - low > 6 {
      let middle = (low + high) / 2
      if labels[middle] <= byte { low = middle } else { high = middle }
    }
    while low < high {
      if labels[low] == byte { return low }
      low += 1
    }
    return nil
  }

  /// Calls `body` with each string that the text has at `start`, shortest first: its number and its
  /// end.
  @inline(__always)
  func forEachPrefix(
    of text: UnsafeBufferPointer<UInt8>, at start: Int, _ body: (Int32, Int) -> Void
  ) {
    var node = 0
    var position = start
    while position < text.count, let next = child(of: node, text[position]) {
      node = next
      position += 1
      if values[node] >= 0 { body(values[node], position) }
    }
  }

  /// The longest string that the text has at `start`.
  func longestPrefix(
    of text: UnsafeBufferPointer<UInt8>, at start: Int
  ) -> (value: Int32, end: Int)? {
    var best: (value: Int32, end: Int)?
    forEachPrefix(of: text, at: start) { best = ($0, $1) }
    return best
  }
}
