/// The Castagnoli cyclic redundancy check (RFC 3720, appendix B.4): notices torn and rotten records.
///
/// Not for secrets or content addressing; that is ``Digest``.
package enum CRC32C {
  /// The reflected polynomial 0x1edc6f41, a byte at a time.
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0x82f6_3b78 : 0) }
  }

  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    table.withUnsafeBufferPointer { table in
      ~bytes.reduce(~0) { value, byte in
        value >> 8 ^ table[Int(UInt8(truncatingIfNeeded: value) ^ byte)]
      }
    }
  }

  /// The form that TFRecord files store, so that a check over data that holds checks stays strong.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = checksum(bytes)
    return (value >> 15 | value << 17) &+ 0xa282_ead8
  }
}
