/// Where a pair is found in its file: the offset of its row, and which of the row's pairs it is; eight bytes.
struct PairPlace: Sendable, Equatable {
  private static let partBits = 16

  /// Bytes from the beginning of the file, below 2⁴⁸.
  let offset: Int
  /// Counted from 0; a row makes fewer than 2¹⁶ pairs.
  var part: Int

  init(offset: Int, part: Int) {
    self.offset = offset
    self.part = part
  }

  init(packed: UInt64) {
    offset = Int(packed >> UInt64(Self.partBits))
    part = Int(packed & (1 << UInt64(Self.partBits) - 1))
  }

  var packed: UInt64 { UInt64(offset) << UInt64(Self.partBits) | UInt64(part) }
}

/// Numbers that mostly go up by one, as the rows of pairs and their lines do; memory is that of the
/// places where they do not.
struct SteppedNumbers: Sendable, Equatable {
  private var starts: [UInt32] = []
  private var values: [UInt32] = []
  private(set) var count = 0
  private var last = -1

  init() {}

  mutating func append(_ value: Int) {
    if count == 0 || value != last + 1 {
      starts.append(UInt32(clamping: count))
      values.append(UInt32(clamping: value))
    }
    last = value
    count += 1
  }

  subscript(index: Int) -> Int {
    // The last start that is not behind the index.
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if Int(starts[middle]) <= index { low = middle } else { high = middle }
    }
    return Int(values[low]) + index - Int(starts[low])
  }
}
