/// What normalizers lower, remove and take for a space, unpacked once from ``UnicodeTables``.
struct CleaningData: Sendable {
  static let shared = CleaningData()

  /// 1 for combining marks, which StripAccents removes.
  let accents = ScalarMap(Self.set(UnicodeTables.accentRanges))
  /// 1 for nonspacing marks, as BertNormalizer knows them.
  let bertAccents = ScalarMap(Self.set(UnicodeTables.bertAccentRanges))
  /// 1 for what BertNormalizer removes as a control character.
  let bertControls = ScalarMap(Self.set(UnicodeTables.bertControlRanges))
  let whitespace = ScalarMap(.whitespace)
  /// 1 for the control characters that Nmt removes.
  let nmtControls = ScalarMap(
    ScalarSet([
      0x01...0x08, 0x0b...0x0b, 0x0e...0x1f, 0x7f...0x7f, 0x8f...0x8f, 0x9f...0x9f,
    ]))
  /// 1 for what Nmt makes a space.
  let nmtSpaces = ScalarMap(
    ScalarSet([
      0x09...0x0a, 0x0c...0x0d, 0x1680...0x1680, 0x200b...0x200f, 0x2028...0x2029, 0x2581...0x2581,
      0xfeff...0xfeff, 0xfffd...0xfffd,
    ]))
  /// 1 for scalars with another lower case.
  private let isRaised: ScalarMap
  private let lowercase: [UInt32: [UInt32]]

  /// The CJK ideographs of BERT's original tokenizer.
  static let chinese = ScalarSet([
    0x3400...0x4dbf, 0x4e00...0x9fff, 0xf900...0xfaff, 0x20000...0x2a6df, 0x2a700...0x2b81f,
    0x2b920...0x2ceaf, 0x2f800...0x2fa1f,
  ])

  private init() {
    var lowercase: [UInt32: [UInt32]] = [:]
    for run in UnicodeTables.lowercaseRuns {
      // The distance is signed, in 20 bits.
      let distance = Int32(truncatingIfNeeded: (run & 0xf_ffff) << 12) >> 12
      let (first, last) = (UInt32(run >> 43), UInt32(run >> 22 & 0x1f_ffff))
      for scalar in stride(from: first, through: last, by: Int(run >> 20 & 3)) {
        lowercase[scalar] = [UInt32(bitPattern: Int32(bitPattern: scalar) + distance)]
      }
    }
    NormalizationData.forEachExpansion(in: UnicodeTables.lowercaseExpansions) {
      lowercase[$0] = Array($1)
    }
    self.lowercase = lowercase
    isRaised = ScalarMap(ScalarSet(lowercase.keys.map { $0...$0 }))
  }

  private static func set(_ ranges: [UInt64]) -> ScalarSet {
    ScalarSet(ranges.map { UInt32($0 >> 32)...UInt32($0 & 0xffff_ffff) })
  }

  /// The text in lower case, scalar by scalar; nil when it is that already.
  func lowercased(_ bytes: [UInt8]) -> [UInt8]? {
    bytes.withUnsafeBufferPointer { bytes in
      var result: [UInt8] = []
      var end = 0
      var position = 0
      while position < bytes.count {
        let (value, length) = scalar(at: position, in: bytes)
        if isRaised[value] != 0, let lower = lowercase[value] {
          result += bytes[end..<position]
          for value in lower { appendUTF8(value, to: &result) }
          end = position + length
        }
        position += length
      }
      guard end > 0 else { return nil }
      result += bytes[end...]
      return result
    }
  }
}
