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
    // Most blocks lie within one run: those are known by their value alone.
    var uniform: [UInt8: UInt32] = [:]
    var mixed: [[UInt8]: UInt32] = [:]
    var run = 0
    for first in stride(from: 0, through: ScalarSet.last, by: Int(Self.blockSize)) {
      let end = first + Self.blockSize
      func advance(to scalar: UInt32) -> UInt8 {
        while run + 1 < runs.count, runs[run + 1].start <= scalar { run += 1 }
        return runs.isEmpty ? 0 : runs[run].value
      }
      let value = advance(to: first)
      let isUniform = run + 1 >= runs.count || runs[run + 1].start >= end
      if isUniform, let offset = uniform[value] {
        pages.append(offset)
        continue
      }
      let block = (first..<end).map(advance(to:))
      let offset = mixed[block] ?? UInt32(values.count)
      if mixed.updateValue(offset, forKey: block) == nil { values += block }
      if isUniform { uniform[value] = offset }
      pages.append(offset)
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
