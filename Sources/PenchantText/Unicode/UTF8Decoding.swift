/// The scalar that begins at `position` in valid UTF-8, and its length in bytes.
@inline(__always)
func scalar(
  at position: Int, in bytes: UnsafeBufferPointer<UInt8>
) -> (value: UInt32, length: Int) {
  let lead = UInt32(bytes[position])
  if lead < 0x80 { return (lead, 1) }
  func trail(_ offset: Int) -> UInt32 { UInt32(bytes[position + offset]) & 0x3f }
  if lead < 0xe0 { return ((lead & 0x1f) << 6 | trail(1), 2) }
  if lead < 0xf0 { return ((lead & 0x0f) << 12 | trail(1) << 6 | trail(2), 3) }
  return ((lead & 0x07) << 18 | trail(1) << 12 | trail(2) << 6 | trail(3), 4)
}

/// The scalar that ends before `position` (which must be positive) in valid UTF-8, and its length.
func scalar(
  before position: Int, in bytes: UnsafeBufferPointer<UInt8>
) -> (value: UInt32, length: Int) {
  var start = position - 1
  while start > 0, bytes[start] & 0xc0 == 0x80 { start -= 1 }
  return scalar(at: start, in: bytes)
}

/// Appends the UTF-8 of a scalar value.
@inline(__always)
func appendUTF8(_ value: UInt32, to bytes: inout [UInt8]) {
  if value < 0x80 {
    bytes.append(UInt8(value))
  } else if let scalar = Unicode.Scalar(value) {
    bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
  }
}
