/// The element types a tensor on a device can have.
package enum DType: String, Sendable, Codable {
  case float32
  case bfloat16
  case int32
  /// Weights with a scale a group of a row; see ``Device/quantise(_:into:scales:)``.
  case int8

  /// Bytes of one element.
  package var size: Int {
    switch self {
    case .float32, .int32: 4
    case .bfloat16: 2
    case .int8: 1
    }
  }
}

/// Rounds to bfloat16, to nearest even; returns the upper half of the float's bits.
func bfloat16Bits(_ value: Float) -> UInt16 {
  let bits = value.bitPattern
  if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
  return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16) & 1) >> 16)
}

/// The float whose upper half these bits are.
func float(bfloat16 bits: UInt16) -> Float {
  Float(bitPattern: UInt32(bits) << 16)
}
