/// A number below 256 for each Unicode scalar, looked up in constant time.
///
/// Two stages: `pages` gives for each block of 128 scalars which block of `values` it uses, so
/// equal blocks are stored once.
struct ScalarMap: Sendable {
  private static let blockSize: UInt32 = 128

  /// Block number → offset of its values.
  private let pages: [UInt32]
  private let values: [UInt8]

  /// Builds a map from runs that cover all scalars in order: `(first scalar, value)` each.
  init(runs: [(start: UInt32, value: UInt8)]) {
    var pages: [UInt32] = []
    var values: [UInt8] = []
    var known: [[UInt8]: UInt32] = [:]
    var run = 0
    func page(_ block: [UInt8]) -> UInt32 {
      if let offset = known[block] { return offset }
      let offset = UInt32(values.count)
      values += block
      known[block] = offset
      return offset
    }
    var scalar: UInt32 = 0
    while scalar <= ScalarSet.last {
      var block: [UInt8] = []
      block.reserveCapacity(Int(Self.blockSize))
      for code in scalar..<(scalar + Self.blockSize) {
        while run + 1 < runs.count, runs[run + 1].start <= code { run += 1 }
        block.append(runs.isEmpty ? 0 : runs[run].value)
      }
      pages.append(page(block))
      scalar += Self.blockSize
    }
    self.pages = pages
    self.values = values
  }

  /// 1 for the members of a set, 0 for the rest.
  init(_ set: ScalarSet) {
    var runs: [(start: UInt32, value: UInt8)] = [(0, 0)]
    for range in set.ranges {
      runs.append((range.lowerBound, 1))
      runs.append((range.upperBound + 1, 0))
    }
    self.init(runs: runs)
  }

  /// The value of a scalar, which must not exceed U+10FFFF.
  @inline(__always)
  subscript(scalar: UInt32) -> UInt8 {
    values[Int(pages[Int(scalar / Self.blockSize)] + scalar % Self.blockSize)]
  }
}
