/// A hash of bytes for the tables of this room: quick on short words, seeded anew in each process.
///
/// The seed keeps an input from being made to collide; no result depends on it.
enum ByteHash {
  private static let seed = UInt64.random(in: .min ... .max)

  @inline(__always)
  static func mix(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
  }

  @inline(__always)
  static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    of(UnsafeRawBufferPointer(bytes))
  }

  @inline(__always)
  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var state = seed ^ UInt64(truncatingIfNeeded: bytes.count)
    var position = 0
    while position + 8 <= bytes.count {
      let word = bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      state = mix(state ^ word, 0x9e37_79b9_7f4a_7c15)
      position += 8
    }
    var tail: UInt64 = 0
    while position < bytes.count {
      tail = tail << 8 | UInt64(bytes[position])
      position += 1
    }
    return mix(state ^ tail, 0xd1b5_4a32_d192_ed03)
  }

  @inline(__always)
  static func of(_ value: UInt64) -> UInt64 { mix(value ^ seed, 0x9e37_79b9_7f4a_7c15) }
}
