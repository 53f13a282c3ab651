/// The element types safetensors names.
package enum ElementType: String, Sendable, Equatable, CaseIterable {
  case float64 = "F64"
  case float32 = "F32"
  case float16 = "F16"
  case bfloat16 = "BF16"
  case int64 = "I64"
  case int32 = "I32"
  case int16 = "I16"
  case int8 = "I8"
  case uint64 = "U64"
  case uint32 = "U32"
  case uint16 = "U16"
  case uint8 = "U8"
  case bool = "BOOL"
  /// Known so that such a file is refused by name when the tensor is used, not as malformed.
  case float8E4M3 = "F8_E4M3"
  /// See ``float8E4M3``.
  case float8E5M2 = "F8_E5M2"

  /// Bytes of one element.
  package var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool, .float8E4M3, .float8E5M2: 1
    }
  }

  /// False for types that can be recognized but not computed with.
  package var isSupported: Bool {
    switch self {
    case .float8E4M3, .float8E5M2, .uint16, .uint32, .uint64: false
    default: true
    }
  }
}
